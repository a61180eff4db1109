// SPDX-License-Identifier: Apache-2.0
// What of the hardware an arm uses: the resources that partition/ gives each instance, as the numbers that
// models/gpu takes.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "models/gpu/device.h"
#include "models/gpu/machine.h"
#include "partition/layout.h"
#include "partition/machine_shape.h"
#include "partition/resource_map.h"
#include "partition/walls.h"

namespace migsim {

// Where a tenant runs: a compute instance of an instance.
struct Seat {
    InstanceId instance{};
    std::uint8_t compute_instance = 0;
    auto operator<=>(const Seat&) const = default;
};

struct ArrangedStep { // of a reconfiguration
    Reconfiguration change;
    std::map<std::uint32_t, Seat> moves; // by tenant
};

struct Arrangement {
    std::vector<InstanceSetup> instances; // at the start
    std::vector<Seat> seats;              // per tenant, at the start
    MachineWalls walls;
    std::vector<ArrangedStep> steps;

    const InstanceSetup& instance(InstanceId id) const; // also one that a step makes
    const ComputeInstanceSetup& compute_instance(const Seat& seat) const {
        return instance(seat.instance).compute_instances[seat.compute_instance];
    }
};

MachineShape shape_of(const Device& device);

// Nobody sits anywhere yet. The second throws InputError if the machine cannot carry the layout.
Arrangement whole_gpu(const MachineShape& shape);
Arrangement arrange(const Layout& layout, const MachineShape& shape, const WallSet& walls);
// The instance at a position of the layout, of which `map` is.
InstanceSetup instance_setup(const Layout& layout, std::size_t position, const ResourceMap& map,
                             InstanceId id);

} // namespace migsim
