// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/base/config/input_errors.h"
#include "partition/layout_search.h"
#include "partition/resource_map.h"
#include "tests/unit/partition_boards.h"

using namespace migsim;
using namespace migsim::test;

namespace {

using Numbers = std::vector<std::uint32_t>;

Layout layout_of(const std::shared_ptr<const Board>& board,
                 const std::vector<std::pair<std::string, std::uint32_t>>& profiles_at) {
    InstanceAllocator driver(board);
    for (const auto& [name, start] : profiles_at)
        REQUIRE(std::holds_alternative<GpuInstance>(driver.create_at(*board->find(name), start)));
    return Layout(driver, Creation::AtPlacement);
}

// How many TPCs each GPC gives to the instance, by GPC.
Numbers tpcs_by_gpc(const InstanceResources& instance, const MachineShape& shape) {
    Numbers counts;
    std::uint32_t first = 0;
    for (const GpcShape& gpc : shape.gpcs) {
        const std::uint32_t end = first + gpc.tpcs;
        counts.push_back(static_cast<std::uint32_t>(std::ranges::count_if(
            instance.tpcs, [&](std::uint32_t tpc) { return tpc >= first && tpc < end; })));
        first = end;
    }
    return counts;
}

std::string error_of(const Layout& layout, const MachineShape& shape) {
    try {
        ResourceMap{layout, shape};
    } catch (const InputError& error) {
        return error.what();
    }
    return "accepted";
}

void require_disjoint(std::set<std::uint32_t>& seen, const Numbers& owned, std::uint32_t count) {
    REQUIRE(std::ranges::is_sorted(owned));
    for (const std::uint32_t number : owned) {
        REQUIRE(number < count);
        REQUIRE(seen.insert(number).second);
    }
}

// Everything that must hold of any layout on any machine that can carry it.
void require_sound(const Layout& layout, const MachineShape& shape, const KeptTpcs& kept = {}) {
    const ResourceMap map(layout, shape, kept);
    const std::uint32_t eighths = layout.board().memory_slices;
    REQUIRE(map.instances().size() == layout.instances().size());
    std::set<std::uint32_t> tpcs, sms, l2_slices, channels;
    for (std::size_t i = 0; i < map.instances().size(); ++i) {
        const InstanceResources& owned = map.instances()[i];
        const Profile& profile = *layout.instances()[i].profile;
        const Placement& placement = layout.instances()[i].placement;

        if (const auto has = kept.find(placement); has != kept.end()) REQUIRE(owned.tpcs == has->second);
        require_disjoint(tpcs, owned.tpcs, shape.tpc_count());
        require_disjoint(sms, owned.sms, shape.tpc_count() * shape.sms_per_tpc);
        require_disjoint(l2_slices, owned.l2_slices, shape.l2_slices);
        require_disjoint(channels, owned.channels, shape.channels);
        REQUIRE(owned.sms.size() == *profile.sm_count);
        REQUIRE(owned.tpcs.size() * shape.sms_per_tpc == owned.sms.size());
        REQUIRE(owned.l2_slices.size() == profile.memory_slices() * shape.l2_slices / eighths);
        REQUIRE(owned.channels.size() == profile.memory_slices() * shape.channels / eighths);
        REQUIRE(owned.memory_share * shape.channels == owned.channels.size());
        if (2 * profile.memory_slices() <= eighths) // lies in one L2 partition
            REQUIRE(owned.l2_slices.front() / (shape.l2_slices / 2) ==
                    owned.l2_slices.back() / (shape.l2_slices / 2));

        REQUIRE(owned.window.size == *profile.memory_mib << 20);
        REQUIRE(owned.window.end() <= shape.memory_bytes);
        REQUIRE(owned.window.base % (2U << 20) == 0);
        REQUIRE(owned.window.base <= shape.memory_bytes / eighths * placement.start);
        for (std::size_t j = 0; j < i; ++j) REQUIRE(!owned.window.overlaps(map.instances()[j].window));

        const Numbers by_gpc = tpcs_by_gpc(owned, shape);
        for (std::uint32_t gpc = 0; gpc < by_gpc.size(); ++gpc) {
            const auto& sharers = map.sharers(gpc);
            const bool listed =
                std::ranges::find(sharers, InstanceId(static_cast<std::uint8_t>(i))) != sharers.end();
            REQUIRE((by_gpc[gpc] > 0) == listed);
            REQUIRE((by_gpc[gpc] > 0) == (std::ranges::find(owned.gpcs, gpc) != owned.gpcs.end()));
        }
    }
}

std::vector<const Profile*> all_profiles(const Board& board) {
    std::vector<const Profile*> profiles;
    for (const Profile& profile : board.profiles) profiles.push_back(&profile);
    return profiles;
}

} // namespace

