// SPDX-License-Identifier: Apache-2.0
// What a channel can do, against what its parameters say it can.
#include <catch2/catch.hpp>

#include "models/base/random.h"
#include "tests/timing/memory_rig.h"
#include "tests/timing/memory_sets.h"

using namespace migsim;

namespace {

struct NamedSet {
    const char* name;
    MemoryParams params;
};

std::vector<NamedSet> all_sets() {
    return {{"HBM2 1215", memory_sets::hbm2_1215()},
            {"HBM2e 1593", memory_sets::hbm2e_1593()},
            {"HBM3 2619", memory_sets::hbm3_2619()},
            {"HBM3e 3125", memory_sets::hbm3e_3125()}};
}

// Share of the data bus's time that carried data, over `lines` requests that are all there at once. `next`
// gives each request's line and whether it writes.
double utilisation(const MemoryParams& params, int lines,
                   const std::function<std::pair<std::uint32_t, bool>(int)>& next) {
    MemoryRig rig(params, 0); // without credits: the queue is always full
    for (int i = 0; i < lines; ++i) {
        const auto [line, write] = next(i);
        rig.ask(0, line, write);
    }
    rig.run();
    const Clock clock(params.clock);
    const Tick first = clock.edge(rig.commands.front().at);
    Tick last = 0;
    for (const IssuedCommand& command : rig.commands) last = std::max(last, clock.edge(command.at));
    return static_cast<double>(rig.channel.busy.value()) / static_cast<double>(last - first);
}

} // namespace

TEST_CASE("streaming reads reach at least 92% of peak, refresh included", "[theory][memory]") {
    for (const NamedSet& set : all_sets()) {
        INFO(set.name);
        CHECK(utilisation(set.params, 20000, [](int i) {
                  return std::pair{static_cast<std::uint32_t>(i), false};
              }) >= 0.92);
    }
}

TEST_CASE("one write for each read keeps at least 80% of peak, in drains", "[theory][memory]") {
    for (NamedSet& set : std::vector<NamedSet>(all_sets())) {
        INFO(set.name);
        const auto mixed = [](int i) {
            return std::pair{static_cast<std::uint32_t>(i / 2 + i % 2 * 4096), i % 2 == 1};
        };
        CHECK(utilisation(set.params, 20000, mixed) >= 0.80);
    }
}

TEST_CASE("random 512-byte reads keep at least 70% of peak", "[theory][memory]") {
    for (const NamedSet& set : all_sets()) {
        RandomStream random(1, "chunks");
        std::uint32_t chunk = 0;
        INFO(set.name);
        CHECK(utilisation(set.params, 20000, [&](int i) {
                  if (i % 4 == 0) chunk = static_cast<std::uint32_t>(random.below(1 << 20)) * 4;
                  return std::pair{chunk + static_cast<std::uint32_t>(i % 4), false};
              }) >= 0.70);
    }
}

TEST_CASE("the idle latency of a sector is the sum of its parts: pipeline, precharge, activate, read, burst",
          "[theory][memory]") {
    for (const NamedSet& set : all_sets()) {
        const MemoryParams& p = set.params;
        const Clock clock(p.clock);
        const ChannelSetup quiet{.refresh_phase = Cycle{1} << 40}; // no refresh in the way
        MemoryRig rig(p, 64, 1, {}, quiet);
        const Cycle closed = p.front_end + p.nRCDRD + p.nCL + p.nBL + p.back_end;
        const Cycle hit = closed - p.nRCDRD, conflict = closed + p.nRP;
        // The same sector of one line, of its neighbour in the row, and of a line of another row of the bank;
        // far enough apart that nothing is under way, near enough that no refresh closes the row.
        const std::uint32_t other_row = [&] {
            MemoryRig probe(p, 64, 1, {}, quiet);
            for (std::uint32_t line = 0; line < 8192; ++line) probe.ask(Tick{line} * us, line, false, 1);
            probe.run();
            const IssuedCommand* first = nullptr;
            for (const IssuedCommand& command : probe.commands) {
                if (command.command != DramCommand::Read) continue;
                if (!first) first = &command;
                if (command.bank == first->bank && command.row != first->row) return command.line;
            }
            return 0u;
        }();
        REQUIRE(other_row != 0);
        const Tick start = 1 * us, apart = 200 * ns;
        rig.ask(start, 0, false, 1);
        rig.ask(start + apart, 1, false, 1);
        rig.ask(start + 2 * apart, other_row, false, 1);
        rig.run();
        INFO(set.name);
        REQUIRE(rig.slices[0]->answers.size() == 3);
        const auto expected = [&](int i, Cycle cycles) {
            const Cycle arrival =
                clock.at_or_after(start + static_cast<Tick>(i) * apart + MemoryRig::latency);
            return clock.edge(arrival + cycles);
        };
        CHECK(rig.slices[0]->answers[0].departure == expected(0, closed));
        CHECK(rig.slices[0]->answers[1].departure == expected(1, hit));
        CHECK(rig.slices[0]->answers[2].departure == expected(2, conflict));
        CHECK(rig.slices[0]->answers[0].response.wait == 0);
    }
}
