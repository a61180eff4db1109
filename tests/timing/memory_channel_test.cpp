// SPDX-License-Identifier: Apache-2.0
// What a memory channel promises beyond the timing rules: order, fairness, refresh, credits.
#include <catch2/catch.hpp>

#include <set>

#include "models/base/random.h"
#include "tests/timing/memory_referee.h"
#include "tests/timing/memory_rig.h"
#include "tests/timing/memory_sets.h"

using namespace migsim;

namespace {

Cycle arrival(const MemoryParams& params, Tick sent) {
    return Clock(params.clock).at_or_after(sent + MemoryRig::latency);
}

std::vector<IssuedCommand> columns(const MemoryRig& rig, DramCommand command) {
    std::vector<IssuedCommand> found;
    std::copy_if(rig.commands.begin(), rig.commands.end(), std::back_inserter(found),
                 [&](const IssuedCommand& c) { return c.command == command; });
    return found;
}

// A line in the same banks as `line`, another row.
std::uint32_t conflicting_line(const MemoryParams& params, std::uint32_t line) {
    const RowMap map(params);
    for (std::uint32_t other = line;; other += map.lines_per_row())
        if (map.place(other).pair == map.place(line).pair && map.place(other).row != map.place(line).row)
            return other;
}

constexpr ChannelSetup no_refresh{.refresh_phase = Cycle{1} << 40};

} // namespace

TEST_CASE(
    "a row of a pair holds sixteen consecutive lines, and lines fill all pairs evenly, whatever their number",
    "[fast][memory]") {
    for (const char* stacks : {"1", "2", "3"}) {
        MemoryParams params = memory_sets::hbm2_1215();
        params.set("stack_ids", stacks);
        const RowMap map(params);
        REQUIRE(map.lines_per_row() == 16);
        std::set<std::pair<std::uint32_t, unsigned>> places;
        for (std::uint32_t row = 0; row < 100; ++row)
            for (std::uint32_t pair = 0; pair < map.pairs(); ++pair) {
                const std::uint32_t line = (row * map.pairs() + pair) * 16;
                REQUIRE(map.place(line).row == row);
                REQUIRE(map.place(line).pair < map.pairs());
                for (std::uint32_t i = 1; i < 16; ++i)
                    REQUIRE(
                        (map.place(line + i).row == row && map.place(line + i).pair == map.place(line).pair));
                places.emplace(row, map.place(line).pair);
            }
        CHECK(places.size() == 100 * map.pairs());
    }
}

TEST_CASE(
    "a read takes from the write queue what a queued write to its line holds, and only the rest from DRAM",
    "[fast][memory]") {
    const MemoryParams params = memory_sets::hbm2_1215();
    const Clock clock(params.clock);
    MemoryRig rig(params, 64, 1, {}, no_refresh);
    rig.ask(0, 7, true, 0b0011);
    rig.ask(1, 7, false, 0b0001);
    rig.ask(2, 7, false, 0b0110);
    rig.run();
    REQUIRE(rig.slices[0]->answers.size() == 2);
    const auto& forwarded = rig.slices[0]->answers[0];
    CHECK(forwarded.response.tag == 1);
    CHECK(forwarded.response.sectors == 0b0001);
    CHECK(forwarded.departure == clock.edge(arrival(params, 1) + params.front_end + params.back_end));
    CHECK(rig.slices[0]->answers[1].response.sectors == 0b0110);
    CHECK(rig.channel.forwarded.value() == 1);
    CHECK(columns(rig, DramCommand::Write).size() == 2);
    REQUIRE(columns(rig, DramCommand::Read).size() == 1); // sector 2
    CHECK(columns(rig, DramCommand::Read)[0].bank % 2 == 0);
}

TEST_CASE("writes to a line that is still queued become one, and a read sees both", "[fast][memory]") {
    MemoryRig rig(memory_sets::hbm2_1215(), 64, 1, {}, no_refresh);
    rig.ask(0, 7, true, 0b0001);
    rig.ask(1, 7, true, 0b1001);
    rig.ask(2, 7, false, 0b1001);
    rig.run();
    CHECK(rig.channel.writes.total() == 2);
    CHECK(rig.channel.combined.value() == 1);
    CHECK(rig.channel.forwarded.value() == 1);
    CHECK(columns(rig, DramCommand::Write).size() == 2);
    CHECK(columns(rig, DramCommand::Read).empty());
    CHECK(rig.slices[0]->credits->next() != never);
    CHECK(MemoryReferee(memory_sets::hbm2_1215()).judge(rig.commands) == "");
}

