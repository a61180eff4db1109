// SPDX-License-Identifier: Apache-2.0
// 128-bit products, for exact arithmetic on 64-bit ticks.
#pragma once

#include <cstdint>

namespace migsim {

__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t multiply_high(std::uint64_t a, std::uint64_t b) {
    return static_cast<std::uint64_t>((Wide{a} * b) >> 64);
}

} // namespace migsim
