// SPDX-License-Identifier: Apache-2.0
// Every rule of the parameter table: legal at t, illegal at t - 1. The referee knows the rules as gaps
// between two commands; the timing state must come to the same first legal cycle, for random sequences in
// which each rule binds.
#include <map>
#include <set>

#include <catch2/catch.hpp>

#include "models/base/random.h"
#include "tests/timing/memory_referee.h"
#include "tests/timing/memory_rig.h"
#include "tests/timing/memory_sets.h"

using namespace migsim;

namespace {

// The first legal cycle by the referee's rules, and the rule that sets it.
std::pair<Cycle, std::string> first_legal(const MemoryReferee& referee, const MemoryParams& params,
                                          const std::vector<IssuedCommand>& before,
                                          const IssuedCommand& next) {
    std::pair<Cycle, std::string> legal{0, ""};
    const auto demand = [&](Cycle cycle, const char* rule) {
        if (cycle > legal.first) legal = {cycle, rule};
    };
    std::size_t activates = 0;
    for (std::size_t i = before.size(); i-- > 0;) {
        for (const MemoryReferee::Gap& gap : referee.gaps(before[i], next))
            demand(before[i].at + gap.cycles, gap.rule);
        if (next.command == DramCommand::Activate && before[i].command == DramCommand::Activate &&
            ++activates == 4)
            demand(before[i].at + params.nFAW, "nFAW");
    }
    return legal;
}

std::vector<MemoryParams> all_sets() {
    return {memory_sets::hbm2_1215(), memory_sets::hbm2e_1593(), memory_sets::hbm3_2619(),
            memory_sets::hbm3e_3125()};
}

} // namespace

TEST_CASE("a command is legal at t and illegal at t - 1 for every timing rule", "[fast][memory]") {
    for (const MemoryParams& set : all_sets()) {
        std::set<std::string> bound;
        for (std::uint64_t round = 0; round < 40; ++round) {
            MemoryParams params = set;
            if (round % 4 < 2) { // rules that others often hide are made to bind
                params.set("nRC", std::to_string(set.nRAS + set.nRP + 9));
                params.set("nFAW", "199");
            }
            const MemoryReferee referee(params);
            RandomStream random(round, "commands");
            BankTiming timing(params);
            std::vector<IssuedCommand> issued;
            std::vector<bool> open(timing.banks());
            Cycle now = 0;
            const bool all_banks = round % 2; // a channel refreshes one way or the other
            for (int i = 0; i < 300; ++i) {
                // A few neighbouring banks, so that every relation between two banks occurs.
                const auto bank = static_cast<unsigned>(random.below(random.below(4) ? 6 : timing.banks()));
                DramCommand command;
                if (open[bank])
                    command = std::array{DramCommand::Read, DramCommand::Write,
                                         DramCommand::Precharge}[random.below(3)];
                else if (random.below(8))
                    command = DramCommand::Activate;
                else if (!all_banks)
                    command = DramCommand::RefreshBank;
                else if (std::find(open.begin(), open.end(), true) == open.end())
                    command = DramCommand::RefreshAll;
                else
                    continue;
                const IssuedCommand next{0, command, static_cast<std::uint8_t>(bank), 0, 0};
                const auto [legal, rule] = first_legal(referee, params, issued, next);
                INFO(rule << " after " << issued.size() << " commands of round " << round);
                REQUIRE(timing.earliest(command, bank) == legal);
                if (legal > now) bound.insert(rule);
                now = std::max(now, legal) + (random.below(3) ? 0 : random.below(4));
                timing.issue(command, bank, now);
                issued.push_back({now, command, static_cast<std::uint8_t>(bank), 0, 0});
                if (command == DramCommand::Activate) open[bank] = true;
                if (command == DramCommand::Precharge) open[bank] = false;
            }
        }
        for (const char* rule :
             {"row_slot", "nRC",  "nRRDS", "nRRDL", "nRAS", "nRCDRD", "nRCDWR", "nRP",    "nCCDS",  "nCCDL",
              "nCCDR",    "nRTW", "nWTRS", "nWTRL", "nRTP", "nWR",    "nRFCpb", "nRREFD", "nRFCab", "nFAW"}) {
            INFO(rule);
            CHECK(bound.count(rule) == 1);
        }
    }
}

