// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <stdexcept>
#include <vector>

#include "models/mmu/instance_share.h"
#include "models/mmu/list_pool.h"
#include "models/mmu/miss_table.h"

using namespace migsim;

namespace {

const std::vector<InstanceShare> shares{{InstanceId{5}, 4}, {InstanceId{2}, 2}, {InstanceId{1}, 1}};

} // namespace

TEST_CASE("a wall divides a resource by weight and leaves nothing over", "[mmu][fast]") {
    const Split split(true, shares);
    REQUIRE(split.parts() == 3);
    REQUIRE(split.part(InstanceId{5}) == 0);
    REQUIRE(split.part(InstanceId{2}) == 1);
    REQUIRE(split.part(InstanceId{1}) == 2);
    for (const std::uint32_t total : {3u, 7u, 8u, 64u, 1001u}) {
        std::uint32_t sum = 0;
        for (unsigned part = 0; part < 3; ++part) {
            const std::uint32_t units = split.of(total, part, "units");
            REQUIRE(units >= total * (4u >> part) / 7);
            sum += units;
        }
        REQUIRE(sum == total);
    }
}

TEST_CASE("without a wall there is one part for all instances", "[mmu][fast]") {
    const Split split(false, shares);
    REQUIRE(split.parts() == 1);
    REQUIRE(split.of(8, 0, "units") == 8);
    for (unsigned i = 0; i < max_instances; ++i) REQUIRE(split.part(static_cast<InstanceId>(i)) == 0);
}

TEST_CASE("a division that leaves an instance without anything is refused", "[mmu][fast]") {
    const Split split(true, shares);
    REQUIRE_THROWS_WITH(split.of(1, 0, "page walkers"),
                        "1 page walkers cannot be split so that each of 3 instances gets one");
    const std::vector<InstanceShare> twice{{InstanceId{1}, 1}, {InstanceId{1}, 1}};
    REQUIRE_THROWS_WITH(Split(true, twice),
                        "instance 1 is named twice in the shares of a translation resource");
    const std::vector<InstanceShare> nothing{{InstanceId{3}, 0}};
    REQUIRE_THROWS_WITH(Split(true, nothing),
                        "instance 3 has no weight in the shares of a translation resource");
}

TEST_CASE("lists of one pool keep their own order and reuse what was popped", "[mmu][fast]") {
    ListPool<int> pool;
    ListPool<int>::List a, b;
    for (int i = 0; i < 6; ++i) pool.push(i % 2 ? b : a, i);
    REQUIRE(pool.size() == 6);
    REQUIRE(pool.pop(a) == 0);
    pool.push(b, 7);
    for (const int expected : {1, 3, 5, 7}) {
        REQUIRE(pool.front(b) == expected);
        REQUIRE(pool.pop(b) == expected);
    }
    REQUIRE(b.empty());
    REQUIRE(pool.pop(a) == 2);
    REQUIRE(pool.pop(a) == 4);
    REQUIRE(a.empty());
    REQUIRE(pool.size() == 0);
}

TEST_CASE("a miss is found by its key from opening to closing, among many", "[mmu][fast]") {
    MissTable table;
    std::vector<std::uint16_t> slots;
    for (TlbKey key = 1; key <= 300; ++key) slots.push_back(table.open(key));
    for (TlbKey key = 1; key <= 300; key += 2) table.close(slots[key - 1]);
    REQUIRE(table.size() == 150);
    for (TlbKey key = 1; key <= 300; ++key)
        REQUIRE(table.find(key) == (key % 2 ? std::nullopt : std::optional(slots[key - 1])));
    const std::uint16_t again = table.open(1001);
    REQUIRE(again % 2 == 0); // a place that was given back
    REQUIRE(table.find(1001) == again);
}
