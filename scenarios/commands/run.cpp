// SPDX-License-Identifier: Apache-2.0
// migsim run: one scenario, from its file to its result.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include <fmt/format.h>

#include "models/base/sort_keys.h"
#include "scenarios/commands/command.h"
#include "scenarios/experiment.h"
#include "scenarios/json.h"
#include "scenarios/loader.h"
#include "scenarios/results/evaluate.h"
#include "scenarios/results/table.h"
#include "scenarios/run_folder.h"
#include "scenarios/simulation.h"

namespace migsim {
namespace {

namespace fs = std::filesystem;

struct RunOptions {
    ResultFolder::Existing existing = ResultFolder::Existing::Refuse;
    unsigned jobs = 1;
    unsigned threads = 1;
    bool quiet = false;
};

// From a loaded scenario to a folder with its result.
class ScenarioRun {
public:
    ScenarioRun(const LoadedScenario& loaded, const fs::path& target, const DataFolder& data,
                const RunOptions& options)
        : loaded_(loaded),
          options_(options),
          plans_(loaded.plans()),
          folder_(target, options.existing, loaded, data),
          host_(host_report()) {
        host_.jobs = options.jobs;
        host_.threads = options.threads;
    }

    Result run(const SystemcProcess& systemc) {
        std::vector<SimulationPlan> to_do;
        for (const SimulationPlan& plan : plans_) {
            if (auto kept = folder_.kept(plan.name)) {
                host_.kept.push_back(plan.name);
                results_.push_back(std::move(*kept));
            } else {
                to_do.push_back(plan);
            }
        }
        simulate(to_do, systemc);
        sort_as_planned();
        const Result result = evaluate(loaded_.scenario, loaded_.walls, results_);
        host_.wall_s = std::chrono::duration<double>(Clock::now() - start_).count();
        folder_.commit(result, results_, host_);
        if (!options_.quiet)
            std::fprintf(stderr, "results: %s (%.1f s)\n", nearest_name(folder_.target()).c_str(),
                         host_.wall_s);
        return result;
    }

private:
    using Clock = std::chrono::steady_clock;

    void simulate(const std::vector<SimulationPlan>& plans, const SystemcProcess& systemc) {
        ProgressLine progress(stderr, ProgressLine::style_of(stderr, options_.quiet));
        ExperimentRun experiment;
        experiment.simulate = [&](const SimulationPlan& plan, const ReportProgress& report) {
            return simulate_arm(loaded_, plan, options_.threads, report);
        };
        experiment.systemc = systemc;
        experiment.jobs = options_.jobs;
        experiment.finished = [&](const FinishedSimulation& finished) { take(finished); };
        try {
            run_experiment(plans, experiment, progress);
        } catch (const InputError&) {
            throw;
        } catch (...) { // interrupted or broken: what is finished need not be done again
            if (!results_.empty()) {
                folder_.leave_for_resume();
                progress.note(fmt::format("{} of {} simulations are finished; --resume goes on from there",
                                          results_.size(), plans_.size()));
            }
            throw;
        }
    }

    void take(const FinishedSimulation& finished) {
        const SimulationResult& result = finished.result;
        const double wall_s = std::max(finished.wall_s, 1e-9);
        host_.simulations.push_back({result.name, wall_s,
                                     static_cast<double>(result.line_transactions) / 1e6 / wall_s,
                                     finished.peak_memory_bytes});
        folder_.keep(result);
        results_.push_back(result);
    }

    void sort_as_planned() {
        const auto position = [&](const SimulationResult& result) {
            return std::find_if(plans_.begin(), plans_.end(),
                                [&](const SimulationPlan& plan) { return plan.name == result.name; });
        };
        std::sort(
            results_.begin(), results_.end(),
            [&](const SimulationResult& a, const SimulationResult& b) { return position(a) < position(b); });
    }

    // Relative where that is shorter, as the user would write it.
    static std::string nearest_name(const fs::path& folder) {
        const std::string relative = folder.lexically_relative(fs::current_path()).string();
        return relative.empty() || relative.starts_with("..") ? folder.string() : relative;
    }

    const LoadedScenario& loaded_;
    const RunOptions options_;
    const Clock::time_point start_ = Clock::now();
    const std::vector<SimulationPlan> plans_;
    RunFolder folder_;
    HostReport host_;
    std::vector<SimulationResult> results_;
};

class RunCommand final : public Command {
public:
    RunCommand()
        : Command("run", "Simulate a scenario and show who got what",
                  "migsim run noisy_neighbor --set tenants[0].requests=400 --out long") {}

    void declare(Arguments& arguments) override {
        arguments.positional("SCENARIO", file_, "scenario file, or the name of one in the library");
        arguments.option("--out", out_, "folder for the results; default: runs/SCENARIO-HASH");
        arguments.flag("--resume", resume_, "keep what an interrupted run of the same settings finished");
        arguments.flag("--force", force_, "replace an earlier result", "--resume");
        arguments.option("--set", settings_,
                         "PATH=VALUE: override a value of the scenario, as often as needed");
        arguments.option("--arm", arms_, "run only this arm, and no other but those named so",
                         enum_names<Arm>());
        arguments.option("--seed", seed_, "of every random draw; short for --set seed=N", 0, UINT64_MAX);
        arguments.option("--jobs", jobs_, "simulations side by side; default: the cores there are", 1, 1024);
        arguments.option("--threads", threads_, "inside each simulation; default: 1", 1, 64);
        arguments.flag("--json", json_, "print result.json instead of the table");
        arguments.flag("--quiet", quiet_, "no progress");
    }

    Exit run(const Surroundings& surroundings) override {
        refuse_unknown_isa();
        const DataFolder data = surroundings.data_folder();
        const fs::path file = data.scenario(file_);
        const LoadedScenario loaded = load_scenario(file, settings(), data);
        const fs::path target = out_ ? fs::path(*out_) : default_run_folder(file, loaded);
        const Result result = ScenarioRun(loaded, target, data, options()).run(surroundings.systemc);
        const std::string text = json_ ? json_text(document_node(result, result_format)) : table_text(result);
        std::fputs(text.c_str(), stdout);
        return Exit::Good;
    }

private:
    static void refuse_unknown_isa() {
        try {
            isa();
        } catch (const std::invalid_argument& error) {
            throw InputError(error.what());
        }
    }

    // The shorthands are settings like any other, so effective.yaml says that they came from the command
    // line.
    std::vector<std::string> settings() const {
        std::vector<std::string> all = settings_;
        if (seed_) all.push_back(fmt::format("seed={}", *seed_));
        std::string list;
        for (const std::string& arm : arms_) list += (list.empty() ? "" : ", ") + arm;
        if (!list.empty()) all.push_back("arms=[" + list + "]");
        return all;
    }

    RunOptions options() const {
        using Existing = ResultFolder::Existing;
        return {resume_  ? Existing::Resume
                : force_ ? Existing::Replace
                         : Existing::Refuse,
                static_cast<unsigned>(jobs_.value_or(usable_cores())),
                static_cast<unsigned>(threads_.value_or(1)), quiet_};
    }

    std::string file_;
    std::optional<std::string> out_;
    bool resume_ = false, force_ = false, json_ = false, quiet_ = false;
    std::vector<std::string> settings_, arms_;
    std::optional<std::uint64_t> seed_, jobs_, threads_;
};

} // namespace

std::unique_ptr<Command> make_run_command() {
    return std::make_unique<RunCommand>();
}

} // namespace migsim
