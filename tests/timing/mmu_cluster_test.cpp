// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "models/base/random.h"
#include "models/driver/driver.h"
#include "models/mmu/cluster_mmu.h"

using namespace migsim;

namespace {

constexpr Tick cycle = 1000;
constexpr Address m2 = bytes_of(PageSize::M2), k64 = bytes_of(PageSize::K64), gib = Address{1} << 30;

// The next level: answers what it is asked from the page tables, when the test says so.
struct NextLevel : Block {
    explicit NextLevel(Windows& windows) : inbox(windows, windows.add(*this)) {}
    Tick turn(Tick) override {
        for (const auto& arrival : inbox.take()) seen.push_back(arrival);
        return never;
    }
    Inbox<TranslationRequest> inbox;
    std::vector<Arrival<TranslationRequest>> seen;
};

ClusterMmuParams gpc(const char* sets, const char* groups = "1", const char* misses = "64") {
    ClusterMmuParams p;
    p.set("utlb_entries", "16");
    p.set("utlb_latency", "0");
    p.set("gpc_groups", groups);
    p.set("gpc_sets", sets);
    p.set("gpc_ways", "8");
    p.set("gpc_latency", "6");
    p.set("gpc_misses", misses);
    return p;
}

struct Rig {
    explicit Rig(const ClusterMmuParams& params, bool wall = false, std::vector<InstanceShare> shares = {})
        : level(windows),
          driver(tables, PageTableFormat::Ga100, 0, 96 * gib),
          mmu(params, clock, tables, BlockId{9}, 4, wall, shares) {
        mmu.to_l3.emplace(windows, level.inbox, BlockId{9}, link);
        windows.add_link("cluster to L3 TLB", link);
        windows.start();
        for (unsigned id = 0; id < 2; ++id) spaces.push_back(&driver.add_space(static_cast<SpaceId>(id)));
    }

    // A lookup of tenant and space `who` at the present time.
    std::optional<ClusterMmu::Hit> look(Address address, unsigned tpc = 0, unsigned who = 0) {
        return mmu.translate(now, {tpc, static_cast<SpaceId>(who), static_cast<InstanceId>(who),
                                   static_cast<TenantId>(who), page, address, handle++});
    }
    std::vector<TranslationRequest> requests() {
        level.seen.clear();
        while (windows.step()) {
        }
        now = std::max(now, windows.end());
        now = (now + cycle - 1) / cycle * cycle;
        std::vector<TranslationRequest> found;
        for (const auto& arrival : level.seen) found.push_back(arrival.message);
        return found;
    }
    TranslationResponse response(const TranslationRequest& r) const {
        const PageTable& table = *tables[r.space];
        const auto frame = table.frame(r.page, r.size);
        unsigned valid = 0;
        const Address first = r.page - r.page % pages_per_line(r.size);
        for (Address p = first; p < first + pages_per_line(r.size); ++p)
            if (table.frame(p, r.size)) valid |= 1u << p % pages_per_entry;
        return {r.page, frame.value_or(0), r.tag, static_cast<std::uint16_t>(valid), r.space,
                r.size, r.instance,        !frame};
    }
    // Answers everything that is asked, until nothing is.
    std::vector<ClusterMmu::Answer> answer_all() {
        std::vector<ClusterMmu::Answer> answers;
        for (auto asked = requests(); !asked.empty(); asked = requests())
            for (const TranslationRequest& r : asked)
                for (const auto& answer : mmu.fill(now, response(r))) answers.push_back(answer);
        return answers;
    }
    void touch(Address address, unsigned tpc = 0, unsigned who = 0) {
        if (!look(address, tpc, who)) answer_all();
        now += 100 * cycle;
    }

    static constexpr Tick link = 64 * cycle;
    Windows windows{{.event_driven = true}};
    NextLevel level;
    PageTables tables;
    Driver driver;
    std::vector<AddressSpace*> spaces;
    Clock clock{1000};
    ClusterMmu mmu;
    Tick now = 0;
    PageSize page = PageSize::M2;
    std::uint32_t handle = 0;
};

constexpr TenantId first{0}, second{1};

} // namespace

