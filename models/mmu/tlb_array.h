// SPDX-License-Identifier: Apache-2.0
// The tags of a set-associative TLB whose entries cover 16 aligned pages with a valid bit each (sub-entries).
// It holds no frames: what is valid here is looked up in the page tables, which do not change during a run.
#pragma once

#include <cstdint>
#include <vector>

#include "models/base/divisor.h"
#include "models/messages/translation.h"

namespace migsim {

// What a tag is compared with: a numbered thing (page, group of pages, table entry) of an address space,
// asked for by an instance. The instance is part of it, so that a forged instance id never hits and meets the
// walker.
using TlbKey = std::uint64_t; // never 0

// kind: 1 to 15, numbers of which are not mixed up. Any page number fits.
constexpr TlbKey tlb_key(SpaceId space, InstanceId instance, unsigned kind, Address number) {
    static_assert(max_instances <= 8 && sizeof(SpaceId) == 1);
    return number << 15 | std::uint64_t{kind} << 11 | std::uint64_t{index(instance)} << 8 | index(space);
}
constexpr TlbKey tlb_key(SpaceId space, InstanceId instance, PageSize size, Address number) {
    return tlb_key(space, instance, size == PageSize::K64 ? 1u : 2u, number);
}
constexpr InstanceId instance_of(TlbKey key) {
    return static_cast<InstanceId>(key >> 8 & 7);
}

// Where something belongs: the entry's key, the number its set is chosen by, its bit among the valid bits.
struct TlbPlace {
    TlbKey key;
    std::uint64_t number;
    unsigned bit;
};

// The published set hash takes virtual address bits from 21 up, so it is fed those that lie above the entry.
constexpr TlbPlace place_of(SpaceId space, InstanceId instance, PageSize size, Address page) {
    const Address group = page / pages_per_entry;
    return {tlb_key(space, instance, size, group), size == PageSize::K64 ? group >> 1 : group,
            static_cast<unsigned>(page % pages_per_entry)};
}

class TlbArray {
public:
    // ways: 1 to 16. Any number of sets from 1 up.
    TlbArray(std::uint32_t sets, std::uint32_t ways);

    // All valid bits of the entry, which becomes the most recently used, if the place's own bit is valid;
    // else 0.
    std::uint16_t lookup(const TlbPlace& place);
    // Adds valid bits to the entry, which replaces the least recently used of its set if there is none yet.
    void fill(const TlbPlace& place, std::uint16_t valid);

    void drop(InstanceId instance);

private:
    std::uint64_t* set_of(std::uint64_t number);
    unsigned find(const std::uint64_t* set, TlbKey key) const; // way, or ways_

    Divisor sets_;
    std::uint32_t ways_;
    std::uint32_t keys_;   // a set: its order, its valid bits, and from here its keys
    std::uint32_t stride_; // words of a set: 11 for 8 ways, at most three host cache lines
    unsigned bits_;        // of the set number where sets_ is a power of two
    unsigned fold_;        // distance of the address bits that one bit of the set number is the XOR of
    std::vector<std::uint64_t> words_;
};

} // namespace migsim
