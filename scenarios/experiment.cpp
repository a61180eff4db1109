// SPDX-License-Identifier: Apache-2.0
#include "scenarios/experiment.h"

#include <chrono>

#include <fmt/format.h>
#include <sys/resource.h>

#include "scenarios/json.h"

namespace migsim {

namespace {

using Clock = std::chrono::steady_clock;

const Format progress_format{"progress", 1};
const Format finished_format{"finished", 1};

struct SimulationProgress {
    double fraction = 0;
    std::uint64_t line_transactions = 0;
};

template <class Visitor>
void describe(Visitor& v, SimulationProgress& p) {
    v.required("fraction", p.fraction, "of the simulation that is done");
    v.required("line_transactions", p.line_transactions, "so far");
}

std::uint64_t peak_memory_bytes() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

} // namespace

template <class Visitor>
void describe(Visitor& v, FinishedSimulation& f) {
    v.required("result", f.result, "all of it");
    v.required("wall_s", f.wall_s, "time it took here");
    v.required("peak_memory_bytes", f.peak_memory_bytes, "resident, of the process");
}

namespace {

// The child's side.
std::string simulate(const SimulationPlan& plan, const ExperimentRun& run, const Tell& tell) {
    const auto start = Clock::now();
    auto told = start;
    FinishedSimulation finished;
    finished.result = run.simulate(plan, [&](double fraction, std::uint64_t line_transactions) {
        if (Clock::now() - told < std::chrono::milliseconds(100)) return;
        told = Clock::now();
        tell(json_line(document_node(SimulationProgress{fraction, line_transactions}, progress_format)));
    });
    finished.wall_s = std::chrono::duration<double>(Clock::now() - start).count();
    finished.peak_memory_bytes = peak_memory_bytes();
    return json_line(document_node(finished, finished_format));
}

} // namespace

void run_experiment(const std::vector<SimulationPlan>& plans, const ExperimentRun& run,
                    ProgressLine& progress) {
    std::vector<ChildJob> jobs;
    for (const SimulationPlan& plan : plans)
        jobs.push_back({plan.name, plan.weight, [&](const Tell& tell) { return simulate(plan, run, tell); }});
    ProgressMeter meter;
    const auto told = [&](std::size_t simulation, const std::string& line) {
        const auto now = from_json<SimulationProgress>(line, progress_format, plans[simulation].name);
        meter.update(simulation, now.fraction, now.line_transactions);
    };
    const auto answered = [&](std::size_t simulation, const std::string& line) {
        const auto home = from_json<FinishedSimulation>(line, finished_format, plans[simulation].name);
        meter.update(simulation, 1, home.result.line_transactions);
        progress.note(fmt::format("{}: {:.1f} µs simulated in {:.1f} s", home.result.name,
                                  static_cast<double>(home.result.simulated_ps) / 1e6, home.wall_s));
        run.finished(home);
    };
    run_jobs(jobs, run.systemc, run.jobs, meter, progress, {told, answered});
}

} // namespace migsim
