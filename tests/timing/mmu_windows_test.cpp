// SPDX-License-Identifier: Apache-2.0
// Many walks at once: walls between instances, credits, and results that no window length can change.
#include <catch2/catch.hpp>

#include <tuple>

#include "models/base/random.h"
#include "tests/timing/mmu_hub_rig.h"

using namespace migsim;
using namespace migsim::mmu_test;

namespace {

constexpr Address m2 = bytes_of(PageSize::M2), k64 = bytes_of(PageSize::K64);

using Event = std::tuple<Tick, Address, Address, std::uint32_t, std::uint32_t>;

struct Outcomes {
    std::vector<std::vector<Event>> streams; // by receiver
    std::vector<std::uint64_t> statistics;
    bool operator==(const Outcomes&) const = default;
};

// Requests of both instances at random times: mapped, unmapped and foreign pages of both sizes.
Outcomes random_traffic(const WindowOptions& windows) {
    HubOptions options;
    options.windows = windows;
    options.credits = 2;
    options.params.set("l3_sets", "2");
    options.params.set("walkers", "6");
    options.params.set("walk_cache_sets", "1");
    HubRig rig(options);
    RandomStream random(5, "translations");
    std::vector<Buffer> buffers;
    for (auto* space : rig.spaces) {
        buffers.push_back(space->allocate(100 * m2, PageSize::M2));
        buffers.push_back(space->allocate(30 * m2 + 5 * k64, PageSize::K64));
    }
    rig.spaces[0]->map(buffers[1].base + 32 * m2, PageSize::M2, HubRig::instance_bytes + 9 * m2);
    Tick at[2] = {wire, wire};
    for (int i = 0; i < 3000; ++i) {
        const auto cluster = static_cast<unsigned>(random.below(2));
        const auto which = random.below(4);
        const Buffer& buffer = buffers[which];
        at[cluster] += random.below(60 * cycle);
        const Address past_the_end = buffer.bytes + buffer.bytes / 64;
        rig.ask(at[cluster] + wire,
                HubRig::request(buffer.base + random.below(past_the_end), static_cast<unsigned>(which / 2),
                                buffer.page),
                cluster);
    }
    rig.governor.script.push_back({20'000 * cycle, {20'000 * cycle + 3 * wire, 613}});
    rig.run();

    Outcomes out;
    for (const auto& cluster : rig.clusters) {
        REQUIRE(cluster->seen.size() == cluster->script.size());
        auto& stream = out.streams.emplace_back();
        for (const auto& [time, source, m] : cluster->seen)
            stream.emplace_back(time, m.page, m.frame, m.tag, m.valid | m.fault << 16);
    }
    for (const auto& slice : rig.slices) {
        auto& stream = out.streams.emplace_back();
        for (const auto& [time, source, m] : slice->seen)
            stream.emplace_back(time, m.address, 0, m.sectors, 0);
    }
    auto& reports = out.streams.emplace_back();
    for (const auto& [time, source, m] : rig.front_end.seen)
        reports.emplace_back(time, m.address, 0, static_cast<std::uint32_t>(m.kind), 0);

    const Mmu& mmu = rig.mmu;
    for (const Statistic* statistic : mmu.stats.all()) {
        std::uint64_t sum = 0;
        for (const auto& column : statistic->columns()) {
            out.statistics.push_back(column.value);
            sum += column.value;
        }
        INFO(statistic->name);
        REQUIRE(sum > 0); // nothing declared stays silent under this load
    }
    for (const TenantId tenant : {TenantId{0}, TenantId{1}}) {
        REQUIRE(mmu.walk_cache_hits[tenant] + mmu.walk_cache_misses[tenant] == mmu.walks[tenant]);
        REQUIRE(mmu.merged[tenant] + mmu.walks[tenant] == mmu.l3_misses[tenant]);
    }
    REQUIRE(mmu.l3_hits.total() + mmu.l3_misses.total() == 3000);
    REQUIRE(mmu.walk_reads.total() == rig.reads());
    REQUIRE(mmu.waits().empty());
    return out;
}

} // namespace

TEST_CASE("walks give the same results in windows of any length, order and number of threads",
          "[mmu][fast]") {
    const Outcomes oracle = random_traffic({.event_driven = true});
    for (const Tick length : {Tick{700}, 17 * cycle + 1, wire})
        REQUIRE(random_traffic({.length = length}) == oracle);
    REQUIRE(random_traffic({.shuffle = 11}) == oracle);
    REQUIRE(random_traffic({.threads = 2}) == oracle);
}

TEST_CASE("a walker whose slice has no credit waits for exactly that credit", "[mmu][fast]") {
    for (const unsigned credits : {0u, 1u}) {
        HubOptions options;
        options.credits = credits;
        HubRig rig(options);
        const Buffer buffer = rig.spaces[0]->allocate(16 * m2, PageSize::M2);
        const Tick start = 1000 * cycle;
        rig.ask(start, HubRig::request(buffer.base, 0));
        rig.ask(start, HubRig::request(buffer.base + 8 * m2, 0)); // the same root entry, a clock later
        rig.wake(rig.clusters[0]->id, start - wire);
        const Tick second = start + 43 * cycle;
        while (rig.windows.step(second + 1)) {
        }
        const auto waits = rig.mmu.waits();
        REQUIRE(waits.size() == (credits ? 2 : 1));
        if (credits) REQUIRE(waits[0].what == "credits of an L2 slice");
        rig.run();
        const auto& seen = rig.slices[rig.map.locate(rig.spaces[0]->page_table().tables()[0]).slice]->seen;
        REQUIRE(seen[0].time == start + 42 * cycle + wire);
        // The first is taken from the slice's buffer on arrival; the place is free for the sender a wire
        // later.
        REQUIRE(seen[1].time == (credits ? seen[0].time + wire + wire : second + wire));
    }
}

TEST_CASE("with both walls up a neighbour's walks leave no trace, with either down they do", "[mmu][fast]") {
    const auto victim = [](const MmuWalls& walls, bool neighbour) {
        HubOptions options;
        options.walls = walls;
        options.params.set("l3_sets", "2");
        options.params.set("walkers", "2");
        HubRig rig(options);
        const Buffer own = rig.spaces[0]->allocate(100 * m2, PageSize::M2);
        const Buffer other = rig.spaces[1]->allocate(200 * m2, PageSize::M2);
        RandomStream random(6, "victim"), hog(6, "hog");
        for (Tick i = 0; i < 300; ++i)
            rig.ask(wire + i * 300 * cycle, HubRig::request(own.base + random.below(own.bytes), 0), 0);
        for (Tick i = 0; neighbour && i < 3000; ++i)
            rig.ask(wire + i * 30 * cycle, HubRig::request(other.base + hog.below(other.bytes), 1), 1);
        rig.run();
        std::vector<Event> stream;
        for (const auto& [time, source, m] : rig.answers(0))
            stream.emplace_back(time, m.page, m.frame, m.tag, m.valid);
        return stream;
    };
    for (const bool l3 : {false, true})
        for (const bool walker : {false, true}) {
            const MmuWalls walls{.l3_tlb = l3, .page_walker = walker};
            REQUIRE((victim(walls, true) == victim(walls, false)) == (l3 && walker));
        }
}