TEST_CASE("in every layout of every board, no two instances own the same thing", "[partition][fast]") {
    for (const std::string& name : boards_with_machines()) {
        INFO(name);
        const auto table = board(name);
        const MachineShape shape = machine(*table);
        for (const Layout& layout : all_layouts(table, all_profiles(*table))) require_sound(layout, shape);
    }
}

TEST_CASE("on the real GPUs no layout makes two instances share a GPC", "[partition][fast]") {
    for (const std::string& name : boards_with_machines()) {
        if (name == "tiny") continue; // has two GPCs for up to seven instances
        INFO(name);
        const auto table = board(name);
        const MachineShape shape = machine(*table);
        for (const Layout& layout : all_layouts(table, all_profiles(*table))) {
            const ResourceMap map(layout, shape);
            for (std::uint32_t gpc = 0; gpc < shape.gpcs.size(); ++gpc) REQUIRE(map.sharers(gpc).size() <= 1);
        }
    }
}

TEST_CASE("the map is sound on machines of any shape with enough TPCs", "[partition][fast]") {
    std::mt19937 random(7);
    const auto table = board("h100-sxm-80gb");
    const std::vector<Layout> layouts = all_layouts(table, all_profiles(*table));
    int shared = 0;
    for (int trial = 0; trial < 300; ++trial) {
        std::vector<std::uint32_t> gpcs;
        std::uint32_t tpcs = 0;
        while (tpcs < 66) tpcs += gpcs.emplace_back(1 + random() % 20);
        MachineShape shape = machine(*table, gpcs);
        shape.channels = 8 * (1 + random() % 24);
        for (GpcShape& gpc : shape.gpcs) gpc.l2_partition = random() % 2;
        const Layout& layout = layouts[random() % layouts.size()];
        require_sound(layout, shape);
        const ResourceMap map(layout, shape);
        for (std::uint32_t gpc = 0; gpc < shape.gpcs.size(); ++gpc) shared += map.sharers(gpc).size() > 1;
    }
    CHECK(shared > 0); // such machines do make instances meet
}

TEST_CASE("whatever layout follows another, an instance that stays keeps its SMs", "[partition][fast]") {
    std::mt19937 random(11);
    for (const char* const name : {"tiny", "h100-sxm-80gb"}) {
        INFO(name);
        const auto table = board(name);
        const MachineShape shape = machine(*table);
        const std::vector<Layout> layouts = all_layouts(table, all_profiles(*table));
        for (int i = 0; i < 3000; ++i) {
            const Layout &before = layouts[random() % layouts.size()],
                         &after = layouts[random() % layouts.size()];
            const ResourceMap map(before, shape);
            KeptTpcs kept;
            for (std::size_t k = 0; k < before.instances().size(); ++k)
                for (const GpuInstance& stays : after.instances())
                    if (stays.profile == before.instances()[k].profile &&
                        stays.placement == before.instances()[k].placement)
                        kept[stays.placement] = map.instances()[k].tpcs;
            require_sound(after, shape, kept);
        }
    }
}

TEST_CASE("an A100 compute slice is seven TPCs of one GPC", "[partition][fast]") {
    const auto table = board("a100-40gb");
    const MachineShape shape = machine(*table);
    const ResourceMap map(layout_of(table, {{"4g.20gb", 0}, {"2g.10gb", 4}, {"1g.5gb", 6}}), shape);
    CHECK(tpcs_by_gpc(map.instances()[0], shape) == Numbers{7, 7, 7, 7, 0, 0, 0});
    CHECK(tpcs_by_gpc(map.instances()[1], shape) == Numbers{0, 0, 0, 0, 7, 7, 0});
    CHECK(tpcs_by_gpc(map.instances()[2], shape) == Numbers{0, 0, 0, 0, 0, 0, 7});

    // 3g owns four memory slices but three compute slices, and so three GPCs.
    const ResourceMap three(layout_of(table, {{"3g.20gb", 0}}), shape);
    CHECK(tpcs_by_gpc(three.instances()[0], shape) == Numbers{7, 7, 7, 0, 0, 0, 0});

    const ResourceMap seven(layout_of(table, {{"7g.40gb", 0}}), shape);
    CHECK(tpcs_by_gpc(seven.instances()[0], shape) == Numbers{7, 7, 7, 7, 7, 7, 7});
    CHECK(seven.instances()[0].sms.size() == 98);
    CHECK(ResourceMap::whole_gpu(shape).instances()[0].sms.size() == 108);
}

