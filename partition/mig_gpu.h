// SPDX-License-Identifier: Apache-2.0
// One GPU as NVML shows it to an operator: MIG mode, GPU instances, the compute instances in them and who
// uses which. Every request either happens whole or is refused with NVML's reason and changes nothing.
// Instances live no longer than MIG mode, and never through a reset or a reboot.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "partition/compute_instance_allocator.h"
#include "partition/instance_allocator.h"

namespace migsim {

struct MigMode {
    bool current = false;
    bool pending = false; // what it will be after the next reset
};

class MigGpu {
public:
    // Throws std::invalid_argument for a die that the board's numbering has no way to print.
    MigGpu(std::shared_ptr<const Board> board, std::optional<std::uint32_t> missing_slot);

    const MigMode& mode() const { return mode_; }
    // Refused while anybody uses the GPU; the mode is pending then, until a reset.
    std::optional<Refusal> set_mode(bool enabled);
    std::optional<Refusal> reset(); // refused while anybody uses the GPU
    void reboot();                  // ends all clients

    OrRefusal<GpuInstance> create_gpu_instance(const Profile& profile,
                                               std::optional<std::uint32_t> start = {});
    std::optional<Refusal> destroy_gpu_instance(std::uint32_t id);
    OrRefusal<ComputeInstance> create_compute_instance(std::uint32_t gpu_instance,
                                                       const ComputeInstanceProfile& profile);
    std::optional<Refusal> destroy_compute_instance(std::uint32_t gpu_instance, std::uint32_t id);

    // A client begins or ends: of a compute instance, or of the GPU as a whole (such as a monitor).
    void attach() { ++clients_; }
    std::optional<Refusal> attach(std::uint32_t gpu_instance, std::uint32_t compute_instance);
    std::optional<Refusal> detach();
    std::optional<Refusal> detach(std::uint32_t gpu_instance, std::uint32_t compute_instance);

    const InstanceAllocator& gpu_instances() const { return gpu_instances_; }
    const ComputeInstanceAllocator* compute_instances(std::uint32_t gpu_instance) const; // nullptr: no such
    std::uint32_t clients() const { return clients_; } // of the GPU as a whole
    std::uint32_t clients(std::uint32_t gpu_instance, std::uint32_t compute_instance) const;

    // As a state file remembers them; what cannot have been is refused.
    void restore_mode(const MigMode& mode) { mode_ = mode; }
    void restore_clients(std::uint32_t clients) { clients_ = clients; }
    OrRefusal<ComputeInstance> restore_compute_instance(std::uint32_t gpu_instance,
                                                        const ComputeInstanceProfile& profile,
                                                        std::uint32_t id, std::uint32_t start,
                                                        std::uint32_t clients);

private:
    struct Inside { // one GPU instance
        ComputeInstanceAllocator compute_instances;
        std::map<std::uint32_t, std::uint32_t> clients; // by compute instance
    };

    std::optional<Refusal> refuse_if_used(const char* what) const;
    std::optional<Refusal> refuse_if_absent(std::uint32_t gpu_instance, std::uint32_t compute_instance) const;
    void destroy_all_instances();

    MigMode mode_;
    InstanceAllocator gpu_instances_;
    std::map<std::uint32_t, Inside> inside_; // by GPU instance
    std::uint32_t clients_ = 0;
};

} // namespace migsim