TEST_CASE("a flood of writes does not starve reads, nor a flood of reads a write", "[fast][memory]") {
    for (const bool flood_writes : {true, false}) {
        MemoryParams params = memory_sets::hbm2_1215();
        params.set("write_age_cap", "2000");
        MemoryRig rig(params, 64, 2);
        for (std::uint32_t i = 0; i < 3000; ++i) rig.ask(0, i, flood_writes);
        const Tick asked = 5 * us;
        rig.ask(asked, 1 << 20, !flood_writes, all_sectors, 1);
        rig.run();
        Cycle moved = 0, last = 0;
        for (const IssuedCommand& c : rig.commands) {
            const bool column = c.command == DramCommand::Read || c.command == DramCommand::Write;
            if (column && c.line == 1 << 20 && !moved) moved = c.at;
            if (column) last = std::max(last, c.at);
        }
        REQUIRE(moved > 0);
        // Its age where it is a write; a batch of lines and the 64 requests that may stand before it; a row.
        const Cycle batch = params.write_high - params.write_low;
        const Cycle bound = arrival(params, asked) + params.front_end + (flood_writes ? 0u : 2000u) +
                            (batch + 64) * 4 * params.nCCDS + params.nRC + params.nRFCpb;
        CHECK(moved < bound);
        CHECK(last > bound + 1000); // the flood went on
    }
}

TEST_CASE("row hits pass an older request until the age cap and no longer", "[fast][memory]") {
    const auto passed = [](const char* cap) {
        MemoryParams params = memory_sets::hbm2_1215();
        params.set("age_cap", cap);
        MemoryRig rig(params, 200, 1, {}, no_refresh);
        const std::uint32_t old = conflicting_line(params, 0);
        for (std::uint32_t i = 0; i < 200; ++i) rig.ask(0, i == 20 ? old : i % 16);
        rig.run();
        std::vector<std::uint32_t> order;
        for (const IssuedCommand& c : columns(rig, DramCommand::Read))
            if (order.empty() || order.back() != c.line) order.push_back(c.line);
        return std::find(order.begin(), order.end(), old) - order.begin();
    };
    CHECK(passed("1") == 20);           // the older ones
    CHECK(passed("400") > 400 / 8 - 8); // a line takes 8 cycles
    CHECK(passed("400") <= 400 / 8);
    CHECK(passed("60000") ==
          20 + memory_sets::hbm2_1215().read_queue - 1); // all that the queue holds behind it
}

TEST_CASE("refreshes skipped over an idle time are the ones that would have been done", "[fast][memory]") {
    for (const char* mode : {"per_bank", "all_bank"}) {
        MemoryParams params = memory_sets::hbm3_2619();
        params.set("refresh", mode);
        RandomStream random(3, "idle");
        RefreshSchedule skipping(params, 32, 17), counting(params, 32, 17);
        std::uint64_t skipped = 0, counted = 0;
        Cycle now = 0;
        for (int i = 0; i < 50; ++i) {
            now += random.below(20 * params.nREFI);
            skipped += skipping.skip_to(now);
            for (; skipping.due() <= now; skipping.done()) ++skipped;
            for (; counting.due() <= now; counting.done()) ++counted;
            REQUIRE(skipped == counted);
            REQUIRE(skipping.due() == counting.due());
            REQUIRE(skipping.turn() == counting.turn());
        }
    }
}

TEST_CASE("an idle channel sleeps, refreshes nevertheless, and has closed its rows", "[fast][memory]") {
    const MemoryParams params = memory_sets::hbm2_1215();
    MemoryRig rig(params);
    rig.ask(0, 0);
    rig.ask(10 * ms, 0);
    rig.run();
    CHECK(rig.windows.windows_run() < 20);
    CHECK(rig.channel.row_misses.value() == 2); // neither hit nor conflict
    const std::uint64_t expected = Clock(params.clock).at_or_after(10 * ms) * 32 / params.nREFI;
    CHECK(rig.channel.refreshes.value() >= expected - 1);
    CHECK(rig.channel.refreshes.value() <= expected + 2);
    CHECK(MemoryReferee(params).judge(rig.commands) == "");
}

TEST_CASE("a request that meets a refresh of its bank waits for its end, to the cycle", "[fast][memory]") {
    const MemoryParams params = memory_sets::hbm2_1215();
    const Clock clock(params.clock);
    const Tick sent = 20 * us;
    const Cycle entry = arrival(params, sent) + params.front_end;
    const unsigned bank = 2u * RowMap(params).place(0).pair;
    for (const Cycle before : {Cycle{1}, Cycle{50}, Cycle{params.nRFCpb - 1}}) {
        const Cycle phase = entry - before - (bank + 1) * params.nREFI / 32;
        MemoryRig rig(params, 64, 1, {}, {.refresh_phase = phase});
        rig.ask(sent, 0, false, 0b0001);
        rig.run();
        const Cycle ready = entry - before + params.nRFCpb;
        CHECK(rig.slices[0]->answers.at(0).departure ==
              clock.edge(ready + params.nRCDRD + params.nCL + params.nBL + params.back_end));
        const Tick wait = rig.slices[0]->answers[0].response.wait;
        const Cycle unloaded = entry + params.nRCDRD + params.nCL + params.nBL + params.back_end;
        CHECK(wait == rig.slices[0]->answers[0].departure - clock.edge(unloaded));
        CHECK(rig.channel.queue_wait.total() == wait);
    }
}

