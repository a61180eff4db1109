// SPDX-License-Identifier: Apache-2.0
// An epoch is the time between two changes of instances: which there are, and where their addresses lie. All
// epochs of a run are known before it; only when each begins is not.
#pragma once

#include <vector>

#include "models/address/address_map.h"
#include "models/gpu/machine.h"

namespace migsim {

struct Epoch {
    std::vector<InstanceSetup> instances;
    std::vector<InstanceId> created; // at its beginning
    AddressMap map;
};

// Are there several instances at some time? If not, no wall has two sides.
bool partitioned(const MachineSetup& setup);

// 0 to count - 1: all slices or channels, where no wall divides them.
std::vector<std::uint16_t> numbers(std::uint32_t count);

// The one at the start, and one for each reconfiguration that creates instances. Throws std::invalid_argument
// with one sentence where they cannot follow each other.
std::vector<Epoch> epochs_of(const MachineSetup& setup);

// Every instance there ever is.
std::vector<InstanceSetup> all_instances(const MachineSetup& setup);

} // namespace migsim