TEST_CASE("whatever the traffic, the channel breaks no rule and loses no read", "[memory]") {
    for (MemoryParams params : all_sets())
        for (const char* refresh : {"per_bank", "all_bank"})
            for (const unsigned spread : {64u, 4096u, 1u << 20}) {
                params.set("refresh", refresh);
                MemoryRig rig(params, 128, 2);
                RandomStream random(spread, "traffic");
                std::uint64_t reads = 0;
                Tick time = 0;
                for (int i = 0; i < 3000; ++i) {
                    if (i % 500 == 0) time += 10 * us; // lulls, for refreshes while idle
                    const bool write = random.below(3) == 0;
                    reads += !write;
                    rig.ask(time, static_cast<std::uint32_t>(random.below(spread)), write,
                            static_cast<SectorMask>(random.between(1, 15)),
                            static_cast<unsigned>(random.below(2)));
                }
                rig.run();
                INFO(refresh << ", " << spread << " lines");
                REQUIRE(MemoryReferee(params).judge(rig.commands) == "");
                REQUIRE(rig.slices[0]->answers.size() + rig.slices[1]->answers.size() == reads);
                REQUIRE(rig.channel.reads.total() == reads);
                REQUIRE(rig.channel.writes.total() == 3000 - reads);
                REQUIRE(rig.channel.refreshes.value() > 0);
                REQUIRE(rig.channel.row_hits.value() + rig.channel.row_misses.value() +
                            rig.channel.row_conflicts.value() + rig.channel.forwarded.value() +
                            rig.channel.combined.value() ==
                        3000);
            }
}

TEST_CASE("a channel answers alike in every window length, event-driven and shuffled", "[fast][memory]") {
    const auto answers = [](const WindowOptions& options) {
        MemoryRig rig(memory_sets::hbm2e_1593(), 24, 3, options);
        RandomStream random(5, "traffic");
        for (int i = 0; i < 2000; ++i)
            rig.ask(i * 3 * ns, static_cast<std::uint32_t>(random.below(5000)), random.below(3) == 0,
                    all_sectors, static_cast<unsigned>(random.below(3)));
        rig.run();
        std::vector<std::tuple<Tick, std::uint32_t, std::uint32_t>> all;
        for (const auto& slice : rig.slices)
            for (const auto& answer : slice->answers)
                all.emplace_back(answer.departure, answer.response.tag, answer.response.wait);
        return all;
    };
    const auto oracle = answers({.event_driven = true});
    REQUIRE(oracle.size() > 1000);
    for (const Tick length : {Tick{0}, Tick{777}, Tick{20000}}) CHECK(answers({.length = length}) == oracle);
    CHECK(answers({.shuffle = 3}) == oracle);
}

TEST_CASE("a channel of another instance drops the request, says so and moves no data", "[fast][memory]") {
    for (const bool enforce : {true, false}) {
        MemoryRig rig(memory_sets::hbm2_1215(), 64, 1, {}, {.enforce = enforce});
        rig.channel.set_owner(InstanceId{1});
        rig.ask(0, 5, false, all_sectors, 0, TenantId{2}, InstanceId{0});
        rig.ask(0, 9, false, all_sectors, 0, TenantId{3}, InstanceId{1});
        rig.run();
        REQUIRE(rig.slices[0]->answers.size() == 2);
        std::uint64_t faults = 0;
        for (const auto& answer : rig.slices[0]->answers) faults += answer.response.fault;
        CHECK(faults == (enforce ? 1 : 0));
        CHECK(rig.channel.foreign_drops.value() == (enforce ? 1 : 0));
        CHECK(rig.channel.bytes[TenantId{2}] == (enforce ? 0 : 128));
        CHECK(rig.channel.bytes[TenantId{3}] == 128);
    }
}