TEST_CASE("an idle channel adds no wait: the activates nRRDS apart, and bursts that run through",
          "[fast][memory]") {
    for (const MemoryParams& p :
         {memory_sets::hbm2_1215(), memory_sets::hbm2e_1593(), memory_sets::hbm3_2619()}) {
        const Cycle one = p.nRCDRD, both = p.nRRDS + p.nRCDRD - p.nCCDS; // to the first of its bursts
        const std::pair<SectorMask, Cycle> cases[] = {{0b0001, one},
                                                      {0b1000, one},
                                                      {0b0101, one + p.nCCDL}, // one bank
                                                      {0b1010, one + p.nCCDL},
                                                      {0b0011, both + p.nCCDS},
                                                      {0b0111, both + 2 * p.nCCDS},
                                                      {0b1111, both + 3 * p.nCCDS}};
        for (const auto& [sectors, last_read] : cases) {
            MemoryRig rig(p, 64, 1, {}, no_refresh);
            rig.ask(us, 3, false, sectors);
            rig.run();
            INFO(p.clock << " MHz, sectors " << int{sectors});
            CHECK(rig.slices[0]->answers.at(0).departure ==
                  Clock(p.clock).edge(arrival(p, us) + p.front_end + last_read + p.nCL + p.nBL + p.back_end));
            CHECK(rig.slices[0]->answers[0].response.wait == 0);
            CHECK(rig.channel.queue_wait.total() == 0);
        }
    }
}

TEST_CASE("a credit comes back when the bursts are commanded", "[fast][memory]") {
    const MemoryParams params = memory_sets::hbm2_1215();
    const Clock clock(params.clock);
    MemoryRig rig(params, 1, 1, {}, no_refresh);
    for (std::uint32_t i = 0; i < 3; ++i) rig.ask(0, i, i == 1);
    rig.run();
    REQUIRE(rig.commands.size() == 2 + 12);
    const Cycle read = columns(rig, DramCommand::Read)[0].at;
    const Cycle write = columns(rig, DramCommand::Write)[0].at;
    const Cycle sent =
        clock.at_or_after(clock.edge(read) + 2 * MemoryRig::latency); // credit back, request out
    CHECK(write >= sent + params.front_end);
    CHECK(write <= sent + params.front_end + params.nRTW);
}

TEST_CASE("every statistic of a channel counts", "[fast][memory]") {
    MemoryRig rig(memory_sets::hbm2_1215(), 64, 1);
    rig.channel.set_owner(InstanceId{1});
    RandomStream random(9, "traffic");
    for (int i = 0; i < 2000; ++i)
        rig.ask(Tick(i) * 4 * ns, static_cast<std::uint32_t>(random.below(1 << 11)), random.below(2),
                all_sectors, 0, {}, InstanceId{random.below(50) != 0});
    rig.run();
    for (const Statistic* statistic : rig.channel.stats.all()) {
        std::uint64_t total = 0;
        for (const Statistic::Column& column : statistic->columns()) total += column.value;
        INFO(statistic->name);
        CHECK(total > 0);
    }
    const Channel& c = rig.channel;
    CHECK(c.reads.total() + c.writes.total() + c.foreign_drops.value() == 2000);
    CHECK(c.bytes.total() == 128 * (c.row_hits.value() + c.row_misses.value() + c.row_conflicts.value()));
}

TEST_CASE("memory parameters that contradict each other are refused in a sentence", "[fast][memory]") {
    const std::tuple<const char*, const char*, const char*> wrong[] = {
        {"bank_groups", "3", "is odd"},
        {"banks_per_group", "8", "more than 64 banks"},
        {"row_bytes", "100", "multiple of 64"},
        {"nBL", "3", "overlap on the data bus"},
        {"nCCDL", "1", "is below nCCDS"},
        {"nRTW", "5", "meet read data"},
        {"nRREFD", "200", "do not reach all banks"},
        {"nRFCpb", "4700", "leaves a bank no time"},
        {"write_low", "56", "is not below write_high"},
        {"write_queue", "30", "no drain would begin"},
    };
    for (const auto& [key, value, sentence] : wrong) {
        MemoryParams params = memory_sets::hbm2_1215();
        if (std::string(key) == "banks_per_group") params.set("bank_groups", "8");
        params.set(key, value);
        InputErrors errors;
        check(params, errors);
        INFO(key << ": " << errors.text());
        CHECK(errors.text().find(sentence) != std::string::npos);
    }
    InputErrors none;
    check(memory_sets::hbm2_1215(), none);
    CHECK(none.empty());
}
