// SPDX-License-Identifier: Apache-2.0
#include "models/base/windows.h"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <utility>

#include "models/base/fetch_ahead.h"
#include "models/base/random.h"
#include "models/base/window_threads.h"

namespace migsim {

Windows::Windows(WindowOptions options)
    : options_(options), lanes_(options.threads), turns_(options.threads) {
    if (options_.threads < 1 || options_.threads > 64) throw std::invalid_argument("threads must be 1 to 64");
}

Windows::~Windows() = default;

BlockId Windows::add(Block& block) {
    if (blocks_.size() == max_blocks) throw std::invalid_argument("more than 1024 blocks");
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
    if (length_ > 1) inverse_length_ = ~std::uint64_t{0} / length_ + 1;
    horizon_ = length_ > 1 ? (ring - 1) * length_ : 0;
    words_ = (blocks_.size() + 63) / 64;
    asked_.assign(blocks_.size(), never);
    if (options_.threads > 1) pool_ = std::make_unique<WindowThreads>(*this);
}

void Windows::wake_later(BlockId block, Tick at, unsigned lane) {
    lanes_[lane].later[at].push_back(block);
}

Tick Windows::next_begin() {
    Tick next = never;
    for (unsigned ahead = 1; ahead < ring && next == never; ++ahead) {
        const Mask& mask = marked_[(position_ + ahead) % ring];
        if (std::any_of(mask.begin(), mask.begin() + words_, [](std::uint64_t word) { return word != 0; }))
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
    for (std::size_t word = 0; word < words_; ++word)
        running_[word] = std::exchange(marked_[position_][word], 0);
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
    std::vector<std::size_t>& order = lanes_[lane].order;
    order.clear();
    for (std::size_t word = 0; word < words_; ++word)
        for (std::uint64_t bits = running_[word]; bits; bits &= bits - 1) {
            const std::size_t block = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
            if (options_.threads == 1 || block % options_.threads == lane) order.push_back(block);
        }
    if (options_.shuffle) {
        std::uint64_t seed = options_.shuffle ^ begin_;
        for (std::size_t left = order.size(); left > 1; --left)
            std::swap(order[left - 1], order[(seed = mix64(seed)) % left]);
    }
    constexpr std::size_t most_of_a_block = 4096; // bytes
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (i + 3 < order.size()) migsim::fetch_ahead(blocks_[order[i + 3]], most_of_a_block);
        for (const unsigned before : {2u, 1u})
            if (i + before < order.size()) blocks_[order[i + before]]->fetch_ahead(before);
        turn(order[i]);
    }
}

} // namespace migsim
