// SPDX-License-Identifier: Apache-2.0
// Which TPCs the instances of a layout get. The rule is written out in README.md: every memory slice is home
// to one GPC (or a few, or none), and an instance leaves its homes only when they are too small for it.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "partition/layout.h"
#include "partition/machine_shape.h"

namespace migsim {

// The L2 partition in which a memory slice lies.
std::uint32_t l2_partition_of(std::uint32_t memory_slice, const Board& board, const MachineShape& shape);

// The GPCs that each memory slice of the board is home to, the one to fill first in front.
std::vector<std::vector<std::uint32_t>> home_gpcs(const Board& board, const MachineShape& shape);

// The TPCs of instances that are there already, by placement: they never change.
using KeptTpcs = std::map<Placement, std::vector<std::uint32_t>>;

// Per instance of the layout its TPC numbers, ascending. Throws InputError if the machine has too few.
std::vector<std::vector<std::uint32_t>> assign_tpcs(const Layout& layout, const MachineShape& shape,
                                                    const KeptTpcs& kept = {});

// Of a GPU instance's `tpcs`, ascending, what each of its compute instances gets. Throws InputError if they
// are too few.
std::vector<std::vector<std::uint32_t>> divide_tpcs(const std::vector<ComputeInstance>& instances,
                                                    const std::vector<std::uint32_t>& tpcs,
                                                    const MachineShape& shape);

} // namespace migsim
