// SPDX-License-Identifier: Apache-2.0
// migsim check: everything that `run` would find wrong, and what it would simulate, without simulating it.
#include <fmt/format.h>

#include "scenarios/commands/command.h"
#include "scenarios/loader.h"
#include "scenarios/results/text_grid.h"

namespace migsim {
namespace {

class CheckCommand final : public Command {
public:
    CheckCommand()
        : Command("check", "Check a scenario and show what it comes to, without running it",
                  "migsim check bandwidth_hog --set walls=none") {}

    void declare(Arguments& arguments) override {
        arguments.positional("SCENARIO", file_, "scenario file, or the name of one in the library");
        arguments.option("--set", settings_,
                         "PATH=VALUE: override a value of the scenario, as often as needed");
        arguments.flag("--effective", effective_,
                       "print every value that would be used and where it comes from");
    }

    Exit run(const Surroundings& surroundings) override {
        const DataFolder data = surroundings.data_folder();
        const std::filesystem::path file = data.scenario(file_);
        const LoadedScenario loaded = load_scenario(file, settings_, data);
        std::fputs(effective_ ? loaded.effective(".", Origins::Shown).c_str() : summary(loaded).c_str(),
                   stdout);
        return Exit::Good;
    }

private:
    static std::string summary(const LoadedScenario& loaded) {
        std::string text = fmt::format("{}: fine\n", loaded.scenario.title);
        TextGrid instances;
        const auto row = [&](const InstanceSetup& instance, const std::string& when = "") {
            instances.row({instance.name, fmt::format("{} SMs", instance.sms.size()),
                           fmt::format("{} L2 slices", instance.slices.size()),
                           fmt::format("{} channels", instance.channels.size()),
                           fmt::format("{} MiB", with_separators(instance.bytes >> 20)), when});
        };
        row(loaded.whole_gpu.instances.front());
        if (loaded.sliced)
            for (const InstanceSetup& instance : loaded.sliced->instances) {
                row(instance);
                if (!instance.is_divided()) continue;
                for (const ComputeInstanceSetup& compute : instance.compute_instances)
                    instances.row({"  " + compute.name, fmt::format("{} SMs", compute.sms.size())});
            }
        if (loaded.sliced)
            for (std::size_t step = 0; step < loaded.sliced->steps.size(); ++step)
                for (const InstanceSetup& created : loaded.sliced->steps[step].change.create)
                    row(created, fmt::format("from step {} on", step + 1));
        text += fmt::format("{}:\n{}simulations:", loaded.device->name, instances.text());
        for (const SimulationPlan& plan : loaded.plans()) text += " " + plan.name;
        return text + "\n";
    }

    std::string file_;
    std::vector<std::string> settings_;
    bool effective_ = false;
};

} // namespace

std::unique_ptr<Command> make_check_command() {
    return std::make_unique<CheckCommand>();
}

} // namespace migsim
