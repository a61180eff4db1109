// SPDX-License-Identifier: Apache-2.0
#include "models/mmu/tlb_array.h"

#include <bit>

#include "models/base/lru_order.h"

namespace migsim {

namespace {

constexpr unsigned valid_per_word = 64 / pages_per_entry;

unsigned valid_shift(unsigned way) {
    return way % valid_per_word * pages_per_entry;
}

std::uint16_t valid_of(const std::uint64_t* set, unsigned way) {
    return static_cast<std::uint16_t>(set[1 + way / valid_per_word] >> valid_shift(way));
}
void set_valid(std::uint64_t* set, unsigned way, std::uint16_t valid) {
    std::uint64_t& word = set[1 + way / valid_per_word];
    word &= ~(std::uint64_t{0xffff} << valid_shift(way));
    word |= std::uint64_t{valid} << valid_shift(way);
}

void touch(std::uint64_t* set, unsigned way) {
    auto order = std::bit_cast<LruOrder>(set[0]);
    order.touch(way);
    set[0] = std::bit_cast<std::uint64_t>(order);
}

} // namespace

TlbArray::TlbArray(std::uint32_t sets, std::uint32_t ways)
    : sets_(sets),
      ways_(ways),
      keys_(1 + (ways + valid_per_word - 1) / valid_per_word),
      stride_(keys_ + ways),
      bits_(std::has_single_bit(sets) ? static_cast<unsigned>(std::countr_zero(sets)) : 0),
      // The L3 TLB of GA102 (Zhang et al., "TunneLs for Bootlegging", CCS 2023): set bit i of six is the XOR
      // of VA bits 21 + i + 7 k. Other widths fold the same address bits at a distance of their own width.
      fold_(bits_ == 6 ? 7 : bits_),
      words_(std::size_t{sets} * stride_) {
    for (std::size_t set = 0; set < words_.size(); set += stride_)
        words_[set] = std::bit_cast<std::uint64_t>(LruOrder{});
}

// Where the number of sets is no power of two (a share of a split TLB), neighbours take turns.
std::uint64_t* TlbArray::set_of(std::uint64_t number) {
    std::uint32_t set = 0;
    if (bits_ != 0) {
        for (; number != 0; number >>= fold_) set ^= static_cast<std::uint32_t>(number);
        set &= sets_() - 1;
    } else {
        set = sets_.remainder(static_cast<std::uint32_t>(number ^ number >> 32));
    }
    return &words_[std::size_t{set} * stride_];
}

unsigned TlbArray::find(const std::uint64_t* set, TlbKey key) const {
    unsigned way = 0;
    while (way < ways_ && set[keys_ + way] != key) ++way;
    return way;
}

std::uint16_t TlbArray::lookup(const TlbPlace& place) {
    std::uint64_t* set = set_of(place.number);
    const unsigned way = find(set, place.key);
    if (way == ways_) return 0;
    const std::uint16_t valid = valid_of(set, way);
    if ((valid >> place.bit & 1) == 0) return 0;
    touch(set, way);
    return valid;
}

void TlbArray::fill(const TlbPlace& place, std::uint16_t valid) {
    std::uint64_t* set = set_of(place.number);
    unsigned way = find(set, place.key);
    if (way == ways_) {
        way = std::bit_cast<LruOrder>(set[0]).oldest(ways_);
        set[keys_ + way] = place.key;
        set_valid(set, way, 0);
    }
    set_valid(set, way, static_cast<std::uint16_t>(valid_of(set, way) | valid));
    touch(set, way);
}

void TlbArray::drop(InstanceId instance) {
    for (std::size_t first = 0; first < words_.size(); first += stride_) {
        std::uint64_t* set = &words_[first];
        for (unsigned way = 0; way < ways_; ++way) {
            if (set[keys_ + way] == 0 || instance_of(set[keys_ + way]) != instance) continue;
            set[keys_ + way] = 0;
            auto order = std::bit_cast<LruOrder>(set[0]);
            order.retire(way, ways_);
            set[0] = std::bit_cast<std::uint64_t>(order);
        }
    }
}

} // namespace migsim
