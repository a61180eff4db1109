// SPDX-License-Identifier: Apache-2.0
// From a scenario file to all that it means: the device with its parameters, the layout on that device's
// board, which instance each tenant runs on, and the simulations to run. Whatever is wrong with any of it is
// said here, before anything is simulated.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/gpu/device.h"
#include "partition/layout.h"
#include "scenarios/arrangement.h"
#include "scenarios/data_folder.h"
#include "scenarios/experiment.h"
#include "scenarios/scenario.h"

namespace migsim {

struct LoadedScenario {
    Scenario scenario;
    Document source;                      // the file with what --set changed
    std::unique_ptr<const Device> device; // with what `parameters` changed
    Arrangement whole_gpu;
    std::optional<Arrangement> sliced; // absent without a layout
    WallSet walls;                     // between the slices

    const Arrangement& arrangement(Arm arm) const { return uses_layout(arm) ? *sliced : whole_gpu; }
    std::vector<SimulationPlan> plans() const; // in the order of reports
    // Everything that makes the result, as a file in `home` would have it. The layout stands there as what it
    // came to.
    std::string effective(const std::filesystem::path& home, Origins origins) const;
};

// Throws InputError with all that is wrong.
LoadedScenario load_scenario(const std::filesystem::path& file, const std::vector<std::string>& settings,
                             const DataFolder& data);

} // namespace migsim
