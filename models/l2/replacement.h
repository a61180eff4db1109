// SPDX-License-Identifier: Apache-2.0
// Which line of a full set gives way. Each policy keeps its whole state of a set in one 64-bit word, hence at
// most 16 ways; LruOrder is that of the TLBs.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "models/base/config/enum_names.h"
#include "models/base/lru_order.h"
#include "models/base/random.h"
#include "models/base/wide.h"

namespace migsim {

enum class Replacement : std::uint8_t { Lru, Nru, Random };
template <>
struct EnumNames<Replacement> {
    static constexpr std::array table{EnumName{Replacement::Lru, "lru"}, EnumName{Replacement::Nru, "nru"},
                                      EnumName{Replacement::Random, "random"}};
};

// Not recently used: one bit per way, all cleared when the last is set; the first way without goes.
struct NruBits {
    static constexpr std::uint64_t fresh = 0;

    static void touch(std::uint64_t& used, unsigned way, unsigned ways) {
        const std::uint64_t all = (std::uint64_t{1} << ways) - 1;
        used |= std::uint64_t{1} << way;
        if (used == all) used = ways > 1 ? std::uint64_t{1} << way : 0;
    }
    static unsigned victim(std::uint64_t used) { return static_cast<unsigned>(std::countr_one(used)); }
};

// Random: a fixed sequence per array, so that a run repeats.
struct RandomWays {
    std::uint64_t draws = 0;

    unsigned victim(unsigned ways) { return static_cast<unsigned>(multiply_high(mix64(++draws), ways)); }
};

} // namespace migsim
