// SPDX-License-Identifier: Apache-2.0
// The shipped tables against the rules that NVIDIA's numbers keep, and tables that contradict themselves.
#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

#include <catch2/catch.hpp>

#include "models/base/config/input_errors.h"
#include "models/base/config/text_file.h"
#include "partition/layout_search.h"
#include "tests/unit/partition_boards.h"

using namespace migsim;
using namespace migsim::test;

namespace {

// The shipped tiny board with one text replaced.
std::string error_with(std::string_view what, std::string_view by) {
    std::string text = read_text_file(boards_folder() / "tiny.yaml");
    const std::size_t at = text.find(what);
    REQUIRE(at != std::string::npos);
    text.replace(at, what.size(), by);
    try {
        read_board(parse_document(text, "board.yaml"));
    } catch (const InputError& error) {
        return error.what();
    }
    return "accepted";
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a board is found by its name", "[partition][fast]") {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(boards_folder()))
        files.push_back(entry.path().stem().string());
    std::ranges::sort(files);
    CHECK(files == board_names());
    std::size_t profiles = 0;
    for (const std::string& name : board_names())
        if (name != "tiny") profiles += board(name)->profiles.size();
    CHECK(profiles == 155); // of 22 boards
    for (const std::string& name : board_names()) CHECK(board(name)->name == name);
    CHECK_THROWS_WITH(board("h100-smx-80gb"), Catch::Contains("did you mean 'h100-sxm-80gb'?"));
}

TEST_CASE("the gigabytes in a profile's name follow from its memory", "[partition][fast]") {
    // NVIDIA/go-nvlib 3c16156, pkg/nvlib/device: eighths of the GPU's memory, rounded up, of its whole GiB.
    int checked = 0;
    for (const std::string& name : board_names()) {
        const auto table = board(name);
        for (const Profile& profile : table->profiles) {
            if (!profile.memory_mib || *profile.memory_mib == 0 || !table->memory_mib) continue;
            const auto total = static_cast<double>(*table->memory_mib);
            const double eighths = std::ceil(static_cast<double>(*profile.memory_mib) / total * 8);
            const double gib = std::floor(eighths / 8 * std::ceil(total / 1024.0) + 0.5);
            CHECK_THAT(profile.name, Catch::StartsWith(std::to_string(profile.compute_slices) + "g." +
                                                       std::to_string(static_cast<int>(gib)) + "gb"));
            ++checked;
        }
    }
    CHECK(checked == 7 * 9 + 5 + 11); // tiny and eight boards of 8 slots, A30, RTX PRO 6000
}

TEST_CASE("memory follows the driver's formula where a board is known to keep to it", "[partition][fast]") {
    // NVIDIA/open-gpu-kernel-modules df1c9a3, mem_mgr.c, GA100: of T segments a half gets (T - 1) / 2, a
    // quarter (T - 3) / 4, an eighth (T - 7) / 8, for one segment guards each boundary.
    struct Fit {
        std::string board, variant;
        std::uint64_t segments, segment_mib;
    };
    for (const Fit& fit : {Fit{"a100-40gb", "", 315, 128}, Fit{"a100-40gb", "driver-510.47", 316, 128},
                           Fit{"a100-40gb", "guide-525", 314, 128}, Fit{"a30-24gb", "", 375, 64},
                           Fit{"a30-24gb", "listing-23.50", 376, 64}, Fit{"h100-sxm-80gb", "", 634, 128},
                           Fit{"h100-pcie-80gb", "", 634, 128}, Fit{"rtx-pro-6000-96gb", "", 760, 128},
                           Fit{"tiny", "", 63, 128}}) {
        const auto shipped = board(fit.board);
        Board table = *shipped;
        for (const MemoryVariant& variant : shipped->memory_variants)
            if (variant.name == fit.variant) table = shipped->with_memory_of(variant);
        for (const Profile& profile : table.profiles) {
            INFO(fit.board << " " << fit.variant << " " << profile.name);
            const std::uint64_t parts = table.memory_slices / profile.memory_slices();
            CHECK(*profile.memory_mib == (fit.segments - (parts - 1)) / parts * fit.segment_mib);
        }
    }
}

TEST_CASE("no layout promises more than the largest instance has", "[partition][fast]") {
    for (const std::string& name : board_names()) {
        const auto table = board(name);
        const Profile& whole = table->profiles.back();
        REQUIRE(whole.memory_slices() == table->memory_slices);
        std::vector<const Profile*> profiles;
        for (const Profile& profile : table->profiles) profiles.push_back(&profile);
        for (const Layout& layout : all_layouts(table, profiles)) {
            std::uint64_t memory = 0;
            std::uint32_t sms = 0, copy = 0, decoders = 0, encoders = 0, jpeg = 0, flow = 0;
            for (const GpuInstance& instance : layout.instances()) {
                const Profile& profile = *instance.profile;
                memory += profile.memory_mib.value_or(0); // unknown, here and below
                sms += profile.sm_count.value_or(0);
                copy += profile.engines.copy.value_or(0);
                decoders += profile.engines.nvdec.value_or(0);
                encoders += profile.engines.nvenc.value_or(0);
                jpeg += profile.engines.nvjpg.value_or(0);
                flow += profile.engines.ofa.value_or(0);
            }
            INFO(name << ": " << list_profiles(*table, layout.counts()));
            REQUIRE(memory <= whole.memory_mib.value_or(memory));
            REQUIRE(sms <= whole.sm_count.value_or(sms));
            if (name != "jetson-thor") // whose tables give 1g, 2g and 3g one each
                REQUIRE(copy <= whole.engines.copy.value_or(copy));
            REQUIRE(decoders <= whole.engines.nvdec.value_or(decoders));
            REQUIRE(encoders <= whole.engines.nvenc.value_or(encoders));
            REQUIRE(jpeg <= whole.engines.nvjpg.value_or(jpeg));
            REQUIRE(flow <= whole.engines.ofa.value_or(flow));
        }
    }
}

TEST_CASE("compute instances divide the SMs of their GPU instance", "[partition][fast]") {
    for (const std::string& name : board_names()) {
        const auto table = board(name);
        for (const Profile& profile : table->profiles) {
            INFO(name << " " << profile.name);
            for (const ComputeInstanceProfile& row : profile.compute_instances) {
                if (row.sm_count && profile.sm_count)
                    CHECK(row.max_count * *row.sm_count <= *profile.sm_count);
                if (row.fills_instance) CHECK(row.max_count == 1);
            }
            CHECK(to_string(profile.filling().sm_count) == to_string(profile.sm_count));
        }
    }
    CHECK(!board("h100-sxm-80gb")->find(0U)->compute_instances[2].sm_count); // 3c.7g: no source says
    CHECK(board("h100-sxm-80gb")->owner_of_compute_instance("2c.3g.40gb")->name == "3g.40gb");
}

TEST_CASE("a board that contradicts itself is refused where it does", "[partition][fast]") {
    CHECK(error_with("max_count: 7\n    memory", "max_count: 8\n    memory") ==
          "board.yaml:28:16: profiles[0].max_count: '8' does not follow from the placements");
    CHECK(contains(error_with("starts: [0, 2, 4]", "starts: [0, 1, 4]"),
                   "profiles[3].placements.starts: are not in ascending order, or too near each other"));
    CHECK(contains(error_with("compute_slices: 3\n", "compute_slices: 4\n"),
                   "profiles[4].name: '3g.4gb' does not begin with its number of compute slices"));
    CHECK(
        contains(error_with("last_resort: [6]", "last_resort: [5]"), "names a start that `starts` does not"));
    CHECK(
        contains(error_with("[6, 2],", ""), "profiles: has a placement that no GPU instance id stands for"));
    CHECK(contains(error_with("[7, 1]", "[8, 1]"),
                   "instance_spans: has a span that ends beyond the last slot"));
    CHECK(contains(error_with("[7, 1]", "[7, 1, 1]"),
                   "instance_spans[14]: is not [first slot, number of slots]"));
    CHECK(contains(error_with("missing_slot: 7", "missing_slot: 5"),
                   "missing_slot: '5' does not explain why slots and compute slices differ"));
    CHECK(contains(error_with("missing_slot: 7\n", ""), "missing_slot: does not explain"));
    CHECK(contains(error_with("cards: [", "cards: [\"\", "), "cards: has a card without a name"));
    CHECK(contains(error_with("id: 20\n", "id: 19\n"), "profiles: has two profiles with the same id"));
    CHECK(contains(error_with("attributes: [\"+me\"]", "attributes: [\"+mee\"]"), "did you mean '+me'?"));
    CHECK(contains(error_with("attributes: [\"+me\"]", "attributes: [\"+gfx\"]"),
                   "profiles[1].name: '1g.1gb+me' does not end with its attributes"));
    CHECK(contains(error_with(", fills_instance: true", ""),
                   "profiles[0].compute_instances: have not one that fills the instance"));
    CHECK(contains(error_with("sources:", "memory_variants: [{name: a, memory_mib: {1g.2g: 1}}]\nsources:"),
                   "memory_variants: names a profile that the board does not have"));
    CHECK(
        contains(error_with("sources:", "memory_variants: [{name: a, cards: [b], memory_mib: {1g.1gb: 1}}]\n"
                                        "sources:"),
                 "memory_variants: name a card twice, or one that the board does not have"));
}

TEST_CASE("a board must state every number, be it as unknown", "[partition][fast]") {
    CHECK(error_with("memory_mib: 896", "memory_mib: null") == "accepted");
    CHECK(contains(error_with("    memory_mib: 896\n", ""), "profiles[0].memory_mib: is missing"));
    CHECK(contains(error_with("    sm_count: 2\n", "    sm_count: 2\n    assumed_sm_count: 2\n"),
                   "profiles[0].assumed_sm_count: '2' is known, by sm_count"));
    CHECK(contains(error_with("sm_count: 2\n", "sm_count: two\n"), "'two' is not a whole number"));
    CHECK(contains(error_with("sm_count: 2\n", "sm_count: 2\n    sms: 2\n"), "'sms' is not a key here"));
    CHECK(contains(error_with("memory_slices: 8", "memory_slices: 0"), "'0' is out of range; legal: 1 to 8"));
    CHECK(contains(error_with("size: 1}", "size: 0}"), "'0' is out of range; legal: 1 to 8"));
    CHECK(contains(error_with("board/1", "board/2"), "migsim/board/1"));
}
