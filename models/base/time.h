// SPDX-License-Identifier: Apache-2.0
// Simulated time: whole picoseconds. There is no floating-point second anywhere in the machine.
#pragma once

#include <cstdint>
#include <limits>

namespace migsim {

using Tick = std::uint64_t;  // 1 ps
using Cycle = std::uint64_t; // edges of one clock domain

inline constexpr Tick never = std::numeric_limits<Tick>::max();

inline constexpr Tick ns = 1'000;
inline constexpr Tick us = 1'000'000;
inline constexpr Tick ms = 1'000'000'000;

} // namespace migsim
