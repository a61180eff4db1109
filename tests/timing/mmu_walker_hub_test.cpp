// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "tests/timing/mmu_hub_rig.h"

using namespace migsim;
using namespace migsim::mmu_test;

namespace {

constexpr Address m2 = bytes_of(PageSize::M2), k64 = bytes_of(PageSize::K64);
constexpr TenantId first{0}, second{1};
constexpr Tick lookup = 40 * cycle, step = 2 * cycle;
constexpr Tick read_time = step + 2 * wire + 136 * cycle; // of one entry, with nobody else at the slice
constexpr Tick start = 1000 * cycle;

} // namespace

TEST_CASE("a cold walk takes a lookup, its reads one after another, and a last step", "[mmu][fast]") {
    const struct {
        const char* format;
        PageSize size;
        unsigned reads;
    } cases[] = {{"ga100", PageSize::M2, 4},
                 {"ga100", PageSize::K64, 5},
                 {"gh100", PageSize::M2, 5},
                 {"gh100", PageSize::K64, 6}};
    for (const auto& c : cases) {
        HubOptions options;
        options.params.set("page_table_format", c.format);
        HubRig rig(options);
        const Buffer buffer = rig.spaces[0]->allocate(m2, c.size);
        rig.ask(start, HubRig::request(buffer.base, 0, c.size));
        rig.run();
        REQUIRE(rig.reads() == c.reads);
        REQUIRE(rig.answers().size() == 1);
        REQUIRE(rig.answers()[0].time == start + lookup + c.reads * read_time + step + wire);
        const TranslationResponse& answer = rig.answers()[0].message;
        REQUIRE_FALSE(answer.fault);
        REQUIRE(answer.page == buffer.base >> shift(c.size));
        REQUIRE(answer.frame << shift(c.size) == *rig.spaces[0]->page_table().translate(buffer.base));
    }
}

