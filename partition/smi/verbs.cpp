// SPDX-License-Identifier: Apache-2.0
#include "partition/smi/verbs.h"

#include "models/base/config/input_errors.h"
#include "partition/smi/gpu_verbs.h"
#include "partition/smi/instance_verbs.h"
#include "partition/smi/tables.h"

namespace migsim::smi {

namespace {

SimulatedGpu& find(MigNode& node, const std::string& wanted) {
    std::vector<std::string> legal;
    for (SimulatedGpu& gpu : node) {
        if (wanted == std::to_string(gpu.index) || wanted == gpu.uuid() || wanted == gpu.pci_bus_id())
            return gpu;
        legal.push_back(std::to_string(gpu.index));
    }
    throw InputError("-i: " + not_legal(wanted, "a GPU of this node, by number, UUID or PCI address", legal));
}

std::vector<SimulatedGpu*> gpus_meant(const CommandLine& line, MigNode& node) {
    std::vector<SimulatedGpu*> gpus;
    if (line.gpus)
        for (const std::string& wanted : *line.gpus) gpus.push_back(&find(node, wanted));
    else
        for (SimulatedGpu& gpu : node) gpus.push_back(&gpu);
    return gpus;
}

// nvidia-smi leaves the whole part out where no GPU has MIG mode on.
Answer show_devices(std::vector<SimulatedGpu*> gpus) {
    std::erase_if(gpus, [](const SimulatedGpu* gpu) { return !gpu->mig.mode().current; });
    if (gpus.empty()) return {0, {}, "MIG mode is off on all of these GPUs\n"};
    return {0, mig_devices({gpus.begin(), gpus.end()}), {}};
}

} // namespace

bool changes_state(Verb verb) {
    switch (verb) {
    case Verb::SetMode:
    case Verb::ResetGpu:
    case Verb::CreateGpuInstances:
    case Verb::DestroyGpuInstances:
    case Verb::CreateComputeInstances:
    case Verb::DestroyComputeInstances:
    case Verb::Attach:
    case Verb::Detach:
    case Verb::Reboot:
        return true;
    default:
        return false;
    }
}

Answer carry_out(const CommandLine& line, MigNode& node) {
    const std::vector<SimulatedGpu*> gpus = gpus_meant(line, node);
    switch (line.verb) {
    case Verb::ShowDevices:
        return show_devices(gpus);
    case Verb::ListGpus:
        return {0, list({gpus.begin(), gpus.end()}), {}};
    case Verb::ListGpuInstanceProfiles:
        return {0, gpu_instance_profiles({gpus.begin(), gpus.end()}), {}};
    case Verb::ListGpuInstancePlacements:
        return {0, gpu_instance_placements({gpus.begin(), gpus.end()}), {}};
    case Verb::SetMode:
        return set_mode(gpus, mode_wanted(line.items));
    case Verb::ResetGpu:
        return reset(gpus);
    case Verb::Attach:
    case Verb::Detach:
        return change_clients(gpus, line);
    case Verb::Reboot:
        for (SimulatedGpu* gpu : gpus) gpu->mig.reboot();
        return {};
    case Verb::ListMinors:
        return list_minors(gpus);
    default:
        return carry_out_on_instances(line, gpus);
    }
}

} // namespace migsim::smi
