// SPDX-License-Identifier: Apache-2.0
// How much farther than the nearest slice a slice lies from a GPC. Which one lies where is not published, so
// distances go round from slice to slice in five steps: where the slices of an eighth of the chip are a
// multiple of five (A100, H100, H200), every GPC and every instance see the same mean.
#pragma once

#include <cstdint>

namespace migsim {

// Cycles each way, from 0 to `spread`.
constexpr std::uint32_t detour(std::uint32_t spread, std::size_t gpc, std::size_t slice) {
    constexpr std::uint32_t steps = 5;
    return static_cast<std::uint32_t>(spread * ((gpc + slice) % steps) / (steps - 1));
}

} // namespace migsim
