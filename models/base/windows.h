// SPDX-License-Identifier: Apache-2.0
// Conservative look-ahead windows. Every link is at least one window long, so what is sent in a window
// arrives in a later one: blocks of a window may run in any order, on any thread, with the same result. With
// a window of one tick that jumps from event to event the same blocks form an event-driven simulation: the
// oracle.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/base/block.h"
#include "models/base/wide.h"

namespace migsim {

class WindowThreads;

struct WindowOptions {
    Tick length = 0;           // 0: as long as the shortest link allows
    bool event_driven = false; // windows of one tick, from event to event
    unsigned threads = 1;      // 1 to 64
    std::uint64_t shuffle = 0; // non-zero: run the blocks of each window in an order drawn from this seed
};

class Windows {
public:
    static constexpr unsigned ring = 8; // windows ahead that boxes are kept for; later messages wait in a map

    explicit Windows(WindowOptions options = {});
    ~Windows();

    // Elaboration. A link of latency 0 or shorter than a demanded window length is refused by name.
    BlockId add(Block& block);
    void add_link(const std::string& name, Tick latency);
    void start();

    // Runs the next window that holds work and begins before `limit`; false when there is none.
    bool step(Tick limit = never);
    bool has_work() { return next_begin() != never; }

    Tick begin() const { return begin_; }
    Tick end() const { return end_; }
    Tick length() const { return length_; }
    bool event_driven() const { return options_.event_driven; }
    unsigned threads() const { return options_.threads; }
    // The thread that runs a block: what one thread pushes never shares a box with another's.
    unsigned lane(BlockId block) const { return static_cast<unsigned>(index(block) % options_.threads); }

    // Which ring position a message of this arrival time belongs to; `ring` when it lies beyond.
    unsigned slot_of(Tick arrival) const {
        if (options_.event_driven) return ring;
        const Tick past = arrival - end_;
        if (past >= horizon_) return ring;
        // past < 2^32 here, so the product with the rounded-up reciprocal is exact or one too high.
        std::uint64_t ahead = multiply_high(past, inverse_length_);
        ahead -= ahead * length_ > past;
        return static_cast<unsigned>((position_ + ahead + 1) % ring);
    }
    unsigned current_slot() const { return position_; }

    // Asks for a turn of `block` in the window that holds `at`. `lane` is the caller's.
    void wake(BlockId block, Tick at, unsigned lane) { wake_in(slot_of(at), block, at, lane); }
    void wake_in(unsigned slot, BlockId block, Tick at, unsigned lane) {
        if (slot < ring)
            mark(slot, block);
        else
            wake_later(block, at, lane);
    }

    std::uint64_t windows_run() const { return windows_run_; }
    std::uint64_t turns(unsigned lane) const { return turns_[lane]; }
    const std::vector<Block*>& blocks() const { return blocks_; }

private:
    friend class WindowThreads;
    static constexpr std::size_t max_blocks = 1024;
    using Mask = std::array<std::uint64_t, max_blocks / 64>;

    void mark(unsigned slot, BlockId block) {
        std::atomic_ref<std::uint64_t> word(marked_[slot][index(block) / 64]);
        const std::uint64_t bit = std::uint64_t{1} << (index(block) % 64);
        const std::uint64_t old = word.load(std::memory_order_relaxed);
        if (old & bit) return;
        if (options_.threads == 1)
            word.store(old | bit, std::memory_order_relaxed);
        else
            word.fetch_or(bit, std::memory_order_relaxed);
    }
    void wake_later(BlockId block, Tick at, unsigned lane);
    void run_lane(unsigned lane);
    Tick next_begin();
    void gather_later();

    WindowOptions options_;
    std::vector<Block*> blocks_;
    Tick shortest_ = never;
    std::string shortest_name_;
    Tick length_ = 1;
    std::uint64_t inverse_length_ = 0; // ceil(2^64 / length)
    Tick horizon_ = 0;                 // beyond the current window's end: what the ring holds
    Tick begin_ = 0;
    Tick end_ = 0;
    unsigned position_ = 0;           // ring slot of the current window
    std::array<Mask, ring> marked_{}; // blocks with work, per ring slot
    Mask running_{};                  // blocks of the current window
    struct alignas(64) Lane {
        std::map<Tick, std::vector<BlockId>> later; // wakes beyond the ring
        std::vector<std::size_t> order;             // of the current window's turns
    };
    std::vector<Lane> lanes_;
    std::size_t words_ = 0;   // of a mask in use
    std::vector<Tick> asked_; // per block: the wake it already has in `later`
    std::vector<std::uint64_t> turns_;
    std::uint64_t windows_run_ = 0;
    std::unique_ptr<WindowThreads> pool_;
};

} // namespace migsim