TEST_CASE("a uTLB hit costs nothing and a GPC TLB hit six cycles", "[mmu][fast]") {
    Rig rig(gpc("256"));
    const Buffer buffer = rig.spaces[0]->allocate(64 * m2, PageSize::M2);
    rig.touch(buffer.base);
    const auto near = rig.look(buffer.base + 12345);
    REQUIRE(near);
    REQUIRE(near->ready == rig.now);
    REQUIRE(near->physical == *rig.spaces[0]->page_table().translate(buffer.base + 12345));

    const auto other_tpc = rig.look(buffer.base + 999, 1); // has its own uTLB, but the same GPC TLB
    REQUIRE(other_tpc);
    REQUIRE(other_tpc->ready == rig.now + 6 * cycle);
    REQUIRE(other_tpc->physical == *rig.spaces[0]->page_table().translate(buffer.base + 999));
    // A second access to a page whose translation is on its way waits for that, no longer.
    rig.now += 2 * cycle;
    REQUIRE(rig.look(buffer.base, 1)->ready == rig.now + 4 * cycle);
    rig.now += 4 * cycle;
    REQUIRE(rig.look(buffer.base, 1)->ready == rig.now);
}

TEST_CASE("a miss leaves after the GPC TLB's latency and is answered when its response arrives",
          "[mmu][fast]") {
    Rig rig(gpc("256"));
    const Buffer buffer = rig.spaces[0]->allocate(64 * m2, PageSize::M2);
    rig.now = 500 * cycle;
    REQUIRE_FALSE(rig.look(buffer.base + 5));
    REQUIRE(rig.mmu.waiting() == 1);
    const auto asked = rig.requests();
    REQUIRE(asked.size() == 1);
    REQUIRE(rig.level.seen[0].time == (500 + 6 + 64) * cycle);
    REQUIRE(asked[0].page == buffer.base / m2);
    REQUIRE(asked[0].requester == BlockId{9});
    const auto answers = rig.mmu.fill(900 * cycle + 1, rig.response(asked[0])); // between two edges
    REQUIRE(answers.size() == 1);
    REQUIRE(answers[0].handle == 0);
    REQUIRE(answers[0].ready == 901 * cycle);
    REQUIRE(answers[0].physical == *rig.spaces[0]->page_table().translate(buffer.base + 5));
    REQUIRE_FALSE(answers[0].fault);
    REQUIRE(rig.mmu.waiting() == 0);
    REQUIRE(rig.mmu.wait[first] == (901 - 500) * cycle);
}

TEST_CASE("the GPC TLB looks up one translation per clock", "[mmu][fast]") {
    Rig rig(gpc("256"));
    const Buffer buffer = rig.spaces[0]->allocate(64 * m2, PageSize::M2);
    for (unsigned i = 0; i < 4; ++i) rig.touch(buffer.base + i * m2, 3);
    for (unsigned i = 0; i < 4; ++i)
        REQUIRE(rig.look(buffer.base + i * m2, 0)->ready == rig.now + (6 + i) * cycle);
}

TEST_CASE("misses on the pages of one line of entries travel once", "[mmu][fast]") {
    Rig rig(gpc("256"));
    const Buffer buffer = rig.spaces[0]->allocate(64 * m2, PageSize::M2);
    for (unsigned i = 0; i < 9; ++i) REQUIRE_FALSE(rig.look(buffer.base + i * m2, i % 4));
    const auto asked = rig.requests();
    REQUIRE(asked.size() == 2); // pages 0 to 7 and page 8
    REQUIRE(rig.mmu.merged[first] == 7);
    const auto answers = rig.mmu.fill(rig.now, rig.response(asked[0]));
    REQUIRE(answers.size() == 8);
    for (unsigned i = 0; i < 8; ++i) {
        REQUIRE(answers[i].handle == i);
        REQUIRE(answers[i].ready == rig.now);
        REQUIRE(answers[i].physical == *rig.spaces[0]->page_table().translate(buffer.base + i * m2));
    }
    REQUIRE(rig.mmu.fill(rig.now, rig.response(asked[1])).size() == 1);
}

