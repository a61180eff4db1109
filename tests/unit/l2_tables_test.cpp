// SPDX-License-Identifier: Apache-2.0
// The tables of an L2 slice: replacement, tags, MSHRs, queues.
#include <catch2/catch.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <numeric>
#include <vector>

#include "models/l2/mshr.h"
#include "models/l2/ring.h"
#include "models/l2/tag_array.h"

using namespace migsim;

namespace {

Waiter waiter(std::uint32_t tag, SectorMask missing, bool from_peer = false) {
    Waiter w{};
    w.tag = tag;
    w.missing = missing;
    w.from_peer = from_peer;
    return w;
}

// Fills a way of the set as a slice would.
void put(TagArray& tags, LineKey key) {
    LineSet& set = tags.set_of(key);
    const unsigned way = tags.victim(set);
    set.drop(way);
    set.keys[way] = key.value;
    set.add_valid(way, all_sectors);
    tags.touch(set, way);
}

} // namespace

TEST_CASE("LRU order evicts what a list of uses would evict", "[fast][l2]") {
    RandomStream random(5, "lru");
    for (const unsigned ways : {1u, 2u, 3u, 7u, 12u, 16u}) {
        LruOrder order;
        std::vector<unsigned> list(ways);
        std::iota(list.begin(), list.end(), 0u);
        for (int i = 0; i < 2000; ++i) {
            REQUIRE(order.oldest(ways) == list.back());
            const auto way = static_cast<unsigned>(random.below(ways));
            order.touch(way);
            list.erase(std::find(list.begin(), list.end(), way));
            list.insert(list.begin(), way);
        }
    }
}

TEST_CASE("NRU never evicts what was used last, and evicts the first way not used lately", "[fast][l2]") {
    RandomStream random(5, "nru");
    std::uint64_t used = NruBits::fresh;
    for (int i = 0; i < 2000; ++i) {
        const auto way = static_cast<unsigned>(random.below(12));
        NruBits::touch(used, way, 12);
        REQUIRE(NruBits::victim(used) < 12);
        REQUIRE(NruBits::victim(used) != way);
    }
    used = NruBits::fresh;
    for (unsigned way : {0u, 1u, 3u}) NruBits::touch(used, way, 4);
    CHECK(NruBits::victim(used) == 2);
    NruBits::touch(used, 2, 4); // the last: all others are forgotten
    CHECK(NruBits::victim(used) == 0);
    used = NruBits::fresh;
    NruBits::touch(used, 0, 1);
    CHECK(NruBits::victim(used) == 0);
}

