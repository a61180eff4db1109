// SPDX-License-Identifier: Apache-2.0
// A finite buffer at the far end of a link. Each slot holds the time from which the sender may use it again;
// credits travel back over the wire, so a slot given back in a window is usable in a later one. A sender that
// reads a slot as taken, or as free only after its window, is blocked either way: exact without agreement.
#pragma once

#include <atomic>
#include <cassert>
#include <memory>

#include "models/base/fetch_ahead.h"
#include "models/base/windows.h"

namespace migsim {

class Credits {
public:
    // return_latency: ps from the pop at the receiver to the slot being usable by the sender.
    Credits(Windows& windows, BlockId sender, BlockId receiver, unsigned slots, Tick return_latency)
        : windows_(windows),
          sender_(sender),
          lane_(windows.lane(receiver)),
          slots_(slots),
          return_latency_(return_latency),
          free_at_(std::make_unique<std::atomic<Tick>[]>(slots)) {}

    // Sender: from when the next message may leave; at or after the window's end means not in this window.
    Tick next() const { return free_at_[sent_ % slots_].load(std::memory_order_relaxed); }
    void take() {
        free_at_[sent_ % slots_].store(never, std::memory_order_relaxed);
        ++sent_;
    }

    // Speed alone, each by the side that owns the count: before next(), before give_back().
    void fetch_next_ahead() const { migsim::fetch_ahead(&free_at_[sent_ % slots_]); }
    void fetch_give_back_ahead() const { migsim::fetch_ahead(&free_at_[popped_ % slots_]); }

    // Receiver: the oldest message left the buffer at `popped`. The sender gets a turn when the credit
    // arrives.
    void give_back(Tick popped) {
        const Tick usable = popped + return_latency_;
        assert(usable >= windows_.end());
        free_at_[popped_ % slots_].store(usable, std::memory_order_relaxed);
        ++popped_;
        windows_.wake(sender_, usable, lane_);
    }

private:
    Windows& windows_;
    BlockId sender_;
    unsigned lane_; // the receiver's: it is the one that wakes
    unsigned slots_;
    Tick return_latency_;
    std::unique_ptr<std::atomic<Tick>[]> free_at_;
    alignas(64) std::uint64_t sent_ = 0;
    alignas(64) std::uint64_t popped_ = 0;
};

} // namespace migsim
