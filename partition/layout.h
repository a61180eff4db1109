// SPDX-License-Identifier: Apache-2.0
// A set of GPU instances that can exist together on one board. It can only be made by an InstanceAllocator,
// so a Layout in hand is a legal one. The instances stand in order of placement: their position is the
// machine's InstanceId, and it does not depend on the order in which anybody listed or created them.
#pragma once

#include <cstddef>
#include <vector>

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

    ProfileCounts counts() const;
    // Is there no room left for any of these profiles?
    bool is_maximal(const std::vector<const Profile*>& profiles) const;

private:
    InstanceAllocator made_;
    std::vector<GpuInstance> instances_;
    Creation creation_;
};

} // namespace migsim
