// SPDX-License-Identifier: Apache-2.0
// stats.csv: every statistic of every module of every simulation, one per line.
#pragma once

#include <string>
#include <vector>

#include "scenarios/scenario.h"
#include "scenarios/simulation_result.h"

namespace migsim {

std::string statistics_csv(const std::vector<Tenant>& tenants,
                           const std::vector<SimulationResult>& simulations);

} // namespace migsim
