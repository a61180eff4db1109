// SPDX-License-Identifier: Apache-2.0
// `migsim validate` as a user calls it: the rows that every test run checks, and rows whose answer is exact.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "tests/system/program.h"

using namespace migsim::test;

TEST_CASE("the short validation rows are within their bounds, and their errors are the recorded ones",
          "[validation]") {
    const TemporaryFolder folder;
    const Outcome outcome = run_migsim({"validate", "--short", "--quiet", "--record", "now.yaml"}, folder);
    INFO(outcome.out << outcome.err);
    CHECK(outcome.code == 0);
    INFO("if this change is meant: scripts/record_validation, and the reason in the commit");
    CHECK(text_of(folder.path() / "now.yaml") ==
          text_of(fs::path(MIGSIM_SOURCE_DIR) / "bench/validation/recorded.yaml"));
}

namespace {

// On the test device the answers follow from its parameters: an L1 hit is l1_hit_latency; a near hit is
// l1_miss_latency 20 + request 66 + tag 10 + data 14 + response 64 + one sector's cycle in the SM port, and
// twice 13.5, the mean detour to four slices; a far one besides 2 x 64 of wire and 2 x 12 in the other slice.
// What a uTLB miss costs is the difference of two chases, which do not go to quite the same slices.
constexpr const char* exact_rows = R"({
  "format": "migsim/curves/1",
  "device": "tiny",
  "sources": {"formula": "from the parameters of the device"},
  "curves": [
    {"question": "latency_vs_footprint", "source": "formula", "at": [1, 64], "measured": [36, 36], "unit": "cycles",
     "bound_percent": 0.02},
    {"question": "level_latency", "source": "formula", "cases": ["l2_near_hit", "l2_far_hit"], "measured": [202, 354],
     "unit": "cycles", "bound_percent": 0.02},
    {"question": "utlb_miss", "source": "formula", "cases": ["gpc_tlb_hit"], "measured": [6], "unit": "cycles",
     "bound_percent": 1}
  ]
})";

} // namespace

TEST_CASE("latencies of one level are what the device file adds up to", "[validation]") {
    const TemporaryFolder folder;
    write(folder.path() / "exact.json", exact_rows);
    const Outcome outcome = run_migsim({"validate", "--quiet", "--against", "exact.json", "--json"}, folder);
    INFO(outcome.out << outcome.err);
    REQUIRE(outcome.code == 0);
    const auto result = nlohmann::json::parse(outcome.out);
    CHECK(result["format"] == "migsim/validation/1");
    CHECK(result["passed"] == true);
    CHECK(result["curves"].size() == 3);
    CHECK(result["curves"][1]["rows"][1]["twin"].get<double>() == Approx(354).margin(0.1));
}

TEST_CASE("a row out of its bound ends validation with 1, and the table names it", "[validation]") {
    const TemporaryFolder folder;
    write(folder.path() / "wrong.yaml",
          "format: migsim/curves/1\ndevice: tiny\nsources: {us: our board}\ncurves:\n  - {question: "
          "latency_vs_footprint, "
          "source: us, at: [32], measured: [30], unit: cycles, bound_percent: 10}\n");
    const Outcome outcome = run_migsim({"validate", "--quiet", "--against", "wrong.yaml"}, folder);
    CHECK(outcome.code == 1);
    CHECK(outcome.out.find(
              "missed: latency_vs_footprint on tiny at 32: +20.0%, may be 10%\n0 of 1 gated rows are "
              "within their bound\n") != std::string::npos);
}

TEST_CASE("validation prints the same bytes however many simulations run side by side", "[validation]") {
    const TemporaryFolder folder;
    write(folder.path() / "exact.json", exact_rows);
    const Outcome one = run_migsim({"validate", "--quiet", "--against", "exact.json", "--jobs", "1"}, folder);
    const Outcome many =
        run_migsim({"validate", "--quiet", "--against", "exact.json", "--jobs", "5"}, folder);
    CHECK(one.code == 0);
    CHECK(one.out == many.out);
    CHECK_FALSE(one.out.empty());
}

TEST_CASE("what no twin answers is listed and not compared, and a board of unknown kind is compared with the "
          "device that is named",
          "[validation]") {
    const TemporaryFolder folder;
    const auto file = [&](const std::string& curves) {
        write(
            folder.path() / "ours.json",
            R"json({"format": "migsim/curves/1", "device": "unknown (Some GPU)", "sources": {"us": "our board"},
                  "curves": [)json" +
                curves + "]}");
    };
    const std::string copies = R"({"question": "host_copy", "variant": "h2d_pinned", "source": "us",
        "at": [4096, 8192], "measured": [1.5, 2.5], "unit": "GB/s"})";
    file(copies + R"(, {"question": "latency_vs_footprint", "source": "us", "at": [1], "measured": [36],
        "unit": "cycles"})");

    const Outcome unnamed = run_migsim({"validate", "--quiet", "--against", "ours.json"}, folder);
    CHECK(unnamed.code == 2);
    CHECK(unnamed.err.find("ours.json: device: 'unknown (Some GPU)' is not a device; legal: ") == 0);

    const Outcome named =
        run_migsim({"validate", "--quiet", "--against", "ours.json", "--device", "tiny"}, folder);
    INFO(named.out << named.err);
    CHECK(named.code == 0);
    CHECK(named.out.find("latency_vs_footprint on tiny") != std::string::npos);
    CHECK(named.out.find("excluded: host_copy h2d_pinned on tiny, all 2 points: no twin answers this "
                         "question\n") != std::string::npos);

    const Outcome two = run_migsim(
        {"validate", "--quiet", "--against", "ours.json", "--device", "tiny", "--device", "h100-pcie-80gb"},
        folder);
    CHECK(two.code == 2);
    CHECK(two.err == "--device: a file is compared with one device; give it once beside --against\n");

    file(copies);
    const Outcome none =
        run_migsim({"validate", "--quiet", "--against", "ours.json", "--device", "tiny"}, folder);
    CHECK(none.code == 2);
    CHECK(none.err == "there is nothing to compare: no twin answers what is left by these choices\n");
}

TEST_CASE("validation refuses what it cannot compare", "[validation][fast]") {
    const TemporaryFolder folder;
    CHECK(run_migsim({"validate", "--device", "a100"}, folder).code == 2);
    CHECK(run_migsim({"validate", "--only", "latency"}, folder).code == 2);
    CHECK(run_migsim({"validate", "--against", "missing.yaml"}, folder).code == 2);
    const Outcome nothing = run_migsim({"validate", "--device", "tiny"}, folder);
    CHECK(nothing.code == 2);
    CHECK(nothing.err == "there is nothing to compare: no published row is left by these choices\n");
}
