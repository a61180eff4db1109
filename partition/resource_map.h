// SPDX-License-Identifier: Apache-2.0
// What each GPU instance of a layout owns in one machine, and which of its SMs each of its compute instances
// has: all else is common to those. Memory follows the placement exactly: an instance
// of k of n memory slices has k/n of the L2 slices and channels and a window at its own slices' addresses.
// SMs follow it as far as GPCs and profiles allow (see README.md); where they do not, two instances meet in
// one GPC, and `sharers` tells.
#pragma once

#include <cstdint>
#include <vector>

#include "models/base/ids.h"
#include "partition/layout.h"
#include "partition/machine_shape.h"
#include "partition/tpc_assignment.h"

namespace migsim {

struct MemoryWindow {
    std::uint64_t base = 0;
    std::uint64_t size = 0;

    std::uint64_t end() const { return base + size; }
    bool overlaps(const MemoryWindow& other) const { return base < other.end() && other.base < end(); }
};

struct InstanceResources { // all numbers ascending
    std::vector<std::uint32_t> tpcs;
    std::vector<std::uint32_t> sms;
    std::vector<std::vector<std::uint32_t>> compute_instances; // the SMs of each, in the layout's order
    std::vector<std::uint32_t> gpcs;                           // those that hold any of the TPCs
    std::vector<std::uint32_t> l2_slices;
    std::vector<std::uint32_t> channels;
    MemoryWindow window;
    std::uint32_t l2_partitions = 0; // that its L2 slices lie in
    double memory_share = 0;         // of the GPU's L2, channels and memory
};

class ResourceMap {
public:
    // MIG off: one instance that owns everything.
    static ResourceMap whole_gpu(const MachineShape& shape);

    // Throws InputError if the machine cannot carry the board's partitioning.
    ResourceMap(const Layout& layout, const MachineShape& shape, const KeptTpcs& kept = {});

    // By InstanceId: the position of the instance in the layout.
    const std::vector<InstanceResources>& instances() const { return instances_; }
    // The instances with TPCs in this GPC: more than one share its port and its TLB.
    const std::vector<InstanceId>& sharers(std::uint32_t gpc) const { return sharers_.at(gpc); }

private:
    ResourceMap() = default;
    void own_tpcs(const MachineShape& shape, const std::vector<std::vector<std::uint32_t>>& tpcs_by_instance);

    std::vector<InstanceResources> instances_;
    std::vector<std::vector<InstanceId>> sharers_;
};

} // namespace migsim
