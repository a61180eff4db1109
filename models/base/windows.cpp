// SPDX-License-Identifier: Apache-2.0
#include "models/base/windows.h"

#include <algorithm>
#include <bit>
#include <stdexcept>

#include "models/base/random.h"
#include "models/base/window_threads.h"

namespace migsim {

Windows::Windows(WindowOptions options)
    : options_(options), lanes_(options.threads), turns_(options.threads) {
    if (options_.threads < 1 || options_.threads > 64) throw std::invalid_argument("threads must be 1 to 64");
}

Windows::~Windows() = default;

BlockId Windows::add(Block& block) {
    blocks_.push_back(&block);
    return static_cast<BlockId>(blocks_.size() - 1);
}

void Windows::add_link(const std::string& name, Tick latency) {
    if (latency == 0) throw std::invalid_argument("link " + name + " has no latency: merge its two ends");
    if (latency < shortest_) {
        shortest_ = latency;
        shortest_name_ = name;
    }
}

void Windows::start() {
    if (options_.length > shortest_)
        throw std::invalid_argument(
            "a window of " + std::to_string(options_.length) + " ps is longer than link " + shortest_name_ +
            " (" + std::to_string(shortest_) + " ps): shorten the window or merge the two ends");
    length_ = options_.event_driven ? 1
              : options_.length     ? options_.length
              : shortest_ == never  ? us
                                    : shortest_;
    for (Mask& mask : marked_) mask.assign((blocks_.size() + 63) / 64, 0);
    running_ = marked_[0];
    asked_.assign(blocks_.size(), never);
    if (options_.threads > 1) pool_ = std::make_unique<WindowThreads>(*this);
}

void Windows::mark(unsigned slot, BlockId block) {
    std::atomic_ref<std::uint64_t> word(marked_[slot][index(block) / 64]);
    const std::uint64_t bit = std::uint64_t{1} << (index(block) % 64);
    if (word.load(std::memory_order_relaxed) & bit) return;
    if (options_.threads == 1)
        word.store(word.load(std::memory_order_relaxed) | bit, std::memory_order_relaxed);
    else
        word.fetch_or(bit, std::memory_order_relaxed);
}

void Windows::wake(BlockId block, Tick at, unsigned lane) {
    const unsigned slot = slot_of(at);
    if (slot < ring)
        mark(slot, block);
    else
        lanes_[lane].later[at].push_back(block);
}

Tick Windows::next_begin() {
    Tick next = never;
    for (unsigned ahead = 1; ahead < ring && next == never; ++ahead) {
        const Mask& mask = marked_[(position_ + ahead) % ring];
        if (std::any_of(mask.begin(), mask.end(), [](std::uint64_t word) { return word != 0; }))
            next = end_ + (ahead - 1) * length_;
    }
    for (const Lane& lane : lanes_)
        if (!lane.later.empty()) next = std::min(next, lane.later.begin()->first / length_ * length_);
    return next;
}

// Brings the wakes that now lie in the current window into `running_`.
void Windows::gather_later() {
    for (Lane& lane : lanes_)
        while (!lane.later.empty() && lane.later.begin()->first < end_) {
            for (const BlockId block : lane.later.begin()->second) {
                running_[index(block) / 64] |= std::uint64_t{1} << (index(block) % 64);
                if (asked_[index(block)] == lane.later.begin()->first) asked_[index(block)] = never;
            }
            lane.later.erase(lane.later.begin());
        }
}

bool Windows::step(Tick limit) {
    const Tick next = next_begin();
    if (next >= limit) return false;
    // Slots between the old window and the new one hold no work: the ring just turns.
    const Tick jumped = next >= end_ ? (next - end_) / length_ + 1 : 0;
    position_ = static_cast<unsigned>((position_ + jumped) % ring);
    begin_ = next;
    end_ = next + length_;
    running_.swap(marked_[position_]);
    std::fill(marked_[position_].begin(), marked_[position_].end(), 0);
    gather_later();
    ++windows_run_;
    if (pool_)
        pool_->run();
    else
        run_lane(0);
    return true;
}

void Windows::run_lane(unsigned lane) {
    const auto turn = [&](std::size_t block) {
        const Tick next = blocks_[block]->turn(end_);
        ++turns_[lane];
        if (next == never || asked_[block] <= next) return;
        const auto id = static_cast<BlockId>(block);
        if (slot_of(next) == ring) asked_[block] = next;
        wake(id, next, lane);
    };
    if (options_.shuffle) {
        std::vector<std::size_t> order;
        for (std::size_t block = lane; block < blocks_.size(); block += options_.threads)
            if (running_[block / 64] >> (block % 64) & 1) order.push_back(block);
        std::uint64_t seed = options_.shuffle ^ begin_;
        for (std::size_t left = order.size(); left > 1; --left)
            std::swap(order[left - 1], order[(seed = mix64(seed)) % left]);
        for (const std::size_t block : order) turn(block);
        return;
    }
    for (std::size_t word = 0; word < running_.size(); ++word)
        for (std::uint64_t bits = running_[word]; bits; bits &= bits - 1) {
            const std::size_t block = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
            if (options_.threads == 1 || block % options_.threads == lane) turn(block);
        }
}

} // namespace migsim
