// SPDX-License-Identifier: Apache-2.0
// The L1 data cache's tags: virtually indexed and tagged, 128-byte lines of 32-byte sectors, true LRU, an
// evenly spread set index. A line stays until its last pending sector has arrived, so a line is its own MSHR.
// What one kernel launch brought in no later launch may hit: L1 is not coherent and is invalidated between
// kernels.
#pragma once

#include <cstdint>
#include <vector>

#include "models/base/divisor.h"
#include "models/messages/memory.h"

namespace migsim {

class L1Cache {
public:
    static constexpr std::uint16_t none = 0xffff;

    struct Entry {
        std::uint64_t key = ~std::uint64_t{0};
        std::uint32_t used = 0;
        std::uint16_t waiters = none; // first in the SM's pool
        SectorMask valid = 0;
        SectorMask pending = 0;
    };

    L1Cache(std::uint32_t sets, std::uint32_t ways)
        : sets_(sets), ways_(ways), entries_(std::size_t{sets} * ways) {}

    // The entry of a line of a launch; a new one replaces the least recently used line that has nothing
    // pending. `none` when the whole set is pending.
    std::uint16_t find_or_allocate(Address line, std::uint32_t launch) {
        const std::uint64_t number = line / line_bytes;
        const std::uint64_t key = number << 16 | (launch & 0xffff);
        const std::size_t first =
            static_cast<std::size_t>(sets_.remainder(static_cast<std::uint32_t>(number))) * ways_;
        std::size_t victim = none;
        for (std::size_t way = first; way < first + ways_; ++way) {
            Entry& entry = entries_[way];
            if (entry.key == key) {
                entry.used = ++clock_;
                return static_cast<std::uint16_t>(way);
            }
            if (entry.pending == 0 && (victim == none || entry.used < entries_[victim].used)) victim = way;
        }
        if (victim == none) return none;
        entries_[victim] = {key, ++clock_, none, 0, 0};
        return static_cast<std::uint16_t>(victim);
    }

    Entry& operator[](std::uint16_t entry) { return entries_[entry]; }
    const Entry& operator[](std::uint16_t entry) const { return entries_[entry]; }

private:
    Divisor sets_; // of the line number's low 32 bits: half a terabyte of addresses spread evenly
    std::uint32_t ways_;
    std::uint32_t clock_ = 0;
    std::vector<Entry> entries_;
};

} // namespace migsim
