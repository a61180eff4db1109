// SPDX-License-Identifier: Apache-2.0
// One simulation from beginning to end: the machine of an arm, its tenants' memory and work, the run, what
// was recorded. Runs inside SystemC, once in a process.
#pragma once

#include "scenarios/experiment.h"
#include "scenarios/loader.h"

namespace migsim {

// Throws InputError where the arm cannot be built, and std::runtime_error with a picture of what waits on
// what where the machine comes to a standstill.
SimulationResult simulate_arm(const LoadedScenario& loaded, const SimulationPlan& plan, unsigned threads,
                              const ReportProgress& report);

} // namespace migsim
