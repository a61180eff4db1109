// SPDX-License-Identifier: Apache-2.0
// The tags of one L2 slice: sets of 128-byte lines in 32-byte sectors, each valid and dirty on its own. A set
// is two cache lines of the host. Home lines and near copies of the other partition's lines compete for the
// same ways.
#pragma once

#include <emmintrin.h> // SSE2 is part of plain x86-64

#include <bit>
#include <cassert>
#include <cstdint>
#include <vector>

#include "models/base/divisor.h"
#include "models/base/fetch_ahead.h"
#include "models/base/ids.h"
#include "models/l2/replacement.h"
#include "models/messages/memory.h"

namespace migsim {

// A line as the slice knows it: its slice line, and whether it is a copy of the paired slice's line of that
// number.
struct LineKey {
    std::uint32_t value;

    static LineKey home(std::uint32_t slice_line) { return {slice_line << 1}; }
    static LineKey copy(std::uint32_t slice_line) { return {slice_line << 1 | 1}; }
    std::uint32_t slice_line() const { return value >> 1; }
    bool is_copy() const { return value & 1; }
};

// Who filled a line, or wrote it last: bits of one byte.
struct LineOwner {
    static_assert(max_tenants <= 16 && max_instances <= 8);
    std::uint8_t bits;

    static LineOwner of(InstanceId instance, TenantId tenant) {
        return {static_cast<std::uint8_t>(index(instance) << 4 | index(tenant))};
    }
    TenantId tenant() const { return static_cast<TenantId>(bits & 0xf); }
    InstanceId instance() const { return static_cast<InstanceId>(bits >> 4 & 7); }
};

struct alignas(64) LineSet {
    static constexpr unsigned max_ways = 16;
    static constexpr std::uint32_t no_line = 0xffff'ffff;

    std::uint32_t keys[max_ways];
    std::uint8_t sectors[max_ways]; // low half: valid; high half: dirty
    std::uint8_t owners[max_ways];  // LineOwner; the top bit says that the paired slice may hold a copy
    std::uint64_t order;            // of replacement
    std::uint16_t lost[8]; // lines that another tenant drove out, latest first: 12 bits of hash, 4 of evictor

    SectorMask valid(unsigned way) const { return sectors[way] & all_sectors; }
    SectorMask dirty(unsigned way) const { return sectors[way] >> 4; }
    LineOwner owner(unsigned way) const { return {owners[way]}; }
    bool copied(unsigned way) const { return owners[way] & 0x80; }
    void add_valid(unsigned way, SectorMask mask) { sectors[way] |= mask; }
    void add_dirty(unsigned way, SectorMask mask) {
        sectors[way] |= static_cast<std::uint8_t>(mask << 4 | mask);
    }
    void clean(unsigned way) { sectors[way] &= all_sectors; }
    void own(unsigned way, LineOwner owner) { owners[way] = (owners[way] & 0x80) | owner.bits; }
    void set_copied(unsigned way) { owners[way] |= 0x80; }
    void clear_copied(unsigned way) { owners[way] &= 0x7f; }
    void drop(unsigned way) {
        keys[way] = no_line;
        sectors[way] = 0;
    }

    unsigned find(std::uint32_t key) const { // the way, or max_ways
        const auto* lines = reinterpret_cast<const __m128i*>(keys);
        const __m128i wanted = _mm_set1_epi32(static_cast<int>(key));
        const __m128i low = _mm_packs_epi32(_mm_cmpeq_epi32(_mm_load_si128(lines), wanted),
                                            _mm_cmpeq_epi32(_mm_load_si128(lines + 1), wanted));
        const __m128i high = _mm_packs_epi32(_mm_cmpeq_epi32(_mm_load_si128(lines + 2), wanted),
                                             _mm_cmpeq_epi32(_mm_load_si128(lines + 3), wanted));
        const auto found = static_cast<unsigned>(_mm_movemask_epi8(_mm_packs_epi16(low, high)));
        return static_cast<unsigned>(std::countr_zero(found | 1u << max_ways));
    }
};
static_assert(sizeof(LineSet) == 128);

class TagArray {
public:
    TagArray(std::uint32_t sets, std::uint32_t ways, Replacement replacement);

    // Slice lines go round the sets in laps, each lap turned by a hash of its number: a contiguous footprint
    // fills all sets evenly, and no stride stays on a few.
    LineSet& set_of(LineKey key) { return sets_[set(key.slice_line())]; }

    void fetch_ahead(std::uint32_t slice_line) const { // brings a set into the host's cache
        migsim::fetch_ahead(&sets_[set(slice_line)], sizeof(LineSet));
    }

    void touch(LineSet& set, unsigned way) const {
        if (replacement_ == Replacement::Lru) {
            auto order = std::bit_cast<LruOrder>(set.order);
            order.touch(way);
            set.order = std::bit_cast<std::uint64_t>(order);
        } else if (replacement_ == Replacement::Nru) {
            NruBits::touch(set.order, way, ways_);
        }
    }

    void clear();        // as at the beginning
    template <class See> // (set, way) of every line
    void for_each_line(See&& see) {
        for (LineSet& set : sets_)
            for (unsigned way = 0; way < ways_; ++way)
                if (set.valid(way)) see(set, way);
    }

    // The way that the next new line takes: an empty one, or that of the line that must go.
    unsigned victim(const LineSet& set);

    // `evictor` drives out the line of another tenant; when that misses it, take_evictor() knows who it was.
    // A set remembers the last eight, by 12 bits of the line: one in 500 is blamed wrongly, none is invented
    // where no other tenant evicts.
    static void remember_evictor(LineSet& set, LineKey lost, TenantId evictor);
    static TenantId take_evictor(LineSet& set, LineKey missed, TenantId otherwise);

private:
    std::uint32_t set(std::uint32_t slice_line) const {
        const std::uint32_t lap = sets_per_.quotient(slice_line);
        const auto turn = static_cast<std::uint32_t>(std::uint64_t{lap * 0x9e3779b1u} * sets_.size() >> 32);
        const std::uint32_t set = sets_per_.remainder(slice_line) + turn;
        return set < sets_.size() ? set : set - static_cast<std::uint32_t>(sets_.size());
    }

    std::vector<LineSet> sets_;
    Divisor sets_per_;
    std::uint32_t ways_;
    Replacement replacement_;
    RandomWays random_;
};

} // namespace migsim
