// SPDX-License-Identifier: Apache-2.0
#include "models/l2/tag_array.h"

#include <algorithm>
#include <iterator>

namespace migsim {

namespace {

std::uint16_t short_hash(LineKey key) { // 12 bits in the upper part, never 0: an empty entry matches nothing
    return static_cast<std::uint16_t>((mix64(key.value) % 4095 + 1) << 4);
}

} // namespace

TagArray::TagArray(std::uint32_t sets, std::uint32_t ways, Replacement replacement)
    : sets_(sets), sets_per_(sets), ways_(ways), replacement_(replacement) {
    assert(ways >= 1 && ways <= LineSet::max_ways);
    clear();
}

void TagArray::clear() {
    LineSet empty{};
    std::fill(std::begin(empty.keys), std::end(empty.keys), LineSet::no_line);
    empty.order =
        replacement_ == Replacement::Lru ? std::bit_cast<std::uint64_t>(LruOrder{}) : NruBits::fresh;
    std::fill(sets_.begin(), sets_.end(), empty);
}

unsigned TagArray::victim(const LineSet& set) {
    const unsigned empty =
        set.find(LineSet::no_line); // the lowest, so never a way beyond ways_ unless all are full
    if (empty < ways_) return empty;
    switch (replacement_) {
    case Replacement::Lru:
        return std::bit_cast<LruOrder>(set.order).oldest(ways_);
    case Replacement::Nru:
        return NruBits::victim(set.order);
    case Replacement::Random:
        return random_.victim(ways_);
    }
    return 0;
}

void TagArray::remember_evictor(LineSet& set, LineKey lost, TenantId evictor) {
    std::copy_backward(std::begin(set.lost), std::end(set.lost) - 1, std::end(set.lost));
    set.lost[0] = static_cast<std::uint16_t>(short_hash(lost) | index(evictor));
}

TenantId TagArray::take_evictor(LineSet& set, LineKey missed, TenantId otherwise) {
    if (set.lost[0] == 0) return otherwise;
    const std::uint16_t hash = short_hash(missed);
    for (std::uint16_t& entry : set.lost)
        if ((entry & 0xfff0) == hash) {
            const auto evictor = static_cast<TenantId>(entry & 0xf);
            entry = 0xf; // matches nothing, and is not the empty front of the list
            return evictor;
        }
    return otherwise;
}

} // namespace migsim
