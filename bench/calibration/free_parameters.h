// SPDX-License-Identifier: Apache-2.0
// Which numbers of a device a calibration may move, and how far: those that nobody measured and no vendor
// told, which the device file marks derived or assumed; between half and twice what they are, inside what is
// legal.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/gpu/device.h"

namespace migsim {

inline constexpr double trust_factor = 2; // a number is trusted up to this factor, either way

struct FreeParameter {
    std::string group, key, unit;
    std::uint64_t value, least, most;

    std::string name() const { return group + "." + key; }
};

// Those that are named, or all derived times and rates: what is counted in cycles or moves so much per cycle,
// and was found from measurements before. What is assumed would often only soak up the errors of something
// else, and what counts sets or places shapes the chip: they move when named. Throws InputError for a name
// that is no parameter, and for one that must not or cannot move.
std::vector<FreeParameter> free_parameters(Device& device, const std::vector<std::string>& named);

} // namespace migsim
