// SPDX-License-Identifier: Apache-2.0
// Where a GPU instance lies, in memory slices, as nvidia-smi prints it: `4:2` is slices 4 and 5. The numbers
// are the printed ones, in which the slot without compute is always the last; which slot of the die that is
// differs per die.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace migsim {

struct Placement {
    std::uint32_t start = 0; // first memory slice
    std::uint32_t size = 0;  // number of memory slices

    constexpr std::uint32_t end() const { return start + size; }
    constexpr std::uint32_t slots() const { return ((1U << size) - 1U) << start; } // a bit for each
    constexpr bool overlaps(const Placement& other) const {
        return start < other.end() && other.start < end();
    }

    auto operator<=>(const Placement&) const = default;
};

inline std::string to_string(const Placement& placement) {
    return std::to_string(placement.start) + ":" + std::to_string(placement.size);
}

} // namespace migsim
