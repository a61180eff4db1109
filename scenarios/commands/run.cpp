// SPDX-License-Identifier: Apache-2.0
// migsim run: one scenario, from its file to its result.
#include <algorithm>
#include <chrono>
#include <iterator>

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

Machinery machinery_of(const LoadedScenario& loaded) {
    Machinery machinery;
    const MemoryParams& memory = loaded.device->memory;
    const double bytes_per_s = 32.0 * loaded.device->chip.channels * memory.clock * 1e6 / memory.nBL;
    machinery.peak_dram_gb_per_s = bytes_per_s / 1e9;
    const std::size_t tenants = loaded.scenario.tenants.size();
    machinery.entitled_share.assign(tenants, 1.0 / static_cast<double>(tenants));
    if (!loaded.sliced) return machinery;
    for (const InstanceSetup& instance : loaded.sliced->instances) machinery.layout.push_back(instance.name);
    for (const Wall wall : loaded.walls.list()) machinery.walls.emplace_back(enum_name(wall));
    for (std::size_t i = 0; i < tenants; ++i)
        machinery.entitled_share[i] =
            loaded.sliced->instances[index(loaded.sliced->instance_of[i])].memory_share;
    return machinery;
}

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
        arguments.option("--arm", arms_, "run only this arm (and no other but those named so)",
                         enum_names<Arm>());
        arguments.option("--seed", seed_, "of every random draw; short for --set seed=N", 0, UINT64_MAX);
        arguments.option("--jobs", jobs_, "simulations side by side; default: the cores there are", 1, 1024);
        arguments.option("--threads", threads_, "inside each simulation; default: 1", 1, 64);
        arguments.flag("--json", json_, "print result.json instead of the table");
        arguments.flag("--quiet", quiet_, "no progress");
    }

    Exit run(const Surroundings& surroundings) override {
        const auto start = std::chrono::steady_clock::now();
        refuse_unknown_isa();
        const DataFolder data = surroundings.data_folder();
        const std::filesystem::path file = data.scenario(file_);
        const LoadedScenario loaded = load_scenario(file, settings(), data);
        const std::vector<SimulationPlan> plans = loaded.plans();

        RunFolder folder(out_ ? std::filesystem::path(*out_) : default_run_folder(file, loaded), existing(),
                         loaded, data);
        std::vector<SimulationResult> results;
        std::vector<SimulationPlan> to_do;
        HostReport host = host_report();
        for (const SimulationPlan& plan : plans) {
            if (auto kept = folder.kept(plan.name)) {
                host.kept.push_back(plan.name);
                results.push_back(std::move(*kept));
            } else {
                to_do.push_back(plan);
            }
        }
        host.jobs = static_cast<std::uint32_t>(jobs_.value_or(usable_cores()));
        host.threads = static_cast<std::uint32_t>(threads_.value_or(1));
        const auto finished = [&](const FinishedSimulation& simulation) {
            const double lines = static_cast<double>(simulation.result.line_transactions);
            host.simulations.push_back({simulation.result.name, simulation.cost.wall_s,
                                        lines / 1e6 / std::max(simulation.cost.wall_s, 1e-9),
                                        simulation.cost.peak_memory_bytes});
            folder.keep(simulation.result);
            results.push_back(simulation.result);
        };
        simulate(loaded, to_do, surroundings, host, finished, folder, results);

        const auto place = [&](const SimulationResult& result) {
            return std::find_if(plans.begin(), plans.end(),
                                [&](const auto& plan) { return plan.name == result.name; });
        };
        std::sort(results.begin(), results.end(),
                  [&](const auto& a, const auto& b) { return place(a) < place(b); });
        const Result result = evaluate(loaded.scenario, machinery_of(loaded), results);
        host.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        folder.commit(result, results, host);
        std::fputs(json_ ? json_text(document_node(result, result_format)).c_str()
                         : table_text(result).c_str(),
                   stdout);
        if (!quiet_)
            std::fprintf(stderr, "results: %s (%.1f s)\n", nearest_name(folder.target()).c_str(),
                         host.wall_s);
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
        if (!arms_.empty()) {
            std::string list;
            for (const std::string& arm : arms_) list += (list.empty() ? "" : ", ") + arm;
            all.push_back("arms=[" + list + "]");
        }
        return all;
    }

    ResultFolder::Existing existing() const {
        using Existing = ResultFolder::Existing;
        return resume_ ? Existing::Resume : force_ ? Existing::Replace : Existing::Refuse;
    }

    // Relative where that is shorter, as the user would write it.
    static std::string nearest_name(const std::filesystem::path& folder) {
        const std::string relative = folder.lexically_relative(std::filesystem::current_path()).string();
        return relative.empty() || relative.starts_with("..") ? folder.string() : relative;
    }

    void simulate(const LoadedScenario& loaded, const std::vector<SimulationPlan>& plans,
                  const Surroundings& surroundings, const HostReport& host,
                  const std::function<void(const FinishedSimulation&)>& finished, RunFolder& folder,
                  const std::vector<SimulationResult>& results) const {
        ProgressLine progress(stderr, ProgressLine::style_of(stderr, quiet_));
        const auto one = [&](const SimulationPlan& plan, const ReportProgress& report) {
            return simulate_arm(loaded, plan, host.threads, report);
        };
        try {
            run_experiment(plans, {one, surroundings.systemc, host.jobs, &progress, finished});
        } catch (const InputError&) {
            throw;
        } catch (...) { // interrupted or broken: what is finished need not be done again
            if (!results.empty()) {
                folder.leave_for_resume();
                progress.note(fmt::format("{} of {} simulations are finished; --resume goes on from there",
                                          results.size(), loaded.plans().size()));
            }
            throw;
        }
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
