// SPDX-License-Identifier: Apache-2.0
// What is being fetched at the moment, by key, each under a small number that a request can carry as its tag.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/base/random.h"
#include "models/mmu/tlb_array.h"

namespace migsim {

class MissTable {
public:
    MissTable() { heads_.fill(none); }

    std::optional<std::uint16_t> find(TlbKey key) const {
        for (std::uint16_t slot = heads_[bucket(key)]; slot != none; slot = slots_[slot].next)
            if (slots_[slot].key == key) return slot;
        return std::nullopt;
    }
    // The key is not in the table yet.
    std::uint16_t open(TlbKey key) {
        std::uint16_t slot = free_;
        if (slot == none) {
            slot = static_cast<std::uint16_t>(slots_.size());
            slots_.push_back({});
        } else {
            free_ = slots_[slot].next;
        }
        std::uint16_t& head = heads_[bucket(key)];
        slots_[slot] = {key, head};
        head = slot;
        ++size_;
        return slot;
    }
    void close(std::uint16_t slot) {
        std::uint16_t* link = &heads_[bucket(slots_[slot].key)];
        while (*link != slot) link = &slots_[*link].next;
        *link = slots_[slot].next;
        slots_[slot].next = free_;
        free_ = slot;
        --size_;
    }

    unsigned size() const { return size_; }

private:
    static constexpr std::uint16_t none = 0xffff;
    static std::size_t bucket(TlbKey key) { return static_cast<std::size_t>(mix64(key) >> 58); }

    struct Slot {
        TlbKey key;
        std::uint16_t next;
    };
    std::array<std::uint16_t, 64> heads_;
    std::vector<Slot> slots_;
    std::uint16_t free_ = none;
    unsigned size_ = 0;
};

} // namespace migsim
