// SPDX-License-Identifier: Apache-2.0
#include "partition/smi/gpu_verbs.h"

#include <fmt/format.h>

#include "partition/mig_minors.h"

namespace migsim::smi {

Answer set_mode(const std::vector<SimulatedGpu*>& gpus, bool enable) {
    Answer answer;
    for (SimulatedGpu* gpu : gpus) {
        const std::string id = gpu->pci_bus_id();
        if (const auto refusal = gpu->mig.set_mode(enable)) {
            answer.say(
                fmt::format("Warning: MIG mode is in pending {} state for GPU {}:{}\n"
                            "Reboot the system or try nvidia-smi --gpu-reset to make MIG mode effective on "
                            "GPU {}\n",
                            enable ? "enable" : "disable", id, nvml_reason(refusal->reason), id));
            answer.why += refusal->sentence + "\n";
        } else {
            answer.say(fmt::format("{} MIG Mode for GPU {}\n", enable ? "Enabled" : "Disabled", id));
        }
    }
    answer.say("All done.\n");
    return answer;
}

Answer reset(const std::vector<SimulatedGpu*>& gpus) {
    Answer answer;
    std::string failed;
    for (SimulatedGpu* gpu : gpus) {
        if (const auto refusal = gpu->mig.reset()) {
            failed += fmt::format("  GPU {}: {}\n", gpu->pci_bus_id(), nvml_reason(refusal->reason));
            answer.refuse(*refusal);
        } else {
            answer.say(fmt::format("GPU {} was successfully reset.\n", gpu->pci_bus_id()));
        }
    }
    answer.say(failed.empty() ? "All done.\n" : "The following GPUs could not be reset:\n" + failed);
    return answer;
}

Answer change_clients(const std::vector<SimulatedGpu*>& gpus, const CommandLine& line) {
    Answer answer;
    const auto note = [&](const std::optional<Refusal>& refusal) {
        if (refusal) answer.refuse(*refusal);
    };
    const bool begins = line.verb == Verb::Attach;
    for (SimulatedGpu* gpu : gpus) {
        if (!line.gpu_instances) {
            if (begins)
                gpu->mig.attach();
            else
                note(gpu->mig.detach());
            continue;
        }
        for (const std::uint32_t gi : *line.gpu_instances)
            for (const std::uint32_t ci : *line.compute_instances)
                note(begins ? gpu->mig.attach(gi, ci) : gpu->mig.detach(gi, ci));
    }
    return answer;
}

Answer list_minors(const std::vector<SimulatedGpu*>& gpus) {
    Answer answer;
    answer.say(fmt::format("config {}\nmonitor {}\n", MigMinors::config, MigMinors::monitor));
    for (const SimulatedGpu* gpu : gpus)
        for (const GpuInstance* gi : gpu_instances_as_listed(gpu->mig)) {
            answer.say(fmt::format("gpu{}/gi{}/access {}\n", gpu->index, gi->id,
                                   MigMinors::gpu_instance(gpu->index, gi->id)));
            for (const ComputeInstance* ci : compute_instances_as_listed(*gpu->mig.compute_instances(gi->id)))
                answer.say(fmt::format("gpu{}/gi{}/ci{}/access {}\n", gpu->index, gi->id, ci->id,
                                       MigMinors::compute_instance(gpu->index, gi->id, ci->id)));
        }
    return answer;
}

} // namespace migsim::smi
