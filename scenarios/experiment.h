// SPDX-License-Identifier: Apache-2.0
// Runs the simulations of an experiment, each in a process of its own. What a simulation does is given as a
// function, so nothing here knows of SystemC or the machine.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "models/base/time.h"
#include "scenarios/child_pool.h"
#include "scenarios/simulation_result.h"

namespace migsim {

// One simulation: an arm, or for a baseline one tenant of it.
struct SimulationPlan {
    std::string name; // "mps", "alone-chat"
    Arm arm = Arm::Alone;
    std::vector<std::uint32_t> tenants; // that run in it, as positions in the scenario's list
    Tick limit = never;
    double weight = 1; // expected work, relative to the others: for order and progress only
};

// What comes home: the result, and what the host had to do with it, which is never part of a result.
struct FinishedSimulation {
    SimulationResult result;
    double wall_s = 0;
    std::uint64_t peak_memory_bytes = 0;
};

using ReportProgress = std::function<void(double fraction, std::uint64_t line_transactions)>;

struct ExperimentRun {
    // Called in the child; an InputError it throws is one here, any other exception a SimulatorError.
    std::function<SimulationResult(const SimulationPlan& plan, const ReportProgress& report)> simulate;
    SystemcProcess systemc;
    unsigned jobs = 1;
    // Called here, in the order in which they finish.
    std::function<void(const FinishedSimulation&)> finished;
};

// Throws what the first failing simulation threw; by then no other runs any more.
void run_experiment(const std::vector<SimulationPlan>& plans, const ExperimentRun& run,
                    ProgressLine& progress);

} // namespace migsim
