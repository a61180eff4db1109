// SPDX-License-Identifier: Apache-2.0
// The order in which up to 16 ways were last used, as 4-bit way numbers in one word: the most recent lowest.
#pragma once

#include <bit>
#include <cstdint>

namespace migsim {

class LruOrder {
public:
    static constexpr unsigned max_ways = 16;

    unsigned at(unsigned position) const { return static_cast<unsigned>(word_ >> (4 * position) & 0xf); }
    unsigned oldest(unsigned ways) const { return at(ways - 1); }
    void promote(unsigned position) { move(position, 0); } // makes it the most recent
    void touch(unsigned way) { move(position_of(way), 0); }
    void retire(unsigned way, unsigned ways) { move(position_of(way), ways - 1); } // makes it the oldest

private:
    static constexpr std::uint64_t ones = 0x1111'1111'1111'1111;

    static std::uint64_t below(unsigned position) { return (std::uint64_t{1} << (4 * position)) - 1; }

    unsigned position_of(unsigned way) const {
        const std::uint64_t x =
            word_ ^ (ones * way); // the nibble sought is zero; the lowest zero is found exactly
        return static_cast<unsigned>(std::countr_zero((x - ones) & ~x & (ones << 3))) / 4 % max_ways;
    }
    void move(unsigned from, unsigned to) {
        const std::uint64_t way = at(from);
        const std::uint64_t tail = from == 15 ? 0 : word_ >> (4 * (from + 1));
        const std::uint64_t rest = tail << (4 * from) | (word_ & below(from)); // without it: the top is empty
        word_ = (rest & ~below(to)) << 4 | way << (4 * to) | (rest & below(to));
    }

    std::uint64_t word_ = 0xfedc'ba98'7654'3210;
};

} // namespace migsim
