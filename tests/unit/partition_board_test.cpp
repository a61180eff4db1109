// SPDX-License-Identifier: Apache-2.0
// The shipped tables against the rules that NVIDIA's numbers keep, and tables that contradict themselves.
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
    for (const std::string& name : board_names()) CHECK(board(name)->name == name);
    CHECK_THROWS_WITH(board("h100-smx-80gb"), Catch::Contains("did you mean 'h100-sxm-80gb'?"));
}

TEST_CASE("the gigabytes in a profile's name follow from its memory", "[partition][fast]") {
    // NVIDIA/go-nvlib 3c16156, pkg/nvlib/device: eighths of the GPU's memory, rounded up, of its whole GiB.
    for (const std::string& name : board_names()) {
        const auto table = board(name);
        for (const Profile& profile : table->profiles) {
            const double eighths =
                std::ceil(static_cast<double>(*profile.memory_mib) / table->memory_mib * 8);
            const double gib = std::floor(eighths / 8 * std::ceil(table->memory_mib / 1024.0) + 0.5);
            const std::string attribute = profile.has(Attribute::MediaExtensions) ? "+me" : "";
            CHECK(profile.name == std::to_string(profile.compute_slices) + "g." +
                                      std::to_string(static_cast<int>(gib)) + "gb" + attribute);
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
            std::uint32_t sms = 0, copy = 0, decoders = 0, jpeg = 0;
            for (const GpuInstance& instance : layout.instances()) {
                memory += *instance.profile->memory_mib;
                sms += *instance.profile->sm_count;
                copy += *instance.profile->engines.copy;
                decoders += *instance.profile->engines.nvdec;
                jpeg += *instance.profile->engines.nvjpg;
            }
            INFO(name << ": " << list_profiles(*table, layout.counts()));
            REQUIRE(memory <= *whole.memory_mib);
            REQUIRE(sms <= *whole.sm_count);
            REQUIRE(copy <= *whole.engines.copy);
            REQUIRE(decoders <= *whole.engines.nvdec);
            REQUIRE(jpeg <= *whole.engines.nvjpg);
        }
    }
}

TEST_CASE("compute instances divide the SMs of their GPU instance", "[partition][fast]") {
    for (const std::string& name : board_names()) {
        const auto table = board(name);
        for (const Profile& profile : table->profiles) {
            INFO(name << " " << profile.name);
            int fills = 0;
            for (const ComputeInstanceProfile& row : profile.compute_instances) {
                if (row.sm_count) CHECK(row.max_count * *row.sm_count <= *profile.sm_count);
                if (!row.fills_instance) continue;
                ++fills;
                CHECK(*row.sm_count == *profile.sm_count);
                CHECK(row.max_count == 1);
            }
            CHECK(fills == 1);
        }
    }
    CHECK(!board("h100-sxm-80gb")->find(0U)->compute_instances[2].sm_count); // 3c.7g: no source says
    CHECK(board("h100-sxm-80gb")->owner_of_compute_instance("2c.3g.40gb")->name == "3g.40gb");
}

TEST_CASE("a board that contradicts itself is refused where it does", "[partition][fast]") {
    CHECK(error_with("max_count: 7\n    memory", "max_count: 8\n    memory") ==
          "board.yaml:21:16: profiles[0].max_count: '8' does not follow from the placements");
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
    CHECK(contains(error_with("id: 20\n", "id: 19\n"), "profiles: has two profiles with the same id"));
    CHECK(contains(error_with("attributes: [\"+me\"]", "attributes: [\"+mee\"]"), "did you mean '+me'?"));
}

TEST_CASE("a board must state every number, be it as unknown", "[partition][fast]") {
    CHECK(error_with("memory_mib: 896", "memory_mib: null") == "accepted");
    CHECK(contains(error_with("    memory_mib: 896\n", ""), "profiles[0].memory_mib: is missing"));
    CHECK(contains(error_with("sm_count: 2\n", "sm_count: two\n"), "'two' is not a whole number"));
    CHECK(contains(error_with("sm_count: 2\n", "sm_count: 2\n    sms: 2\n"), "'sms' is not a key here"));
    CHECK(contains(error_with("memory_slices: 8", "memory_slices: 0"), "'0' is out of range; legal: 1 to 8"));
    CHECK(contains(error_with("size: 1}", "size: 0}"), "'0' is out of range; legal: 1 to 8"));
    CHECK(contains(error_with("board/1", "board/2"), "migsim/board/1"));
}
