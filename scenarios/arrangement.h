// SPDX-License-Identifier: Apache-2.0
// What of the hardware an arm uses: the resources that partition/ gives each instance, as the numbers that
// models/gpu takes.
#pragma once

#include <cstdint>
#include <vector>

#include "models/gpu/device.h"
#include "models/gpu/machine.h"
#include "partition/layout.h"
#include "partition/machine_shape.h"
#include "partition/walls.h"

namespace migsim {

// Where a tenant runs: a compute instance of an instance.
struct Seat {
    InstanceId instance{};
    std::uint8_t compute_instance = 0;
    auto operator<=>(const Seat&) const = default;
};

struct Arrangement {
    std::vector<InstanceSetup> instances;
    std::vector<Seat> seats; // per tenant
    MachineWalls walls;

    const InstanceSetup& instance_of(std::uint32_t tenant) const {
        return instances[index(seats[tenant].instance)];
    }
    const ComputeInstanceSetup& compute_instance_of(std::uint32_t tenant) const {
        return instance_of(tenant).compute_instances[seats[tenant].compute_instance];
    }
};

MachineShape shape_of(const Device& device);

// Nobody sits anywhere yet. The second throws InputError if the machine cannot carry the layout.
Arrangement whole_gpu(const MachineShape& shape);
Arrangement arrange(const Layout& layout, const MachineShape& shape, const WallSet& walls);

} // namespace migsim
