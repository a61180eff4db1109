// SPDX-License-Identifier: Apache-2.0
// Whatever stands in a file that an operator hands in, it is read or refused in words. A short run of spoilt
// texts; `scripts/fuzz SECONDS` makes longer ones.
#include <chrono>
#include <cstdlib>
#include <functional>

#include "models/base/config/text_file.h"
#include "partition/layout_check.h"
#include "partition/layout_ranking.h"
#include "partition/mig_state.h"
#include "partition/smi/board_import.h"
#include "partition/smi/tables.h"
#include "tests/unit/mutator.h"
#include "tests/unit/partition_smi.h"

using namespace migsim;
using namespace migsim::test;

namespace {

using Clock = std::chrono::steady_clock;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
    const char* set = std::getenv(variable);
    return set ? std::strtoull(set, nullptr, 10) : otherwise;
}

bool is_in_words(const std::string& complaint) {
    return !complaint.empty() && std::ranges::all_of(complaint, [](unsigned char c) {
        return (c >= 0x20 && c != 0x7F) || c == '\n';
    });
}

// `consume` throws InputError or succeeds. Both must happen, or the texts are too tame or too wild to tell.
void fuzz(const Mutator& mutator, std::uint64_t times,
          const std::function<void(const std::string&)>& consume) {
    const std::uint64_t first = number_from("MIGSIM_FUZZ_SEED", 0);
    const std::chrono::seconds longer(number_from("MIGSIM_FUZZ_SECONDS", 0));
    const Clock::time_point begin = Clock::now();
    std::uint64_t accepted = 0, refused = 0;
    for (std::uint64_t seed = first; seed < first + times || Clock::now() - begin < longer; ++seed) {
        const std::string text = mutator.text(seed);
        INFO("seed " << seed << ":\n" << text);
        const Clock::time_point start = Clock::now();
        try {
            consume(text);
            ++accepted;
        } catch (const InputError& error) {
            if (!is_in_words(error.what())) FAIL("refused in no words: " << error.what());
            ++refused;
        }
        if (Clock::now() - start > std::chrono::seconds(10)) FAIL("takes longer than 10 s");
    }
    CHECK(accepted > 0);
    CHECK(refused > 0);
}

const std::vector<std::string> profile_names{"1g.5gb",  "3g.20gb", "1g.5gb+me", "1c.3g.20gb", "7g.40gb",
                                             "3g.41gb", "1G.5GB",  "2g.2gb",    "1c.",        "MIG 9"};

std::vector<std::string> with_profiles(std::vector<std::string> words) {
    words.insert(words.end(), profile_names.begin(), profile_names.end());
    return words;
}

} // namespace

TEST_CASE("a spoilt state file is read or refused in words", "[partition][fuzz][fast]") {
    MigNode small = enabled("tiny", 2), large = enabled("a100-40gb");
    ask(small, "-cgi 9,14,19,19 -C");
    ask(small, "attach -gi 2 -ci 0");
    ask(large, "-cgi 9,5");
    ask(large, "-cci 0 -gi 1");
    const Mutator mutator(
        {mig_state_text(small), mig_state_text(large)},
        with_profiles({"\n", "  ", "- ", ": ", "{", "}", "[", "]", "&a ", "*a", "gpus:", "~", "null", "tiny",
                       "true", "missing_slot: 3", "memory_variant: a", "\"", "'"}));
    const auto find = boards_in(boards_folder());
    fuzz(mutator, 2000, [&](const std::string& text) {
        const MigNode node = read_mig_state(parse_document(text, "state.yaml"), find);
        const std::string written = mig_state_text(node);
        REQUIRE(mig_state_text(read_mig_state(parse_document(written, "state.yaml"), find)) == written);
        smi::Gpus gpus;
        for (const SimulatedGpu& gpu : node) gpus.push_back(&gpu);
        REQUIRE(!(smi::gpu_instance_profiles(gpus) + smi::list(gpus) + smi::mig_devices(gpus)).empty());
    });
}

