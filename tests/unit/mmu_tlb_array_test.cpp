// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>
#include <bit>
#include <vector>

#include "models/base/lru_order.h"
#include "models/base/random.h"
#include "models/mmu/tlb_array.h"

using namespace migsim;

namespace {

constexpr SpaceId space{3};
constexpr InstanceId instance{1};

TlbPlace large(Address page) {
    return place_of(space, instance, PageSize::M2, page);
}

// The 16 pages of one entry.
void fill_entry(TlbArray& tlb, Address entry) {
    tlb.fill(large(entry * pages_per_entry), 0xffff);
}
bool holds(TlbArray& tlb, Address entry) {
    return tlb.lookup(large(entry * pages_per_entry)) != 0;
}

// The set a number falls into, seen from outside: in a direct-mapped array, what shares its set evicts it.
bool same_set(std::uint32_t sets, std::uint64_t a, std::uint64_t b) {
    TlbArray tlb(sets, 1);
    tlb.fill({1, a, 0}, 1);
    tlb.fill({2, b, 0}, 1);
    return tlb.lookup({1, a, 0}) == 0;
}

} // namespace

TEST_CASE("an LRU order agrees with a list under random use, for every number of ways", "[mmu][fast]") {
    RandomStream random(1, "lru");
    for (unsigned ways = 1; ways <= LruOrder::max_ways; ++ways) {
        LruOrder order;
        std::vector<unsigned> list(ways); // most recent first
        for (unsigned way = 0; way < ways; ++way) list[way] = way;
        for (int step = 0; step < 500; ++step) {
            const auto way = static_cast<unsigned>(random.below(ways));
            const bool retire = random.below(4) == 0;
            list.erase(std::find(list.begin(), list.end(), way));
            list.insert(retire ? list.end() : list.begin(), way);
            retire ? order.retire(way, ways) : order.touch(way);
            REQUIRE(order.at(0) == list.front());
            REQUIRE(order.oldest(ways) == list.back());
        }
        while (!list.empty()) { // the whole order, from its end
            const unsigned oldest = order.oldest(ways);
            REQUIRE(oldest == list.back());
            order.touch(oldest);
            list.pop_back();
        }
    }
}

