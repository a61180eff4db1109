// SPDX-License-Identifier: Apache-2.0
// GPU instance ids and placements against sequences that real drivers printed.
#include <map>
#include <optional>
#include <vector>

#include <catch2/catch.hpp>

#include "partition/instance_allocator.h"
#include "tests/unit/partition_boards.h"

using namespace migsim;
using namespace migsim::test;

namespace {

using Ids = std::vector<std::optional<std::uint32_t>>; // nothing where the driver said Insufficient Resources

struct Sequence {
    std::uint32_t missing_slot;
    std::vector<std::uint32_t> profile_ids;
    Ids instance_ids;
    const char* seen_on;
};

// Profile 19 is 1g, 20 is 1g+me, 15 is 1g with double memory, 14 is 2g, 9 is 3g, 5 is 4g.
const std::vector<Sequence> sequences{
    {7,
     {19, 19, 19, 19, 19, 19, 19},
     {13, 11, 12, 7, 8, 9, 10},
     "public listing; its first two on H200 and H100 SXM"},
    {7, {19, 19}, {13, 11}, "H200 and H100, starkdrift/prickle-exporter fixtures"},
    {7, {19, 19, 14, 9}, {13, 11, 3, std::nullopt}, "public listing"},
    {7, {9, 19, 14, 19}, {2, 7, 4, 8}, "public listing"},
    {7, {14, 19, 19, 19, 19, 19}, {5, 13, 7, 8, 9, 10}, "public listing; 5 and 7 on H200, driver 570.86.15"},
    {7, {9, 9}, {2, 1}, "public listing"},
    {7, {19, 9}, {13, 1}, "public listing"},
    {7, {5, 9}, {1, 2}, "public listing"},
    {7, {14, 14, 14, 20}, {5, 3, 4, 13}, "public listing"},
    {7, {15, 15, 15}, {5, 3, 4}, "GH200"},
    {7, {19, 9, 20}, {13, 1, 11}, "H100, starkdrift/prickle-exporter h100-mig-mixed"},
    {3, {9, 19, 14, 19}, {1, 11, 6, 12}, "A100-PCIE-40GB, ESXi, driver 510"},
    {3, {9, 14, 19}, {1, 5, 13}, "A100 80GB PCIe"},
    {3, {19, 19, 19, 19, 19, 19, 19}, {9, 7, 8, 11, 12, 13, 14}, "H100 PCIe"},
    {3, {5, 14, 19}, {2, 3, 9}, "A100-SXM4-40GB, driver 580.126.09; ids as in its mig-minors"},
    {3, {9}, {1}, "A100-80"},
    {3, {5}, {2}, "A100-80"},
};

Ids create_all(InstanceAllocator& driver, const std::vector<std::uint32_t>& profile_ids) {
    Ids ids;
    for (const std::uint32_t id : profile_ids) {
        const auto created = driver.create(*driver.board()->find(id));
        const GpuInstance* instance = std::get_if<GpuInstance>(&created);
        ids.push_back(instance ? std::optional(instance->id) : std::nullopt);
    }
    return ids;
}

std::map<std::uint32_t, std::size_t> free_column(const InstanceAllocator& driver) {
    std::map<std::uint32_t, std::size_t> free;
    for (const Profile& profile : driver.board()->profiles)
        free[*profile.id] = std::min<std::size_t>(profile.max_count, driver.free_placements(profile).size());
    return free;
}

} // namespace

TEST_CASE("instances get the ids that drivers were seen to give, on every 8x7 board", "[partition][fast]") {
    for (const std::string& name : boards_of_slots(8))
        for (const Sequence& sequence : sequences) {
            INFO(name << ", seen on: " << sequence.seen_on);
            InstanceAllocator driver(board(name), sequence.missing_slot);
            CHECK(create_all(driver, sequence.profile_ids) == sequence.instance_ids);
        }
}

TEST_CASE("on a board of four slots ids come in order, for all slots are alike", "[partition][fast]") {
    // The first 1g was seen to be 3 on RTX PRO 6000 and A30; the rest is derived.
    for (const std::string& name : boards_of_slots(4)) {
        InstanceAllocator ones(board(name)), twos(board(name)), mixed(board(name));
        CHECK(create_all(ones, {14, 14, 14, 14, 14}) == Ids{3, 4, 5, 6, std::nullopt});
        CHECK(create_all(twos, {5, 5, 5}) == Ids{1, 2, std::nullopt});
        CHECK(create_all(mixed, {14, 5, 14, 0}) == Ids{3, 2, 4, std::nullopt});
    }
}

TEST_CASE("Thor's two instances are 1, of two GPCs, and 2, of the third", "[partition][fast]") {
    InstanceAllocator driver(board("jetson-thor")); // ids seen in scripts; 83 is 2g+gfx, 78 is 1g+me
    CHECK(create_all(driver, {83, 78}) == Ids{1, 2});
}