TEST_CASE("a walk reads the entries of the page tables, in the instance's own memory", "[mmu][fast]") {
    HubRig rig;
    const Buffer buffer = rig.spaces[1]->allocate(m2, PageSize::K64);
    rig.ask(start, HubRig::request(buffer.base, 1, PageSize::K64));
    rig.run();
    const WalkPath path = rig.spaces[1]->page_table().walk(buffer.base >> 16, PageSize::K64);
    std::vector<Arrival<MemoryRequest>> reads;
    for (const auto& slice : rig.slices) reads.insert(reads.end(), slice->seen.begin(), slice->seen.end());
    std::sort(reads.begin(), reads.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
    REQUIRE(reads.size() == path.count);
    for (unsigned i = 0; i < path.count; ++i) {
        const MemoryRequest& read = reads[i].message;
        const Address entry = path.entries[i];
        REQUIRE(read.address == entry / line_bytes * line_bytes);
        REQUIRE(entry >= HubRig::instance_bytes);
        REQUIRE(reads[i].time == start + lookup + i * read_time + step + wire);
        const SectorMask one = static_cast<SectorMask>(1u << entry % line_bytes / sector_bytes);
        REQUIRE(read.sectors == (i + 1 == path.count ? all_sectors : one));
        REQUIRE(read.operation == Operation::Read);
        REQUIRE(read.instance == InstanceId{1});
        REQUIRE(read.tenant == second);
    }
    REQUIRE(rig.mmu.walk_reads[second] == path.count);
}

TEST_CASE("an L3 hit takes the lookup alone, one per clock", "[mmu][fast]") {
    HubRig rig;
    const Buffer buffer = rig.spaces[0]->allocate(8 * m2, PageSize::M2);
    rig.ask(start, HubRig::request(buffer.base, 0));
    const Tick later = start + 10'000 * cycle;
    for (unsigned i = 0; i < 3; ++i) rig.ask(later, HubRig::request(buffer.base + i * m2, 0));
    rig.ask(later + 3 * cycle - 1, HubRig::request(buffer.base, 0)); // waits for the edge after the last
    rig.run();
    REQUIRE(rig.answers().size() == 5);
    for (unsigned i = 0; i < 4; ++i) REQUIRE(rig.answers()[1 + i].time == later + i * cycle + lookup + wire);
    REQUIRE(rig.mmu.l3_wait[first] == 3 * cycle);
    REQUIRE(rig.mmu.l3_hits[first] == 4);
    REQUIRE(rig.mmu.l3_misses[first] == 1);
}

TEST_CASE("a walk fills the pages of its line that are mapped, and no more", "[mmu][fast]") {
    HubRig rig;
    const Buffer large = rig.spaces[0]->allocate(11 * m2, PageSize::M2); // lines of 8 pages: 8 and 3
    const Buffer small = rig.spaces[0]->allocate(21 * k64, PageSize::K64);
    rig.ask(start, HubRig::request(large.base, 0));
    rig.ask(start + 1, HubRig::request(large.base + 9 * m2, 0));
    rig.ask(start + 2, HubRig::request(small.base + 20 * k64, 0, PageSize::K64));
    rig.run();
    const auto valid = [&](std::size_t i) { return rig.answers()[i].message.valid; };
    REQUIRE(valid(0) == 0x00ff);
    REQUIRE(valid(1) == 0x0700);
    REQUIRE(valid(2) == 0x001f); // pages 16 to 20 of the buffer
}

TEST_CASE("a hit tells all pages its entry holds", "[mmu][fast]") {
    HubRig rig;
    const Buffer buffer = rig.spaces[0]->allocate(16 * m2, PageSize::M2);
    rig.ask(start, HubRig::request(buffer.base, 0));
    rig.ask(start + 1, HubRig::request(buffer.base + 15 * m2, 0));
    rig.ask(start + 10'000 * cycle, HubRig::request(buffer.base, 0));
    rig.run();
    REQUIRE(rig.answers()[2].message.valid == 0xffff);
}

TEST_CASE("the walk cache leaves a walk nearby only its last reads", "[mmu][fast]") {
    HubRig rig;
    const Buffer buffer = rig.spaces[0]->allocate(9 * m2, PageSize::M2);
    const Buffer small = rig.spaces[0]->allocate(m2 + k64, PageSize::K64);
    const auto reads_for = [&](const TranslationRequest& request) {
        const std::size_t before = rig.reads();
        rig.ask(std::max(start, rig.windows.end() + 100 * wire), request);
        rig.run();
        return rig.reads() - before;
    };
    REQUIRE(reads_for(HubRig::request(buffer.base, 0)) == 4);
    REQUIRE(rig.mmu.walk_cache_hits[first] == 0);
    REQUIRE(reads_for(HubRig::request(buffer.base + 8 * m2, 0)) == 1);      // same PDE1, next line of PDE0
    REQUIRE(reads_for(HubRig::request(small.base, 0, PageSize::K64)) == 2); // PDE0 and PTE
    REQUIRE(reads_for(HubRig::request(small.base + 16 * k64, 0, PageSize::K64)) == 1);
    REQUIRE(reads_for(HubRig::request(small.base + m2, 0, PageSize::K64)) == 2); // another PDE0 entry
    REQUIRE(rig.mmu.walk_cache_hits[first] == 4);
    REQUIRE(rig.mmu.walk_cache_misses[first] == 1);
}

TEST_CASE("a walk uses what the walk cache holds when it begins, and not what comes a clock later",
          "[mmu][fast]") {
    const Tick third_answer = start + lookup + 3 * read_time; // of a first walk: now PDE1 is known
    for (const Tick early : {Tick{0}, cycle}) {
        HubOptions options;
        options.windows.event_driven = true; // the walk begins in a later window than its request arrives in
        HubRig rig(options);
        const Buffer buffer = rig.spaces[0]->allocate(16 * m2, PageSize::M2);
        rig.ask(start, HubRig::request(buffer.base, 0));
        rig.ask(third_answer - lookup - early, HubRig::request(buffer.base + 8 * m2, 0));
        rig.run();
        REQUIRE(rig.reads() == (early ? 4 + 2 : 4 + 1));
    }
}

TEST_CASE("requests for pages of one line share a walk", "[mmu][fast]") {
    HubRig rig;
    const Buffer buffer = rig.spaces[0]->allocate(16 * m2, PageSize::M2);
    rig.ask(start, HubRig::request(buffer.base, 0));
    rig.ask(start + 5 * cycle, HubRig::request(buffer.base + 7 * m2, 0));
    rig.ask(start + 9 * cycle, HubRig::request(buffer.base, 0), 1); // another cluster
    rig.run();
    REQUIRE(rig.reads() == 4);
    REQUIRE(rig.mmu.merged[first] == 2);
    const Tick done = start + lookup + 4 * read_time + step + wire;
    REQUIRE(rig.answers(0)[0].time == done);
    REQUIRE(rig.answers(0)[1].time == done);
    REQUIRE(rig.answers(1)[0].time == done);
    REQUIRE(rig.answers(0)[1].message.frame == rig.answers(0)[0].message.frame + 7);
}

TEST_CASE("a request that joins a walk in its last moment still waits for its own lookup", "[mmu][fast]") {
    HubRig rig;
    const Buffer buffer = rig.spaces[0]->allocate(16 * m2, PageSize::M2);
    rig.ask(start, HubRig::request(buffer.base, 0));
    const Tick answer = start + lookup + 4 * read_time; // of the last read
    rig.ask(answer - 1, HubRig::request(buffer.base + m2, 0));
    rig.ask(answer, HubRig::request(buffer.base + 2 * m2, 0)); // hits: answers come before requests
    rig.run();
    REQUIRE(rig.answers()[1].time == answer + lookup + wire);
    REQUIRE(rig.answers()[2].time == answer + cycle + lookup + wire);
    REQUIRE(rig.mmu.l3_hits[first] == 1);
}

TEST_CASE("more misses than walkers wait, and the first to wait is the first to be walked", "[mmu][fast]") {
    HubOptions options;
    options.params.set("walkers", "1");
    HubRig rig(options);
    const Buffer buffer = rig.spaces[0]->allocate(24 * m2, PageSize::M2);
    for (unsigned i = 0; i < 3; ++i) rig.ask(start, HubRig::request(buffer.base + 8 * m2 * i, 0));
    rig.run();
    const Tick cold = start + lookup + 4 * read_time;
    for (unsigned i = 0; i < 3; ++i) { // upper levels are cached after the first
        REQUIRE(rig.answers()[i].message.tag == i);
        REQUIRE(rig.answers()[i].time == cold + i * read_time + step + wire);
    }
    REQUIRE(rig.mmu.walker_wait[first] ==
            (cold - start - lookup - cycle) + (cold + read_time - start - lookup - 2 * cycle));
}

TEST_CASE("with a split L3 TLB the shared walkers serve who has missed first, not who has arrived first",
          "[mmu][fast]") {
    HubOptions options;
    options.params.set("walkers", "1");
    options.walls.l3_tlb = true;
    HubRig rig(options);
    const Buffer many = rig.spaces[0]->allocate(64 * m2, PageSize::M2);
    const Buffer one = rig.spaces[1]->allocate(m2, PageSize::M2);
    for (unsigned i = 0; i < 4; ++i)
        rig.ask(start, HubRig::request(many.base + 8 * m2 * i, 0)); // one a clock
    rig.ask(start + cycle, HubRig::request(one.base, 1), 1);        // has a lookup port of its own
    rig.run();
    REQUIRE(rig.answers(0)[1].time < rig.answers(1)[0].time);
    REQUIRE(rig.answers(1)[0].time < rig.answers(0)[2].time);
}

TEST_CASE("a page that is not mapped is answered with a fault, which the front end hears of", "[mmu][fast]") {
    HubRig rig;
    const Buffer buffer = rig.spaces[0]->allocate(3 * m2, PageSize::M2);
    rig.ask(start, HubRig::request(buffer.base + 3 * m2, 0));
    rig.ask(start + 1, HubRig::request(Address{1} << 55, 0)); // more bits than the format: no read at all
    rig.run();
    REQUIRE(rig.reads() == 4);
    REQUIRE(rig.answers().size() == 2);
    REQUIRE(rig.answers()[1].message.fault);
    REQUIRE(rig.answers()[1].time == start + lookup + 4 * read_time + step + wire);
    REQUIRE(rig.answers()[1].message.valid == 0b0111); // its neighbours are fine
    REQUIRE(rig.answers()[0].message.fault);
    REQUIRE(rig.answers()[0].time == start + cycle + lookup + step + wire);
    REQUIRE(rig.front_end.seen.size() == 2);
    const FaultReport& report = rig.front_end.seen[1].message;
    REQUIRE(report.kind == FaultReport::Kind::Unmapped);
    REQUIRE(report.address == buffer.base + 3 * m2);
    REQUIRE(report.instance == InstanceId{0});
    REQUIRE(report.tenant == first);
    REQUIRE(rig.mmu.faults[first] == 2);
}

TEST_CASE("a page outside the instance's window is refused, unless enforcement is off", "[mmu][fast]") {
    for (const bool enforce : {true, false}) {
        HubOptions options;
        options.enforce = enforce;
        HubRig rig(options);
        const Buffer buffer = rig.spaces[0]->allocate(m2, PageSize::M2);
        rig.spaces[0]->map(buffer.base + m2, PageSize::M2, HubRig::instance_bytes + 4 * m2); // foreign memory
        rig.ask(start, HubRig::request(buffer.base, 0));
        rig.ask(start + 10'000 * cycle, HubRig::request(buffer.base + m2, 0));
        rig.run();
        REQUIRE(rig.answers()[0].message.valid == (enforce ? 0b01 : 0b11));
        REQUIRE_FALSE(rig.answers()[0].message.fault);
        REQUIRE(rig.answers()[1].message.fault == enforce);
        REQUIRE(rig.front_end.seen.size() == (enforce ? 1 : 0));
        if (enforce) REQUIRE(rig.front_end.seen[0].message.kind == FaultReport::Kind::OutsideWindow);
    }
}

TEST_CASE("a page that only begins in the window is refused", "[mmu][fast]") {
    HubOptions options;
    options.window = HubRig::instance_bytes - k64;
    HubRig rig(options);
    const Buffer buffer = rig.spaces[0]->allocate(m2, PageSize::M2);
    rig.spaces[0]->map(buffer.base + m2, PageSize::M2, HubRig::instance_bytes - m2);
    rig.ask(start, HubRig::request(buffer.base + m2, 0));
    rig.run();
    REQUIRE(rig.answers()[0].message.fault);
    REQUIRE(rig.answers()[0].message.valid == 0b01);
}

TEST_CASE("a forged instance id does not even read foreign page tables", "[mmu][fast]") {
    HubRig rig;
    const Buffer buffer = rig.spaces[0]->allocate(m2, PageSize::M2);
    rig.ask(start, HubRig::request(buffer.base, 0)); // the owner brings the translation to the L3 TLB
    TranslationRequest forged = HubRig::request(buffer.base, 0);
    forged.instance = InstanceId{1};
    rig.ask(start + 10'000 * cycle, forged);
    forged.instance = InstanceId{7}; // has no window at all
    rig.ask(start + 20'000 * cycle, forged);
    forged.instance = InstanceId{0};
    forged.space = SpaceId{200}; // has no page table
    rig.ask(start + 30'000 * cycle, forged);
    rig.run();
    REQUIRE(rig.reads() == 4);
    REQUIRE_FALSE(rig.answers()[0].message.fault);
    for (unsigned i = 1; i < 4; ++i) REQUIRE(rig.answers()[i].message.fault);
    REQUIRE(rig.front_end.seen[0].message.kind == FaultReport::Kind::OutsideWindow);
    REQUIRE(rig.front_end.seen[0].message.instance == InstanceId{1});
    REQUIRE(rig.front_end.seen[2].message.kind == FaultReport::Kind::Unmapped);
}

TEST_CASE("a read that L2 refuses ends the walk with a fault, and is reported as such", "[mmu][fast]") {
    HubRig rig;
    const Buffer buffer = rig.spaces[0]->allocate(m2, PageSize::M2);
    for (auto& slice : rig.slices) slice->outcome = Outcome::Fault;
    rig.ask(start, HubRig::request(buffer.base, 0));
    rig.run();
    REQUIRE(rig.reads() == 1);
    REQUIRE(rig.answers()[0].message.fault);
    REQUIRE(rig.answers()[0].message.valid == 0);
    REQUIRE(rig.front_end.seen.size() == 1);
    REQUIRE(rig.front_end.seen[0].message.kind == FaultReport::Kind::ForeignSlice);
}

TEST_CASE("a clock step moves later lookups to the new edges", "[mmu][fast]") {
    HubRig rig;
    const Buffer buffer = rig.spaces[0]->allocate(m2, PageSize::M2);
    const Tick change = start + 10'000 * cycle, after = start + 20'000 * cycle;
    rig.ask(start, HubRig::request(buffer.base, 0));
    rig.governor.script.push_back({change - 2 * wire, {change, 500}});
    rig.ask(after, HubRig::request(buffer.base, 0));
    rig.run();
    REQUIRE(rig.answers()[1].time == after + 2 * lookup + wire);
}

TEST_CASE("what holds walks up is told by name", "[mmu][fast]") {
    HubOptions options;
    options.params.set("walkers", "1");
    HubRig rig(options);
    const Buffer buffer = rig.spaces[0]->allocate(64 * m2, PageSize::M2);
    for (unsigned i = 0; i < 3; ++i) rig.ask(start, HubRig::request(buffer.base + 8 * m2 * i, 0));
    rig.wake(rig.clusters[0]->id, start - wire);
    while (rig.windows.step(start + 60 * cycle)) {
    }
    const auto waits = rig.mmu.waits();
    REQUIRE(waits.size() == 2);
    REQUIRE((waits[0].who == "page walker" && waits[0].what == "an L2 slice" && waits[0].count == 1));
    REQUIRE(
        (waits[1].who == "page walk queue" && waits[1].what == "a free page walker" && waits[1].count == 2));
}
