// SPDX-License-Identifier: Apache-2.0
// How the 32-byte bursts of a line follow one another: even sectors lie in one bank of a pair, odd ones in
// the other, in another bank group, so a whole line moves at nCCDS though each group keeps nCCDL.
#pragma once

#include <array>
#include <cstdint>

#include "models/memory/memory_params.h"
#include "models/messages/memory.h"

namespace migsim {

// The banks of a pair that sectors lie in: bit 0 the even bank, bit 1 the odd one.
constexpr unsigned banks_of(SectorMask sectors) {
    return (sectors & 0x5u ? 1u : 0u) | (sectors & 0xau ? 2u : 0u);
}

// Commands of the bursts of some sectors, in cycles from the first.
struct LineBursts {
    std::uint8_t banks = 0;
    std::uint8_t count = 0;
    std::array<std::uint8_t, 4> sector{}; // by sector
    std::array<std::uint8_t, 2> first{};  // by bank of the pair
    std::array<std::uint8_t, 2> last{};   // by bank of the pair
    std::uint8_t end = 0;                 // the last of all
    std::uint16_t unloaded = 0;           // a read that finds its banks closed: arrival to departure
    std::uint32_t busy = 0;               // ps on the data bus
};

using LineBurstTable = std::array<LineBursts, 16>; // by sector mask
LineBurstTable line_bursts(const MemoryParams& params);

} // namespace migsim
