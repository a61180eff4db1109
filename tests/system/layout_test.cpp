// SPDX-License-Identifier: Apache-2.0
// `migsim layout` and `migsim mig import` as an operator meets them: files in, texts and exit codes out.
#include <algorithm>

#include <catch2/catch.hpp>

#include "tests/system/program.h"

using namespace migsim::test;

namespace {

const std::string defaults = MIGSIM_SOURCE_DIR "/tests/data/mig_parted_defaults.yaml";

} // namespace

TEST_CASE("migsim layout check passes NVIDIA's defaults and fails what no driver makes", "[system][fast]") {
    const TemporaryFolder folder;
    const Outcome fine = run_migsim({"layout", "check", defaults}, folder);
    CHECK(fine.code == 0);
    CHECK(fine.err.empty());
    CHECK_THAT(fine.out, Catch::Contains("all-7g.189gb:\n  legal on gb200-189gb: 7g.189gb\n"));
    CHECK_THAT(fine.out,
               Catch::Contains("all-2g.48gb:\n  legal on rtx-pro-6000-96gb: 2 x 2g.48gb\n  illegal on "
                               "rtx-pro-5000-48gb: "));

    const Outcome other = run_migsim({"layout", "check", defaults, "--label", "all-3g.20gb", "--label",
                                      "all-1g.10gb", "--board", "h200-141gb", "--board", "a100-40gb"},
                                     folder);
    CHECK(other.code == 1);
    CHECK_THAT(other.out, Catch::Contains("all-1g.10gb:\n  legal on h200-141gb: no entry is for it, and its "
                                          "GPUs stay as they are\n  legal on a100-40gb: 4 x 1g.10gb\n") &&
                              Catch::Contains("\n  illegal on h200-141gb: ") &&
                              Catch::Contains("; nearest legal: 2 x 3g.71gb\n"));

    write(
        folder.path() / "twice.yaml",
        "version: v1\nmig-configs:\n  a:\n"
        "    - {devices: all, mig-enabled: true, mig-devices: {1g.10gb: 8}}\n"
        "    - {device-filter: '0x233010DE', devices: all, mig-enabled: true, mig-devices: {1g.10gb: 7}}\n"
        "  b:\n"
        "    - {devices: all, mig-enabled: false}\n"
        "    - {device-filter: '0x233010DE', devices: all, mig-enabled: true, mig-devices: {1g.10gb: 7}}\n");
    CHECK(run_migsim({"layout", "check", "twice.yaml", "--label", "a"}, folder).code == 1);
    const Outcome twice =
        run_migsim({"layout", "check", "twice.yaml", "--label", "b", "--board", "h100-sxm-80gb"}, folder);
    CHECK(twice.code == 0);
    CHECK(twice.out == "b:\n"
                       "  legal on h100-sxm-80gb: MIG off; then replaced by the entry at twice.yaml:8:46\n"
                       "  legal on h100-sxm-80gb: 7 x 1g.10gb\n");

    write(folder.path() / "bad.yaml",
          "version: v1\nmig-configs:\n  a: [{devices: all, mig-enabled: true, mig-devices: {}, gpus: 1}]\n");
    const Outcome bad = run_migsim({"layout", "check", "bad.yaml"}, folder);
    CHECK(bad.code == 2);
    CHECK(bad.out.empty());
    CHECK(bad.err ==
          "bad.yaml:3:58: mig-configs.a[0]: 'gpus' is not a key here; legal: device-filter, devices, "
          "mig-enabled, mig-devices\n");
}

TEST_CASE("migsim layout search finds an order, or says what comes nearest", "[system][fast]") {
    const TemporaryFolder folder;
    const Outcome found = run_migsim({"layout", "search", "h100-sxm-80gb", "19,19,14,9"}, folder);
    CHECK(found.code == 0);
    CHECK_THAT(found.out, Catch::Contains("\nnvidia-smi mig -i 0 -cgi 9,14,19,19 -C\n"));
    const Outcome none = run_migsim({"layout", "search", "h100-sxm-80gb", "1g.10gb:6", "7g.80gb"}, folder);
    CHECK(none.code == 1);
    CHECK_THAT(none.out,
               Catch::StartsWith("illegal on h100-sxm-80gb: ") && Catch::Contains("\nnearest legal: "));
    const Outcome listed = run_migsim(
        {"layout", "search", "h100-sxm-80gb", "2g.20gb", "--memory-mib", "20000", "--top", "2"}, folder);
    CHECK(listed.code == 0);
    CHECK(std::count(listed.out.begin(), listed.out.end(), '\n') == 3);
    CHECK_THAT(listed.err, Catch::Contains("--top shows more"));
    CHECK(run_migsim({"layout", "search", "h100-sxm-80gb", "--sms", "133"}, folder).code == 1);
}