TEST_CASE("a lookup that joins a miss in its last moment still takes its own latency", "[mmu][fast]") {
    Rig rig(gpc("256"));
    const Buffer buffer = rig.spaces[0]->allocate(8 * m2, PageSize::M2);
    REQUIRE_FALSE(rig.look(buffer.base));
    const auto asked = rig.requests();
    REQUIRE_FALSE(rig.look(buffer.base + m2));
    const auto answers = rig.mmu.fill(rig.now + cycle, rig.response(asked[0]));
    REQUIRE(answers.size() == 2);
    REQUIRE(answers[0].ready == rig.now + cycle);
    REQUIRE(answers[1].ready == rig.now + 6 * cycle);
}

TEST_CASE("of a merged miss only what is not mapped faults, and it asks for itself", "[mmu][fast]") {
    Rig rig(gpc("256"));
    const Buffer buffer = rig.spaces[0]->allocate(3 * m2, PageSize::M2);
    REQUIRE_FALSE(rig.look(buffer.base));
    REQUIRE_FALSE(rig.look(buffer.base + 5 * m2)); // beyond the buffer
    REQUIRE_FALSE(rig.look(buffer.base + 2 * m2));
    const auto answers = rig.answer_all();
    REQUIRE(answers.size() == 3);
    REQUIRE((answers[0].handle == 0 && !answers[0].fault));
    REQUIRE((answers[1].handle == 2 && !answers[1].fault));
    REQUIRE((answers[2].handle == 1 && answers[2].fault));
    REQUIRE(rig.mmu.faults[first] == 1);
    REQUIRE_FALSE(rig.look(buffer.base + 5 * m2)); // a fault is not kept
    REQUIRE(rig.look(buffer.base + m2));
}

TEST_CASE("a uTLB holds 16 pages and loses the one least recently used", "[mmu][fast]") {
    Rig rig(gpc("256"));
    const Buffer buffer = rig.spaces[0]->allocate(64 * m2, PageSize::M2);
    for (unsigned i = 0; i < 16; ++i) rig.touch(buffer.base + i * m2);
    const auto misses = [&] { return rig.mmu.utlb_misses[first]; };
    const auto before = misses();
    for (unsigned i = 0; i < 16; ++i) rig.touch(buffer.base + i * m2);
    REQUIRE(misses() == before);
    rig.touch(buffer.base);           // 1 is now the oldest
    rig.touch(buffer.base + 16 * m2); // takes its place
    REQUIRE(misses() == before + 1);
    rig.touch(buffer.base);
    REQUIRE(misses() == before + 1);
    rig.touch(buffer.base + m2);
    REQUIRE(misses() == before + 2);
}

TEST_CASE("with 64-KiB pages a GPC TLB of 128 entries of 16 reaches 128 MiB", "[mmu][fast]") {
    Rig rig(gpc("16"));
    rig.page = PageSize::K64;
    const Address reach = 128 * 16 * k64;
    const Buffer buffer = rig.spaces[0]->allocate(reach + m2, PageSize::K64);
    const auto second_pass_misses = [&](Address bytes) {
        for (Address at = 0; at < bytes; at += k64) rig.touch(buffer.base + at);
        const auto before = rig.mmu.gpc_misses[first];
        for (Address at = 0; at < bytes; at += k64) rig.touch(buffer.base + at);
        return rig.mmu.gpc_misses[first] - before;
    };
    REQUIRE(second_pass_misses(reach) == 0);
    REQUIRE(second_pass_misses(reach + 16 * k64) > 0);
}

TEST_CASE("with 2-MiB pages a GPC TLB of 2048 entries of 16 keeps 64 gib, and 80 gib miss", "[mmu][fast]") {
    Rig rig(gpc("256"));
    const Buffer buffer = rig.spaces[0]->allocate(80 * gib, PageSize::M2);
    const auto random_misses = [&](Address bytes) {
        for (Address at = 0; at < bytes; at += m2) rig.touch(buffer.base + at);
        const auto before = rig.mmu.gpc_misses[first];
        RandomStream random(3, "reach");
        for (int i = 0; i < 20000; ++i) rig.touch(buffer.base + random.below(bytes / m2) * m2);
        return rig.mmu.gpc_misses[first] - before;
    };
    REQUIRE(random_misses(64 * gib) == 0);
    REQUIRE(random_misses(80 * gib) > 1000);
}

