// SPDX-License-Identifier: Apache-2.0
// From what the simulations recorded to what the experiment found.
#pragma once

#include <vector>

#include "scenarios/results/result.h"
#include "scenarios/scenario.h"

namespace migsim {

// What a result says of the machine and its partition besides what the scenario says.
struct Machinery {
    std::vector<std::string> layout;
    std::vector<std::string> walls;
    double peak_dram_gb_per_s = 0;
    std::vector<double>
        entitled_share; // of the memory system, per tenant: its instance's, or an equal one without layout
};

// `simulations` in the order in which they are to be reported.
Result evaluate(const Scenario& scenario, const Machinery& machinery,
                const std::vector<SimulationResult>& simulations);

} // namespace migsim