TEST_CASE("migsim layout shows without colour where nobody looks, and exports what it checks",
          "[system][fast]") {
    const TemporaryFolder folder;
    const Outcome shown = run_migsim({"layout", "show", "a30-24gb", "2g.12gb"}, folder);
    CHECK(shown.code == 0);
    CHECK_THAT(shown.out, Catch::Contains("| 2g.12gb") && !Catch::Contains("\x1b"));
    const Outcome exported =
        run_migsim({"layout", "export", "a30-24gb", "1g.6gb+me,2g.12gb", "--label", "mine"}, folder);
    CHECK(exported.code == 0);
    write(folder.path() / "mine.yaml", exported.out);
    CHECK(run_migsim({"layout", "check", "mine.yaml"}, folder).out ==
          "mine:\n  legal on a30-24gb: 2g.12gb + 1g.6gb+me\n");
}

TEST_CASE("a word of migsim layout in the wrong place is refused", "[system][fast]") {
    const TemporaryFolder folder;
    const auto error = [&](std::vector<std::string> words) {
        words.insert(words.begin(), "layout");
        const Outcome outcome = run_migsim(words, folder);
        CHECK(outcome.code == 2);
        CHECK(outcome.out.empty());
        return outcome.err;
    };
    CHECK(error({"show", "a30-24gb"}) == "no profile is wished for; legal: like 3g.40gb,4g.40gb\n");
    CHECK(error({"show", "a30-24gb", "1g.6gb", "--top", "3"}) ==
          "--top belongs to `migsim layout search` only\n");
    CHECK(error({"export", "a30-24gb", "1g.6gb", "--as", "yaml"}) ==
          "--as: 'yaml' is not a language of layouts; legal: mig-parted, kubernetes, shell\n");
    CHECK_THAT(error({"show", "a30-25gb", "1g.6gb"}), Catch::Contains("did you mean 'a30-24gb'?"));
    CHECK_THAT(error({"show", "a30-24gb", "1g.6gb,"}), Catch::StartsWith("'' is not a profile of a30-24gb"));
    CHECK_THAT(error({"check", defaults, "--label", "all-balance"}),
               Catch::StartsWith("--label: 'all-balance' is not a label in "));
}

TEST_CASE("a board imported from a screen of text can be used at once", "[system][fast]") {
    const TemporaryFolder folder;
    REQUIRE(run_migsim({"mig", "new", "--board", "h200-141gb", "--state", "n.yaml"}, folder).code == 0);
    for (const char* verb : {"-lgip", "-lgipp", "-L"})
        write(folder.path() / verb, run_migsim({"mig", verb, "--state", "n.yaml"}, folder).out);
    const Outcome imported =
        run_migsim({"mig", "import", "./-lgip", "./-lgipp", "./-L", "--board", "new-gpu"}, folder);
    CHECK(imported.code == 0);
    CHECK(imported.err.empty());
    CHECK_THAT(imported.out,
               Catch::StartsWith("format: migsim/board/1\nname: new-gpu\ncards: [NVIDIA H200]\n"));
    write(folder.path() / "new.yaml", imported.out);
    CHECK_THAT(run_migsim({"layout", "search", "new.yaml", "19,19,14,9"}, folder).out,
               Catch::Contains("-cgi 9,14,19,19 -C\n"));
    REQUIRE(run_migsim({"mig", "new", "--board", "new.yaml", "--state", "m.yaml"}, folder).code == 0);
    CHECK(run_migsim({"mig", "-lgip", "--state", "m.yaml"}, folder).out == text_of(folder.path() / "-lgip"));
    CHECK(run_migsim({"mig", "import", "./-lgip", "--board", "x"}, folder).code == 2);
    CHECK(run_migsim({"mig", "import", "./-lgip"}, folder).err ==
          "--board is missing; it is how the new table is called\n");
}
