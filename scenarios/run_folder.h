// SPDX-License-Identifier: Apache-2.0
// The folder of one run: result.json, stats.csv, effective.yaml and host.json, and simulations/NAME.json with
// the raw requests of each simulation. It appears at once when all is done. Simulations that an earlier,
// interrupted run of the very same settings finished can be taken from it.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "models/base/files/result_folder.h"
#include "scenarios/host.h"
#include "scenarios/loader.h"
#include "scenarios/results/result.h"

namespace migsim {

// runs/<scenario>-<hash of all that makes the result>
std::filesystem::path default_run_folder(const std::filesystem::path& scenario_file,
                                         const LoadedScenario& loaded);

class RunFolder {
public:
    // Throws InputError where the folder cannot be used, or holds a run of other settings that was to be
    // resumed.
    RunFolder(const std::filesystem::path& target, ResultFolder::Existing policy,
              const LoadedScenario& loaded, const DataFolder& data);

    // What an earlier run left of this simulation, if it was to be resumed.
    std::optional<SimulationResult> kept(const std::string& simulation) const;
    void keep(const SimulationResult& simulation); // as soon as it is there
    void leave_for_resume();
    void commit(const Result& result, const std::vector<SimulationResult>& simulations,
                const HostReport& host);

    const std::filesystem::path& target() const { return folder_.target(); }

private:
    ResultFolder folder_;
    const LoadedScenario& loaded_;
    bool resumes_;
};

} // namespace migsim
