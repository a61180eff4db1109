// SPDX-License-Identifier: Apache-2.0
// Division by a number that is fixed when the machine is built (slices, channels, sets: rarely powers of two)
// as one multiplication. Exact for every 32-bit dividend.
#pragma once

#include <cassert>
#include <cstdint>

#include "models/base/wide.h"

namespace migsim {

class Divisor {
public:
    // divisor: 1 to 2^31.
    explicit constexpr Divisor(std::uint32_t divisor = 1)
        : inverse_(((std::uint64_t{1} << 63) + divisor - 1) / divisor), divisor_(divisor) {}

    // With m = (2^63 + e) / d and e < d, x * m / 2^63 exceeds x / d by x * e / (d * 2^63) < 1 / d: floors
    // agree.
    constexpr std::uint32_t quotient(std::uint32_t x) const {
        return static_cast<std::uint32_t>(multiply_high(std::uint64_t{x} << 1, inverse_));
    }
    constexpr std::uint32_t remainder(std::uint32_t x) const { return x - quotient(x) * divisor_; }
    constexpr std::uint32_t operator()() const { return divisor_; }

private:
    std::uint64_t inverse_; // ceil(2^63 / divisor)
    std::uint32_t divisor_;
};

} // namespace migsim
