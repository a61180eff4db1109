// SPDX-License-Identifier: Apache-2.0
// Runs the simulations of an experiment, each in a process of its own (SystemC elaborates once per process),
// as many side by side as asked for. What a simulation does is given as a function, so nothing here knows of
// SystemC or the machine.
#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/base/time.h"
#include "scenarios/progress.h"
#include "scenarios/simulation_result.h"
#include "scenarios/systemc_process.h"

namespace migsim {

// One simulation: an arm, or for a baseline one tenant of it.
struct SimulationPlan {
    std::string name; // "mps", "alone-chat"
    Arm arm = Arm::Alone;
    std::vector<std::uint32_t> tenants; // that run in it, as positions in the scenario's list
    Tick limit = never;
    double weight = 1; // expected work, relative to the others: for order and progress only
};

// What the host had to do with it; never part of a result.
struct HostCost {
    double wall_s = 0;
    std::uint64_t peak_memory_bytes = 0;
};

struct FinishedSimulation {
    SimulationResult result;
    HostCost cost;
};

// The simulator failed, not its user: exit code 3. what() says which simulation and how.
class SimulatorError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

class Interrupted : public std::runtime_error {
public:
    Interrupted() : std::runtime_error("interrupted") {}
};

using ReportProgress = std::function<void(double fraction, std::uint64_t line_transactions)>;
using Simulate = std::function<SimulationResult(const SimulationPlan& plan, const ReportProgress& report)>;

struct ExperimentRun {
    Simulate simulate; // called in the child; an InputError it throws is one here, any other exception a
                       // SimulatorError
    SystemcProcess systemc;
    unsigned jobs = 1;
    ProgressLine* progress = nullptr;
    std::function<void(const FinishedSimulation&)> finished; // called here, in the order in which they finish
};

// Throws what the first failing simulation threw; by then no other runs any more.
void run_experiment(const std::vector<SimulationPlan>& plans, const ExperimentRun& run);

} // namespace migsim