TEST_CASE("each group of TPCs has a GPC TLB of its own", "[mmu][fast]") {
    Rig rig(gpc("256", "2"));
    const Buffer buffer = rig.spaces[0]->allocate(64 * m2, PageSize::M2);
    rig.touch(buffer.base, 0);
    REQUIRE(rig.look(buffer.base, 1));
    REQUIRE_FALSE(rig.look(buffer.base, 2));
    rig.answer_all();
    REQUIRE(rig.look(buffer.base, 3));
}

TEST_CASE("a full set of misses makes the next wait in order, and nothing is lost", "[mmu][fast]") {
    Rig rig(gpc("256", "1", "2"));
    const Buffer buffer = rig.spaces[0]->allocate(64 * m2, PageSize::M2);
    for (unsigned i = 0; i < 5; ++i) REQUIRE_FALSE(rig.look(buffer.base + 8 * m2 * i, i % 4));
    REQUIRE_FALSE(rig.look(buffer.base + 17 * m2)); // will find its line brought by the one before
    REQUIRE(rig.mmu.stalled[first] == 4);
    const auto asked = rig.requests();
    REQUIRE(asked.size() == 2);
    REQUIRE(rig.mmu.fill(rig.now, rig.response(asked[0])).size() == 1);
    const auto next = rig.requests();
    REQUIRE(next.size() == 1);
    REQUIRE(next[0].page == buffer.base / m2 + 16);
    const Tick replayed = rig.level.seen[0].time - Rig::link;
    REQUIRE(replayed % cycle == 0);

    auto rest = rig.mmu.fill(rig.now, rig.response(asked[1]));
    std::vector<std::uint32_t> order;
    for (const auto& answer : rest) order.push_back(answer.handle);
    for (const auto& answer : rig.mmu.fill(rig.now, rig.response(next[0]))) order.push_back(answer.handle);
    for (const auto& answer : rig.answer_all()) order.push_back(answer.handle);
    REQUIRE(order == std::vector<std::uint32_t>{1, 2, 5, 3, 4});
    REQUIRE(rig.mmu.waiting() == 0);
}

TEST_CASE("a shootdown makes one instance miss at every level", "[mmu][fast]") {
    Rig rig(gpc("256"));
    const Buffer a = rig.spaces[0]->allocate(m2, PageSize::M2), b = rig.spaces[1]->allocate(m2, PageSize::M2);
    rig.touch(a.base, 0, 0);
    rig.touch(b.base, 0, 1);
    rig.mmu.shootdown(InstanceId{0});
    REQUIRE_FALSE(rig.look(a.base, 0, 0));
    REQUIRE(rig.look(b.base, 0, 1)->ready == rig.now);
}

TEST_CASE("an instance that is made later has a part of the GPC TLB of its own, and the others keep theirs",
          "[mmu][fast]") {
    Rig rig(gpc("16"), true, {{InstanceId{0}, 1}, {InstanceId{2}, 1}});
    rig.mmu.shootdown(InstanceId{2});
    const std::vector<InstanceShare> now{{InstanceId{0}, 1}, {InstanceId{1}, 1}};
    rig.mmu.admit(InstanceId{1}, now);
    const Buffer victim = rig.spaces[0]->allocate(512 * m2, PageSize::M2);
    const Buffer other = rig.spaces[1]->allocate(8192 * m2, PageSize::M2);
    for (Address i = 0; i < 512; i += 8) rig.touch(victim.base + i * m2, 0, 0); // 64 entries: half of it
    for (Address i = 0; i < 512; i += 8) rig.touch(other.base + i * m2, 1, 1);
    const auto before = rig.mmu.gpc_misses[second];
    for (Address i = 0; i < 512; i += 8) rig.touch(other.base + i * m2, 1, 1);
    CHECK(rig.mmu.gpc_misses[second] == before); // as large as theirs
    for (Address i = 512; i < 8192; i += 8) rig.touch(other.base + i * m2, 1, 1);
    const auto kept = rig.mmu.gpc_misses[first];
    for (Address i = 0; i < 512; i += 8) rig.touch(victim.base + i * m2, 0, 0);
    CHECK(rig.mmu.gpc_misses[first] == kept);
}