TEST_CASE("a spoilt mig-parted file is judged or refused in words", "[partition][fuzz][fast]") {
    const Mutator mutator(
        {R"(version: v1
mig-configs:
  all-disabled:
    - devices: all
      mig-enabled: false
  custom:
    - device-filter: ["0x20B010DE", "0x20B110DE"]
      devices: [0, 1]
      mig-enabled: true
      mig-devices:
        "1g.5gb": 2
        "1c.3g.20gb": 3
        "1g.5gb+me": 1
    - devices: all
      mig-enabled: true
      mig-devices: {"7g.40gb": 1}
)",
         "version: v1\nmig-configs: {a: [{devices: all, mig-enabled: true, mig-devices: {1g.5gb: 7}}]}\n"},
        with_profiles({"\n",
                       "  ",
                       "- ",
                       ": ",
                       "{",
                       "}",
                       "[",
                       "]",
                       "&a ",
                       "*a",
                       "<<: ",
                       "all",
                       "true",
                       "~",
                       "device-filter: 0x20B010DE",
                       "mig-devices: {}",
                       "!!binary ",
                       "--- ",
                       "#",
                       "\t"}));
    const Boards known{board("a100-40gb"), board("rtx-pro-6000-96gb"), board("jetson-thor")};
    fuzz(mutator, 5000, [&](const std::string& text) {
        InputErrors errors;
        const MigPartedFile file = read_mig_parted(parse_document(text, "layouts.yaml"), errors);
        errors.throw_if_any();
        for (const auto& [label, entries] : file.configs)
            for (const Boards& asked : {Boards{}, known})
                for (const LayoutVerdict& verdict : check_layouts(entries, known, asked))
                    REQUIRE(is_in_words(verdict.sentence));
    });
}

TEST_CASE("spoilt text of nvidia-smi is imported or refused in words", "[partition][fuzz][fast]") {
    std::vector<std::string> screens;
    for (const char* name : {"a100-40gb", "rtx-pro-6000-96gb", "jetson-thor"}) {
        MigNode node = enabled(name);
        ask(node, "-cgi " + node[0].table().profiles.back().name + " -C");
        std::string screen;
        for (const char* verb : {"-L", "-lgip", "-lgipp", "-lgi", "-lci", "-lcip"})
            screen += said(node, verb);
        screens.push_back(screen);
    }
    const Mutator mutator(screens,
                          with_profiles({"|", "MIG ", "GPU ", "Profile ID ", "{", "}", "}:", ",", ":", "/",
                                         "*", "?", "| GPU instances:", "(UUID: ", "\n", " "}));
    fuzz(mutator, 1500, [](const std::string& text) {
        const auto table = smi::import_board({{"screen.txt", text}}, {"mine", {}, {}});
        MigGpu gpu(table, table->missing_slot);
        gpu.set_mode(true);
        for (const Profile& profile : table->profiles) gpu.create_gpu_instance(profile);
        REQUIRE(board_text(*read_board(parse_document(board_text(*table), "mine"))) == board_text(*table));
    });
}

TEST_CASE("a spoilt board table is used or refused in words", "[partition][fuzz][fast]") {
    std::vector<std::string> tables;
    for (const char* name : {"jetson-thor", "a30-24gb", "tiny"})
        tables.push_back(read_text_file(boards_folder() / (std::string(name) + ".yaml")));
    const Mutator mutator(tables,
                          with_profiles({"\n", "  ", "- ", ": ", "{", "}", "[", "]", ", ", "null", "~",
                                         "true", "attributes: [\"+me\"]", "missing_slot: 3", "size: 2"}));
    fuzz(mutator, 2000, [](const std::string& text) {
        const auto table = read_board(parse_document(text, "board.yaml"));
        MigGpu gpu(table, table->missing_slot);
        gpu.set_mode(true);
        for (const Profile& profile : table->profiles) {
            const auto made = gpu.create_gpu_instance(profile);
            if (const auto* instance = std::get_if<GpuInstance>(&made))
                gpu.create_compute_instance(instance->id, profile.filling());
            REQUIRE(find_mig_device(*table, profile.name));
        }
        for (const RankedLayout& layout : rank_layouts(table, {}))
            REQUIRE(layout.memory_slices_left <= table->memory_slices);
    });
}
