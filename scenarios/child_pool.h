// SPDX-License-Identifier: Apache-2.0
// Many small jobs, each in a forked child, as many side by side as asked for; each answers with one line of
// text. For whoever needs a machine per job: SystemC elaborates once per process.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "scenarios/progress.h"
#include "scenarios/systemc_process.h"

namespace migsim {

struct ChildJob {
    std::string name;
    double weight = 1;                // expected work, relative to the others: for order and progress only
    std::function<std::string()> run; // in the child, inside SystemC; the answer holds no newline
};

// The answers, in the order of the jobs. Throws InputError where a job did, SimulatorError for whatever else
// went wrong in one, Interrupted; by then no job runs any more.
std::vector<std::string> run_jobs(const std::vector<ChildJob>& jobs, const SystemcProcess& systemc,
                                  unsigned side_by_side, ProgressLine& progress);

} // namespace migsim