TEST_CASE("a Hopper instance that needs more than its compute slices' GPCs takes the next one",
          "[partition][fast]") {
    const auto table = board("h100-sxm-80gb");
    const MachineShape shape = machine(*table);
    const ResourceMap map(layout_of(table, {{"1g.20gb", 0}, {"2g.20gb", 2}, {"3g.40gb", 4}}), shape);
    CHECK(tpcs_by_gpc(map.instances()[0], shape) == Numbers{7, 0, 6, 0, 0, 0, 0, 0}); // 26 SMs
    CHECK(tpcs_by_gpc(map.instances()[1], shape) == Numbers{0, 0, 0, 0, 8, 0, 8, 0}); // 32
    CHECK(tpcs_by_gpc(map.instances()[2], shape) == Numbers{0, 8, 0, 8, 0, 7, 0, 7}); // 60
}

TEST_CASE("an instance whose home GPCs are too small shares one, and the map says which",
          "[partition][fast]") {
    // 66 TPCs as well, but so uneven that the last GPC, home of the slice without compute, is nearly empty.
    const auto table = board("h100-sxm-80gb");
    const MachineShape shape = machine(*table, {9, 9, 9, 9, 9, 9, 9, 3});
    const ResourceMap map(layout_of(table, {{"4g.40gb", 0}, {"1g.20gb", 4}, {"1g.20gb", 6}}), shape);
    CHECK(tpcs_by_gpc(map.instances()[1], shape) == Numbers{0, 0, 0, 0, 7, 6, 0, 0});
    CHECK(tpcs_by_gpc(map.instances()[2], shape) == Numbers{0, 0, 0, 0, 0, 1, 9, 3});
    CHECK(map.instances()[2].tpcs.front() == 53); // the end of GPC 5, away from what the other took first
    CHECK(map.sharers(5) == std::vector<InstanceId>{InstanceId{1}, InstanceId{2}});
    CHECK(map.sharers(6) == std::vector<InstanceId>{InstanceId{2}});
    CHECK(map.sharers(7) == std::vector<InstanceId>{InstanceId{2}});
}

TEST_CASE("instances get GPCs near their half of the L2 where there are any", "[partition][fast]") {
    const auto table = board("h100-pcie-80gb");
    const MachineShape shape = machine(*table); // GPCs 1, 5 and 6 are near partition 1
    const ResourceMap map(layout_of(table, {{"4g.40gb", 0}, {"3g.40gb", 4}}), shape);
    CHECK(map.instances()[0].gpcs == Numbers{0, 2, 3, 4});
    CHECK(map.instances()[1].gpcs == Numbers{1, 5, 6});
}

TEST_CASE("on a machine of two GPCs, instances meet where their slices have none of their own",
          "[partition][fast]") {
    const auto table = board("tiny");
    const MachineShape shape = machine(*table);
    const ResourceMap two(layout_of(table, {{"4g.4gb", 0}, {"3g.4gb", 4}}), shape);
    CHECK(tpcs_by_gpc(two.instances()[0], shape) == Numbers{4, 0});
    CHECK(tpcs_by_gpc(two.instances()[1], shape) == Numbers{0, 3});

    const ResourceMap three(layout_of(table, {{"2g.2gb", 0}, {"2g.2gb", 2}, {"3g.4gb", 4}}), shape);
    CHECK(tpcs_by_gpc(three.instances()[1], shape) == Numbers{2, 0});
    CHECK(three.sharers(0) == std::vector<InstanceId>{InstanceId{0}, InstanceId{1}});
    CHECK(three.sharers(1) == std::vector<InstanceId>{InstanceId{2}});
}

