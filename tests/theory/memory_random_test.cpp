// SPDX-License-Identifier: Apache-2.0
// Peak, and random traffic against the bounds that its activates set.
#include <catch2/catch.hpp>

#include "models/base/random.h"
#include "tests/timing/memory_rig.h"
#include "tests/timing/memory_sets.h"

using namespace migsim;

namespace {

// Cycles per line of random full-line reads with a full queue.
double cycles_per_line(const MemoryParams& params, unsigned lines) {
    MemoryRig rig(params, 0);
    RandomStream random(1, "lines");
    for (unsigned i = 0; i < lines; ++i) rig.ask(0, static_cast<std::uint32_t>(random.below(1 << 22)));
    rig.run();
    return static_cast<double>(rig.commands.back().at - rig.commands.front().at) / lines;
}

} // namespace

TEST_CASE("the peak of all channels is the published bandwidth", "[fast][theory][memory]") {
    const std::tuple<MemoryParams, unsigned, double> parts[] = {
        {memory_sets::hbm2_1215(), 80, 1555},   // A100-40
        {memory_sets::hbm2e_1593(), 80, 2039},  // A100-80, H100 PCIe
        {memory_sets::hbm3_2619(), 160, 3352},  // H100 SXM
        {memory_sets::hbm3e_3125(), 192, 4800}, // H200: its clock is derived from this
    };
    for (const auto& [params, channels, gb_per_s] : parts)
        CHECK(32.0 * params.clock / params.nBL * channels / 1000 == Approx(gb_per_s).epsilon(0.001));
}

TEST_CASE("random lines are bound by nFAW and nRRD, two activates each", "[theory][memory]") {
    for (MemoryParams p : {memory_sets::hbm2_1215(), memory_sets::hbm2e_1593(), memory_sets::hbm3_2619(),
                           memory_sets::hbm3e_3125()}) {
        p.set("read_queue", "64"); // so many that some bank is always ready: with fewer, banks bind
        const double bound = std::max<std::uint32_t>(p.nFAW, 4 * p.nRRDS) / 2.0;
        // A refresh keeps nRREFD from the next activate: at worst, time lost to activates.
        const double refresh = 1 - 32.0 * p.nRREFD / p.nREFI;
        const double reached = cycles_per_line(p, 20000);
        INFO(p.clock << " MHz: " << reached << " cycles a line, bound " << bound);
        CHECK(reached >= bound);
        CHECK(reached <= 1.03 * bound / refresh);
    }
}

TEST_CASE("random lines on one pair of banks are bound by the row cycle", "[theory][memory]") {
    for (MemoryParams p : {memory_sets::hbm2_1215(), memory_sets::hbm3_2619()}) {
        p.set("stack_ids", "1");
        p.set("bank_groups", "2");
        p.set("banks_per_group", "1");
        p.set("nREFI", "1000000");
        // The first bank's turn: its bursts run through with the second's, which is opened nRRDS later.
        const std::uint32_t last_read = p.nRRDS + p.nRCDRD - p.nCCDS + p.nCCDL;
        const double bound = std::max(p.nRC.value(), std::max(p.nRAS.value(), last_read + p.nRTP) + p.nRP);
        CHECK(cycles_per_line(p, 5000) == Approx(bound).epsilon(0.005));
    }
}
