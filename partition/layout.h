// SPDX-License-Identifier: Apache-2.0
// A set of GPU instances that can exist together on one board. It can only be made by an InstanceAllocator,
// so a Layout in hand is a legal one. The instances stand in order of placement: their position is the
// machine's InstanceId, and it does not depend on the order in which anybody listed or created them. Each has
// the compute instance that fills it, unless divide() gives it others.
#pragma once

#include <cstddef>
#include <vector>

#include "partition/compute_instance_allocator.h"
#include "partition/instance_allocator.h"

namespace migsim {

// How the driver was brought to make a layout.
enum class Creation {
    InOrder, // one after another in creation_order(), each where the driver puts it: nvidia-smi, mig-parted
    AtPlacement // some instance by asking for its placement: nvmlDeviceCreateGpuInstanceWithPlacement
};

class Layout {
public:
    Layout(InstanceAllocator made, Creation creation);

    const Board& board() const { return *made_.board(); }
    const std::vector<GpuInstance>& instances() const { return instances_; }
    Creation creation() const { return creation_; }
    const std::vector<GpuInstance>& creation_order() const { return made_.instances(); }

    // Of the GPU instance at a position, in order of creation.
    const std::vector<ComputeInstance>& compute_instances(std::size_t position) const {
        return compute_instances_[position];
    }
    void divide(std::size_t position, const ComputeInstanceAllocator& made);

    ProfileCounts counts() const;
    // Is there no room left for any of these profiles?
    bool is_maximal(const std::vector<const Profile*>& profiles) const;

private:
    InstanceAllocator made_;
    std::vector<GpuInstance> instances_;
    std::vector<std::vector<ComputeInstance>> compute_instances_; // by position
    Creation creation_;
};

} // namespace migsim