TEST_CASE("memory follows the placement: slices, channels and window", "[partition][fast]") {
    const auto table = board("h200-141gb");
    const ResourceMap map(layout_of(table, {{"1g.18gb", 3}, {"2g.35gb", 4}}), machine(*table));
    const InstanceResources& one = map.instances()[0];
    CHECK(one.l2_slices == Numbers{30, 31, 32, 33, 34, 35, 36, 37, 38, 39});
    CHECK(one.channels.size() == 24);
    CHECK(one.channels.front() == 72);
    const InstanceResources& two = map.instances()[1];
    CHECK(one.l2_partitions == 1);
    CHECK(one.memory_share == 0.125);
    CHECK(two.memory_share == 0.25);
    CHECK(two.l2_slices.front() == 40);
    CHECK(two.l2_slices.size() == 20);
    CHECK(two.channels.size() == 48);
    // An eighth of 143771 MiB in whole 2 MiB pages is 17970 MiB.
    CHECK(two.window.base >> 20 == 4 * 17970);
    CHECK(two.window.size >> 20 == 33280);
}

TEST_CASE(
    "where no source says how large an instance is, its SMs are the assumed ones, and its memory is all of "
    "its slices",
    "[partition][fast]") {
    const auto table = board("h100-96gb");
    MachineShape shape = machine(*board("h100-sxm-80gb"));
    shape.memory_bytes = std::uint64_t{96} << 30;
    const ResourceMap map(layout_of(table, {{"4g.48gb", 0}, {"1g.24gb", 4}}), shape);
    CHECK(map.instances()[0].sms.size() == 64);
    CHECK(map.instances()[1].sms.size() == 26);
    CHECK(map.instances()[1].window.base == std::uint64_t{48} << 30);
    CHECK(map.instances()[1].window.size == std::uint64_t{24} << 30);
    CHECK(error_of(layout_of(board("h20-96gb"), {{"1g.12gb", 0}}), shape) ==
          "the number of SMs of 1g.12gb is unknown");
}

TEST_CASE("without MIG one instance owns the whole machine", "[partition][fast]") {
    const auto table = board("h100-sxm-80gb");
    const MachineShape shape = machine(*table);
    const ResourceMap map = ResourceMap::whole_gpu(shape);
    REQUIRE(map.instances().size() == 1);
    const InstanceResources& all = map.instances()[0];
    CHECK(all.sms.size() == 132);
    CHECK(all.gpcs.size() == 8);
    CHECK(all.l2_partitions == 2);
    CHECK(all.memory_share == 1);
    CHECK(ResourceMap(layout_of(table, {{"7g.80gb", 0}}), shape).instances()[0].l2_partitions == 2);
    CHECK(all.l2_slices.size() == 80);
    CHECK(all.channels.size() == 160);
    CHECK(all.window.base == 0);
    CHECK(all.window.size == shape.memory_bytes);
    CHECK(map.sharers(7).size() == 1);
}

TEST_CASE("a machine that cannot carry the layout is refused with the reason", "[partition][fast]") {
    const auto table = board("h100-sxm-80gb");
    const Layout layout = layout_of(table, {{"4g.40gb", 0}, {"3g.40gb", 4}});
    const MachineShape good = machine(*table);
    CHECK(error_of(layout, good) == "accepted");

    MachineShape shape = good;
    shape.l2_slices = 90;
    CHECK(error_of(layout, shape) ==
          "the machine's 90 L2 slices cannot be divided among the 8 memory slices of h100-sxm-80gb");
    shape = good;
    shape.channels = 0;
    CHECK(error_of(layout, shape) ==
          "the machine's 0 memory channels cannot be divided among the 8 memory slices of h100-sxm-80gb");
    shape = good;
    shape.memory_bytes = std::uint64_t{64} << 30;
    CHECK(error_of(layout, shape) ==
          "4g.40gb has 40448 MiB, and 4 memory slices of this machine hold 32768 MiB");
    shape = good;
    shape.gpcs.resize(7);
    CHECK(error_of(layout, shape) == "4g.40gb + 3g.40gb needs 62 TPCs, and the machine has 58");
    shape = good;
    shape.sms_per_tpc = 3;
    CHECK(error_of(layout, shape) == "4g.40gb has 64 SMs, which are not whole TPCs of 3 SMs");
}