TEST_CASE("a forged instance id does not hit what another instance brought", "[mmu][fast]") {
    Rig rig(gpc("256"));
    const Buffer a = rig.spaces[0]->allocate(m2, PageSize::M2);
    rig.touch(a.base);
    REQUIRE_FALSE(rig.mmu.translate(rig.now, {0, SpaceId{0}, InstanceId{1}, first, PageSize::M2, a.base, 0}));
}

TEST_CASE("an instance that thrashes a GPC TLB evicts its neighbour only where the wall is down",
          "[mmu][fast]") {
    for (const bool wall : {true, false}) {
        Rig rig(gpc("16"), wall, {{InstanceId{0}, 1}, {InstanceId{1}, 1}});
        const Buffer victim = rig.spaces[0]->allocate(512 * m2, PageSize::M2);
        const Buffer hog = rig.spaces[1]->allocate(8192 * m2, PageSize::M2);
        for (Address i = 0; i < 512; i += 8) rig.touch(victim.base + i * m2, 0, 0); // 64 entries: half of it
        for (Address i = 0; i < 8192; i += 8) rig.touch(hog.base + i * m2, 1, 1);
        const auto before = rig.mmu.gpc_misses[first];
        for (Address i = 0; i < 512; i += 8) rig.touch(victim.base + i * m2, 0, 0);
        REQUIRE((rig.mmu.gpc_misses[first] == before) == wall);
    }
}

TEST_CASE("behind a wall neither port nor misses of a GPC TLB are shared", "[mmu][fast]") {
    for (const bool wall : {true, false}) {
        Rig rig(gpc("16", "1", "2"), wall, {{InstanceId{0}, 1}, {InstanceId{1}, 1}});
        const Buffer victim = rig.spaces[0]->allocate(64 * m2, PageSize::M2);
        const Buffer hog = rig.spaces[1]->allocate(64 * m2, PageSize::M2);
        rig.touch(victim.base, 2, 0);
        for (Address i = 0; i < 64; i += 8) rig.look(hog.base + i * m2, 1, 1);
        REQUIRE((rig.look(victim.base, 0, 0)->ready == rig.now + 6 * cycle) == wall);
        REQUIRE_FALSE(rig.look(victim.base + 8 * m2, 0, 0));
        REQUIRE((rig.mmu.stalled[first] == 0) == wall);
    }
}

TEST_CASE("hits and misses of each level add up to its lookups, per tenant", "[mmu][fast]") {
    Rig rig(gpc("1", "2", "2"));
    const Buffer buffers[] = {rig.spaces[0]->allocate(300 * m2, PageSize::M2),
                              rig.spaces[1]->allocate(20 * m2, PageSize::M2)};
    RandomStream random(4, "lookups");
    std::uint64_t lookups[2] = {};
    for (int i = 0; i < 5000; ++i) {
        const auto who = static_cast<unsigned>(random.below(2));
        ++lookups[who];
        const auto tpc = static_cast<unsigned>(random.below(4));
        rig.look(buffers[who].base + random.below(buffers[who].bytes), tpc, who);
        if (random.below(4) == 0) rig.answer_all();
        rig.now += random.below(4) * cycle;
    }
    rig.answer_all();
    const ClusterMmu& mmu = rig.mmu;
    for (const TenantId tenant : {first, second}) {
        REQUIRE(mmu.utlb_hits[tenant] + mmu.utlb_misses[tenant] == lookups[index(tenant)]);
        REQUIRE(mmu.gpc_hits[tenant] + mmu.gpc_misses[tenant] == mmu.utlb_misses[tenant]);
        for (const PerTenant* counter : {&mmu.utlb_hits, &mmu.gpc_hits, &mmu.merged, &mmu.stalled, &mmu.wait})
            REQUIRE((*counter)[tenant] > 0);
    }
    REQUIRE(mmu.waiting() == 0);
}