TEST_CASE("an instance prints its placement with the missing slot last", "[partition][fast]") {
    InstanceAllocator upper(board("a100-80gb"), 7);
    InstanceAllocator lower(board("a100-80gb"), 3);
    const Profile& three = *upper.board()->find("3g.40gb");
    // The same request, the same printed placement, another id: the halves of the second die are exchanged.
    const GpuInstance a = std::get<GpuInstance>(upper.create(three));
    const GpuInstance b = std::get<GpuInstance>(lower.create(*lower.board()->find("3g.40gb")));
    CHECK(to_string(a.placement) == "4:4");
    CHECK(to_string(b.placement) == "4:4");
    CHECK(a.id == 2);
    CHECK(b.id == 1);

    InstanceAllocator whole(board("a100-80gb"), 3);
    CHECK(std::get<GpuInstance>(whole.create(*whole.board()->find("7g.80gb"))).id == 0);
}

TEST_CASE("the Free column counts the placements that are left", "[partition][fast]") {
    // starkdrift/prickle-exporter fixtures h200-mig, h100-mig and h100-mig-mixed (order of the last inferred)
    InstanceAllocator two(board("h200-141gb"), 7);
    create_all(two, {19, 19});
    CHECK(free_column(two) ==
          std::map<std::uint32_t, std::size_t>{{19, 5}, {20, 1}, {15, 2}, {14, 2}, {9, 1}, {5, 1}, {0, 0}});

    InstanceAllocator mixed(board("h100-sxm-80gb"), 7);
    create_all(mixed, {19, 9, 20});
    CHECK(free_column(mixed) ==
          std::map<std::uint32_t, std::size_t>{{19, 1}, {20, 0}, {15, 0}, {14, 0}, {9, 0}, {5, 0}, {0, 0}});
}

TEST_CASE("double-memory 1g takes the quarter without full compute only when no other is free",
          "[partition][fast]") {
    InstanceAllocator driver(board("h100-sxm-80gb"), 7);
    CHECK(create_all(driver, {15, 15, 15, 15, 15}) == Ids{5, 3, 4, 6, std::nullopt});
}

TEST_CASE("a GPU gives its media extensions to one instance", "[partition][fast]") {
    InstanceAllocator driver(board("h100-sxm-80gb"));
    const Profile& media = *driver.board()->find("1g.10gb+me");
    CHECK(std::holds_alternative<GpuInstance>(driver.create(media)));
    for (const auto& again : {driver.create(media), driver.create_at(media, 0)}) {
        const Refusal& refusal = std::get<Refusal>(again);
        CHECK(refusal.reason == RefusalReason::Excluded);
        CHECK(nvml_reason(refusal.reason) == "Insufficient Resources");
        CHECK(refusal.sentence ==
              "1g.10gb+me cannot exist beside 1g.10gb+me (GPU instance 13): a GPU has one "
              "set of media extensions (+me)");
    }
    CHECK(driver.instances().size() == 1);
}

TEST_CASE("an explicit placement is taken, or refused with what stands against it", "[partition][fast]") {
    InstanceAllocator driver(board("a100-40gb"));
    const Profile& one = *driver.board()->find("1g.5gb");
    const Profile& three = *driver.board()->find("3g.20gb");

    CHECK(std::get<GpuInstance>(driver.create_at(one, 2)).id == 9);

    const Refusal misplaced = std::get<Refusal>(driver.create_at(three, 2));
    CHECK(misplaced.reason == RefusalReason::IllegalPlacement);
    CHECK(nvml_reason(misplaced.reason) == "Invalid Argument");
    CHECK(misplaced.sentence == "3g.20gb cannot start at memory slice 2; it can at 0, 4");

    const Refusal taken = std::get<Refusal>(driver.create_at(three, 0));
    CHECK(taken.reason == RefusalReason::PlacementTaken);
    CHECK(taken.sentence == "3g.20gb at 0:4 would overlap 1g.5gb at 2:1");

    const Refusal full = std::get<Refusal>(driver.create(*driver.board()->find("7g.40gb")));
    CHECK(full.reason == RefusalReason::NoRoom);
    CHECK(full.sentence == "7g.40gb can start only at memory slice 0, and no such run of 8 is free");
    CHECK(driver.instances().size() == 1);
}

TEST_CASE("a die that no listing has shown is not invented", "[partition][fast]") {
    CHECK_THROWS_AS(InstanceAllocator(board("a100-40gb"), 2), std::invalid_argument);
    CHECK_THROWS_AS(InstanceAllocator(board("a100-40gb"), std::nullopt), std::invalid_argument);
}
