// SPDX-License-Identifier: Apache-2.0
// The data uTLB of a TPC: up to 16 pages, fully associative, least recently used first out. An entry may
// already be there while its translation is still on its way; it says from when it can be used.
#pragma once

#include <array>
#include <cstdint>

#include "models/base/lru_order.h"
#include "models/base/time.h"
#include "models/mmu/tlb_array.h"

namespace migsim {

class Utlb {
public:
    struct Page {
        Address base; // physical
        Tick ready;
    };

    explicit Utlb(unsigned entries) : entries_(entries) {}

    // Null on a miss. Looks at the most recent first: most accesses are to one of a few pages.
    const Page* find(TlbKey key) {
        const unsigned recent = order_.at(0);
        return keys_[recent] == key ? &pages_[recent] : search(key);
    }

    // A page that is there already keeps the time from which it can be used.
    void insert(TlbKey key, const Page& page) {
        if (find(key)) return;
        const unsigned way = order_.oldest(entries_);
        keys_[way] = key;
        pages_[way] = page;
        order_.promote(entries_ - 1);
    }

    void drop(InstanceId instance) {
        for (unsigned way = 0; way < entries_; ++way)
            if (keys_[way] != 0 && instance_of(keys_[way]) == instance) {
                keys_[way] = 0;
                order_.retire(way, entries_);
            }
    }

private:
    const Page* search(TlbKey key) {
        for (unsigned position = 1; position < entries_; ++position) {
            const unsigned way = order_.at(position);
            if (keys_[way] != key) continue;
            order_.promote(position);
            return &pages_[way];
        }
        return nullptr;
    }

    LruOrder order_;
    unsigned entries_;
    std::array<TlbKey, LruOrder::max_ways> keys_{};
    std::array<Page, LruOrder::max_ways> pages_;
};

} // namespace migsim
