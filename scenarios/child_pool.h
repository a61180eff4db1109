// SPDX-License-Identifier: Apache-2.0
// Jobs in forked children, as many side by side as asked for. For whoever needs a machine per job: SystemC
// elaborates once per process. A job may tell how it gets on, and answers with one line of text.
#pragma once

#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "scenarios/progress.h"
#include "scenarios/systemc_process.h"

namespace migsim {

// The simulator failed, not its user: exit code 3. what() says in which job and how.
class SimulatorError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

class Interrupted : public std::runtime_error {
public:
    Interrupted() : std::runtime_error("interrupted") {}
};

using Tell = std::function<void(const std::string& line)>;

struct ChildJob {
    std::string name;
    double weight = 1; // expected work, relative to the others: for order and progress only
    // In the child, inside SystemC; neither what it tells nor its answer holds a newline.
    std::function<std::string(const Tell& tell)> run;
};

// Called here, as it comes.
struct ChildNews {
    std::function<void(std::size_t job, const std::string& line)> told;
    std::function<void(std::size_t job, const std::string& line)> answered;
};

// Throws InputError where a job did, SimulatorError for whatever else went wrong in one, Interrupted; by then
// no job runs any more. `meter`, empty at first, knows the jobs by their position.
void run_jobs(const std::vector<ChildJob>& jobs, const SystemcProcess& systemc, unsigned side_by_side,
              ProgressMeter& meter, ProgressLine& progress, const ChildNews& news);

// For jobs that only answer: their answers, in the order of the jobs.
std::vector<std::string> run_jobs(const std::vector<ChildJob>& jobs, const SystemcProcess& systemc,
                                  unsigned side_by_side, ProgressLine& progress);

} // namespace migsim
