// SPDX-License-Identifier: Apache-2.0
// From what the simulations recorded to what the experiment found.
#pragma once

#include <vector>

#include "scenarios/results/result.h"
#include "scenarios/scenario.h"

namespace migsim {

// The layout stands in the scenario as what it came to, `walls` are those between its instances, and
// `simulations` are in the order in which they are to be reported.
Result evaluate(const Scenario& scenario, const WallSet& walls,
                const std::vector<SimulationResult>& simulations);

} // namespace migsim