TEST_CASE("a TLB entry answers for exactly the pages that were filled", "[mmu][fast]") {
    TlbArray tlb(16, 8);
    tlb.fill(large(32 + 3), 0b0000'0000'0000'1000);
    REQUIRE(tlb.lookup(large(32 + 3)) == 0b1000);
    for (const Address other : {32 + 2, 32 + 4, 16 + 3, 48 + 3}) REQUIRE(tlb.lookup(large(other)) == 0);
    tlb.fill(large(32 + 9), 0xff00); // the other half of the same entry
    REQUIRE(tlb.lookup(large(32 + 3)) == 0xff08);
    REQUIRE(tlb.lookup(large(32 + 15)) == 0xff08);
}

TEST_CASE("a TLB entry answers to its own space, instance and page size only", "[mmu][fast]") {
    TlbArray tlb(1, 8);
    tlb.fill(place_of(space, instance, PageSize::M2, 100), 0xffff);
    REQUIRE(tlb.lookup(place_of(space, instance, PageSize::M2, 100)) != 0);
    REQUIRE(tlb.lookup(place_of(SpaceId{4}, instance, PageSize::M2, 100)) == 0);
    REQUIRE(tlb.lookup(place_of(space, InstanceId{2}, PageSize::M2, 100)) == 0);
    REQUIRE(tlb.lookup(place_of(space, instance, PageSize::K64, 100)) == 0);
}

TEST_CASE("a set gives up its least recently used entry", "[mmu][fast]") {
    TlbArray tlb(1, 4);
    for (Address entry = 0; entry < 4; ++entry) fill_entry(tlb, entry);
    REQUIRE(holds(tlb, 0)); // now 1 is the oldest
    fill_entry(tlb, 4);
    fill_entry(tlb, 5);
    REQUIRE(holds(tlb, 0));
    REQUIRE_FALSE(holds(tlb, 1));
    REQUIRE_FALSE(holds(tlb, 2));
    REQUIRE(holds(tlb, 3));
}

TEST_CASE("a lookup that finds its page not valid does not refresh the entry", "[mmu][fast]") {
    TlbArray tlb(1, 2);
    tlb.fill(large(0), 0b1);
    tlb.fill(large(16), 0b1);
    REQUIRE(tlb.lookup(large(1)) == 0);
    tlb.fill(large(32), 0b1);
    REQUIRE(tlb.lookup(large(0)) == 0);
    REQUIRE(tlb.lookup(large(16)) != 0);
}

TEST_CASE("a contiguous footprint fits a TLB up to entries times sub-entries and not beyond", "[mmu][fast]") {
    // STAR's L2 and L3, a GPC TLB that reaches 64 GiB with 2-MiB pages, and shares of a split TLB.
    for (const std::uint32_t sets : {1u, 16u, 18u, 42u, 64u, 128u, 256u}) {
        TlbArray tlb(sets, 8);
        const Address entries = Address{sets} * 8;
        const auto misses_of_a_second_pass = [&](Address count) {
            Address misses = 0;
            for (int pass = 0; pass < 2; ++pass)
                for (Address entry = 0; entry < count; ++entry)
                    for (Address page = 0; page < pages_per_entry; ++page)
                        if (!tlb.lookup(large(entry * pages_per_entry + page))) {
                            misses += pass;
                            fill_entry(tlb, entry);
                        }
            return misses;
        };
        REQUIRE(misses_of_a_second_pass(entries) == 0);
        REQUIRE(misses_of_a_second_pass(entries + 1) > 0);
    }
}

TEST_CASE("64 sets are chosen by the published XOR of virtual address bits 21 to 46", "[mmu][fast]") {
    const unsigned groups[6][4] = {{21, 28, 35, 42}, {22, 29, 36, 43}, {23, 30, 37, 44},
                                   {24, 31, 38, 45}, {25, 32, 39, 46}, {26, 33, 40, 0}};
    const auto published = [&](Address address) {
        unsigned set = 0;
        for (unsigned bit = 0; bit < 6; ++bit)
            for (const unsigned from : groups[bit])
                if (from) set ^= static_cast<unsigned>(address >> from & 1) << bit;
        return set;
    };
    RandomStream random(2, "set hash");
    for (int i = 0; i < 20000; ++i) {
        // Pages of 64 KiB: an entry covers 1 MiB, so bit 20 plays no part. Addresses of 47 bits, as
        // published.
        const Address a = random.below(Address{1} << 31), b = random.below(Address{1} << 31);
        const TlbPlace x = place_of(space, instance, PageSize::K64, a);
        const TlbPlace y = place_of(space, instance, PageSize::K64, b);
        REQUIRE(same_set(64, x.number, y.number) == (published(a << 16) == published(b << 16)));
    }
}

TEST_CASE("a power-of-two stride does not stay in one set", "[mmu][fast]") {
    for (const std::uint32_t sets : {16u, 64u, 128u, 256u})
        for (unsigned stride = 0; stride < 14; ++stride) {
            unsigned together = 0;
            for (std::uint64_t n = 1; n < 64; ++n) together += same_set(sets, 0, n << stride);
            REQUIRE(together <= 64 / std::min(sets, 16u));
        }
}

TEST_CASE("a shootdown empties one instance, and what it leaves free is used first", "[mmu][fast]") {
    TlbArray tlb(1, 4);
    for (unsigned i = 0; i < 4; ++i)
        tlb.fill(place_of(SpaceId{0}, i % 2 ? InstanceId{7} : instance, PageSize::M2, Address{16} * i), 1);
    tlb.drop(InstanceId{7});
    tlb.fill(place_of(SpaceId{0}, instance, PageSize::M2, 64), 1);
    tlb.fill(place_of(SpaceId{0}, instance, PageSize::M2, 80), 1);
    for (const Address page : {0, 32, 64, 80})
        REQUIRE(tlb.lookup(place_of(SpaceId{0}, instance, PageSize::M2, page)) == 1);
    for (const Address page : {16, 48})
        REQUIRE(tlb.lookup(place_of(SpaceId{1}, instance, PageSize::M2, page)) == 0);
}
