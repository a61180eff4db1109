// SPDX-License-Identifier: Apache-2.0
// Gives out the compute instances of one GPU instance as the driver does. Boards differ: Ampere fills from
// the lowest slice, later ones give aligned spans and choose as for GPU instances, so that the first 1c of a
// 3g lies at 2. There a span of three slices counts as one of four, and prints so: 0:4.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "partition/refusal.h"

namespace migsim {

struct ComputeInstance {
    std::uint32_t id; // the lowest that is free in its GPU instance
    const ComputeInstanceProfile* profile;
    Placement placement; // in the GPU instance's own slots
};

class ComputeInstanceAllocator {
public:
    ComputeInstanceAllocator(std::shared_ptr<const Board> board, const Profile& gpu_instance);

    OrRefusal<ComputeInstance> create(const ComputeInstanceProfile& profile);
    // One that existed before, such as a state file remembers.
    OrRefusal<ComputeInstance> restore(const ComputeInstanceProfile& profile, std::uint32_t id,
                                       std::uint32_t start);
    void destroy(std::uint32_t id); // nothing if there is none

    std::uint32_t free_count(const ComputeInstanceProfile& profile) const; // the Free column of `-lcip`

    const Profile& gpu_instance() const { return *gpu_instance_; }
    const std::vector<ComputeInstance>& instances() const { return instances_; } // in order of creation

private:
    std::vector<Placement> spans(const ComputeInstanceProfile& profile) const;
    std::vector<Placement> free_spans(const ComputeInstanceProfile& profile, std::uint32_t occupied) const;
    std::size_t choices_left(std::uint32_t occupied) const;
    std::uint32_t occupied_slots() const;

    std::shared_ptr<const Board> board_;
    const Profile* gpu_instance_;
    std::vector<ComputeInstance> instances_;
};

} // namespace migsim
