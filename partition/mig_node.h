// SPDX-License-Identifier: Apache-2.0
// The GPUs of a simulated node: each a card of some board, and its MIG state. What a real card has from the
// factory (UUID, PCI address) follows from board and position, so it is the same in every simulation.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "partition/mig_gpu.h"

namespace migsim {

struct SimulatedGpu {
    std::uint32_t index = 0;                   // in its node
    std::string board;                         // its table: a name, or a file
    std::string card;                          // as nvidia-smi -L calls it
    std::optional<std::uint32_t> missing_slot; // of its die
    std::optional<std::string> memory_variant; // of its board
    MigGpu mig;

    const Board& table() const { return *mig.gpu_instances().board(); }
    std::string pci_bus_id() const; // 00000000:01:00.0
    std::string uuid() const;       // GPU-…
    // MIG-…; of the ids only, so that it comes back with them, as seen on H100. NVIDIA's own names are
    // secret.
    std::string mig_uuid(std::uint32_t gpu_instance, std::uint32_t compute_instance) const;
};

using MigNode = std::vector<SimulatedGpu>;

// What CUDA sees: a compute instance in its GPU instance. In the order of nvidia-smi -L, by ids.
struct MigDevice {
    const GpuInstance* gpu_instance;
    const ComputeInstance* compute_instance;
};
std::vector<MigDevice> mig_devices(const MigGpu& gpu);

// In the order of nvidia-smi mig -lgi: by NVML's constant of the profile, then id.
std::vector<const GpuInstance*> gpu_instances_as_listed(const MigGpu& gpu);
std::vector<const ComputeInstance*> compute_instances_as_listed(const ComputeInstanceAllocator& compute);

} // namespace migsim