TEST_CASE("random replacement reaches every way about equally", "[fast][l2]") {
    RandomWays random;
    std::vector<unsigned> count(12);
    for (int i = 0; i < 12'000; ++i) ++count[random.victim(12)];
    CHECK(*std::min_element(count.begin(), count.end()) > 850);
    CHECK(*std::max_element(count.begin(), count.end()) < 1150);
}

TEST_CASE("a set finds each of its lines in its way, and no other", "[fast][l2]") {
    for (const unsigned ways : {1u, 5u, 16u}) {
        TagArray tags(7, ways, Replacement::Lru);
        LineSet& set = tags.set_of(LineKey::home(3));
        std::vector<std::uint32_t> lines;
        for (std::uint32_t line = 3; lines.size() < ways; ++line)
            if (&tags.set_of(LineKey::home(line)) == &set) lines.push_back(line);
        for (const std::uint32_t line : lines) put(tags, LineKey::home(line));
        for (std::uint32_t i = 0; i < ways; ++i) {
            CHECK(set.find(LineKey::home(lines[i]).value) == i); // empty ways first, in order
            CHECK(set.find(LineKey::copy(lines[i]).value) == LineSet::max_ways);
        }
        CHECK(&tags.set_of(LineKey::copy(3)) == &set);
        CHECK(tags.victim(set) == 0);
        set.drop(ways - 1);
        CHECK(tags.victim(set) == ways - 1);
    }
}

TEST_CASE("consecutive lines fill any number of sets evenly", "[fast][l2]") {
    for (const std::uint32_t sets : {1u, 256u, 320u, 333u}) {
        TagArray tags(sets, 16, Replacement::Lru);
        const std::uint32_t first = 3 * sets;
        for (std::uint32_t line = first; line < first + 16 * sets; ++line) put(tags, LineKey::home(line));
        for (std::uint32_t line = first; line < first + 16 * sets; ++line)
            REQUIRE(tags.set_of(LineKey::home(line)).find(LineKey::home(line).value) < 16);
    }
}

TEST_CASE("lines at any stride spread over the sets", "[fast][l2]") {
    constexpr std::uint32_t sets = 256, lines = 16 * sets;
    TagArray tags(sets, 16, Replacement::Lru);
    for (const std::uint32_t stride : {sets / 2, sets - 1, sets, sets + 5, 2 * sets, 3 * sets, 8 * sets}) {
        CAPTURE(stride);
        std::map<const LineSet*, unsigned> count;
        for (std::uint32_t i = 0; i < lines; ++i) ++count[&tags.set_of(LineKey::home(i * stride))];
        unsigned most = 0;
        for (const auto& [set, n] : count) most = std::max(most, n);
        CHECK(count.size() > sets * 9 / 10);
        CHECK(most < 3 * lines / sets);
    }
}

TEST_CASE("a set knows who drove out each of the last eight lines, once", "[fast][l2]") {
    TagArray tags(1, 16, Replacement::Lru);
    LineSet& set = tags.set_of(LineKey::home(0));
    const TenantId nobody{15};
    CHECK(TagArray::take_evictor(set, LineKey::home(1), nobody) == nobody);
    for (std::uint32_t i = 1; i <= 9; ++i)
        TagArray::remember_evictor(set, LineKey::home(i), static_cast<TenantId>(i));
    CHECK(TagArray::take_evictor(set, LineKey::home(1), nobody) == nobody); // too long ago
    CHECK(TagArray::take_evictor(set, LineKey::copy(9), nobody) == nobody);
    for (std::uint32_t i = 9; i >= 2; --i) {
        CHECK(TagArray::take_evictor(set, LineKey::home(i), nobody) == static_cast<TenantId>(i));
        CHECK(TagArray::take_evictor(set, LineKey::home(i), nobody) == nobody);
    }
}

TEST_CASE("the owner of a line and the mark that it was copied do not disturb each other", "[fast][l2]") {
    LineSet set{};
    set.set_copied(2);
    set.own(2, LineOwner::of(InstanceId{7}, TenantId{15}));
    CHECK(set.copied(2));
    CHECK(set.owner(2).instance() == InstanceId{7});
    CHECK(set.owner(2).tenant() == TenantId{15});
    set.clear_copied(2);
    CHECK_FALSE(set.copied(2));
    CHECK(set.owner(2).tenant() == TenantId{15});
}

TEST_CASE("MSHRs are found by line until they close or are released", "[fast][l2]") {
    Mshrs mshrs(100, 10, 4);
    for (std::uint32_t i = 0; i < 90; ++i) mshrs.allocate(LineKey::home(i * 64), waiter(i, 1)).pending = 1;
    CHECK_FALSE(mshrs.available(false)); // ten are the peer's
    CHECK(mshrs.available(true));
    for (std::uint32_t i = 90; i < 100; ++i)
        mshrs.allocate(LineKey::home(i * 64), waiter(i, 1, true)).pending = 1;
    CHECK_FALSE(mshrs.available(true));
    for (std::uint32_t i = 0; i < 100; ++i) {
        REQUIRE(mshrs.find(LineKey::home(i * 64)));
        CHECK(mshrs.find(LineKey::home(i * 64))->first.tag == i);
        CHECK_FALSE(mshrs.find(LineKey::copy(i * 64)));
    }
    Mshr& closed = *mshrs.find(LineKey::home(64));
    mshrs.close(closed);
    CHECK_FALSE(mshrs.find(LineKey::home(64)));
    mshrs.arrive(closed, 1, [](const Waiter&) {});
    mshrs.release(closed);
    CHECK(mshrs.available(false));
    CHECK(mshrs.used() == 99);
}

TEST_CASE("waiters are served in order, each when its last sector arrives", "[fast][l2]") {
    Mshrs mshrs(4, 1, 5);
    for (int lap = 0; lap < 3; ++lap) { // waiters' places are used again
        Mshr& mshr = mshrs.allocate(LineKey::home(1), waiter(0, 0b0001));
        mshr.pending = 0b0111;
        mshrs.join(mshr, waiter(1, 0b0010));
        mshrs.join(mshr, waiter(2, 0b0011));
        mshrs.join(mshr, waiter(3, 0b0001));
        CHECK(mshrs.can_join(mshr));
        mshrs.join(mshr, waiter(4, 0b0100));
        CHECK_FALSE(mshrs.can_join(mshr));
        std::vector<std::uint32_t> served;
        const auto serve = [&](const Waiter& w) { served.push_back(w.tag); };
        mshrs.arrive(mshr, 0b0001, serve);
        CHECK(served == std::vector<std::uint32_t>{0, 3});
        CHECK(mshrs.can_join(mshr));
        mshrs.join(mshr, waiter(5, 0b0110));
        mshrs.arrive(mshr, 0b0010, serve);
        CHECK(served == std::vector<std::uint32_t>{0, 3, 1, 2});
        mshrs.arrive(mshr, 0b0100, serve);
        CHECK(served == std::vector<std::uint32_t>{0, 3, 1, 2, 4, 5});
        CHECK(mshr.pending == 0);
        mshrs.release(mshr);
    }
}

TEST_CASE("a ring keeps order while it grows and wraps", "[fast][l2]") {
    Ring<int> ring;
    std::deque<int> reference;
    RandomStream random(2, "ring");
    for (int i = 0; i < 5000; ++i) {
        if (random.below(100) < (i / 500 % 2 ? 30u : 70u)) {
            ring.push(i);
            reference.push_back(i);
        } else if (!reference.empty()) {
            REQUIRE(ring.front() == reference.front());
            ring.pop();
            reference.pop_front();
        }
        REQUIRE(ring.size() == reference.size());
        if (!reference.empty()) REQUIRE(ring[ring.size() - 1] == reference.back());
    }
}
