// SPDX-License-Identifier: Apache-2.0
// The receiving end of all links that bring one kind of message to one block. Messages are kept per window
// and handed over in order of (arrival time, source), an order that no window length, thread or turn can
// change.
#pragma once

#include <array>
#include <atomic>
#include <cassert>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "models/base/fetch_ahead.h"
#include "models/base/sort_keys.h"
#include "models/base/windows.h"

namespace migsim {

template <class Message>
struct Arrival {
    Tick time;
    std::uint32_t source; // the sending block: breaks ties, decides nothing else
    Message message;
};

// Sees every message at the moment it is handed over, on the receiving block's thread.
template <class Message>
class Probe {
public:
    virtual ~Probe() = default;
    virtual void see(const Message& message) = 0;
};

template <class Message>
class Inbox {
public:
    Inbox(Windows& windows, BlockId owner) : windows_(windows), owner_(owner), lanes_(windows.threads()) {}

    // Sender's side: `lane` is the sender's, and the arrival lies beyond the current window.
    void push(Tick arrival, BlockId source, unsigned lane, const Message& message) {
        assert(arrival >= windows_.end() && "a message may not arrive in the window it is sent in");
        if (const std::atomic_ref used(used_); !used.load(std::memory_order_relaxed))
            used.store(true, std::memory_order_relaxed);
        Lane& boxes = lanes_[lane];
        const Arrival<Message> entry{arrival, static_cast<std::uint32_t>(source), message};
        const unsigned slot = windows_.slot_of(arrival);
        if (slot < Windows::ring) {
            std::vector<Arrival<Message>>& box = boxes.near[slot];
            if (box.empty())
                windows_.wake_in(slot, owner_, arrival, lane); // for all that follow into it, too
            box.push_back(entry);
        } else {
            boxes.later.emplace(std::pair{arrival, entry.source}, entry);
            windows_.wake_in(slot, owner_, arrival, lane);
        }
    }

    // Everything that arrives in the current window, in order; valid until the next call. Call once a turn.
    std::span<const Arrival<Message>> take() {
        // Speed alone: most inboxes for control never get a message, and need not be looked into.
        if (!std::atomic_ref(used_).load(std::memory_order_relaxed)) return {};
        taken_.clear();
        const unsigned slot = windows_.current_slot();
        for (Lane& boxes : lanes_) {
            while (!boxes.later.empty() && boxes.later.begin()->first.first < windows_.end()) {
                taken_.push_back(boxes.later.begin()->second);
                boxes.later.erase(boxes.later.begin());
            }
            std::vector<Arrival<Message>>& box = boxes.near[slot];
            if (taken_.empty())
                taken_.swap(box);
            else
                taken_.insert(taken_.end(), box.begin(), box.end());
            box.clear();
        }
        if (taken_.size() > 1) sort();
        if (probe_)
            for (const Arrival<Message>& arrival : taken_) probe_->see(arrival.message);
        return taken_;
    }

    // Speed alone: before a push().
    void fetch_boxes_ahead(unsigned lane) const { migsim::fetch_ahead(&lanes_[lane], sizeof(Lane)); }

    // Speed alone: what take() will return, in any order, or most of it.
    const std::vector<Arrival<Message>>& soon() const { return lanes_.front().near[windows_.current_slot()]; }
    void fetch_ahead() const { migsim::fetch_ahead(soon().data(), soon().size() * sizeof(Arrival<Message>)); }

    void watch(Probe<Message>* probe) { probe_ = probe; } // outlives the inbox; null: nobody

private:
    struct alignas(64) Lane {
        std::array<std::vector<Arrival<Message>>, Windows::ring> near;
        std::multimap<std::pair<Tick, std::uint32_t>, Arrival<Message>> later;
    };

    // Stable by (time, source): what one source sent for one tick stays in the order it was sent.
    void sort() {
        keys_.clear();
        bool sorted = true;
        for (std::size_t i = 0; i < taken_.size(); ++i) {
            const std::uint64_t key =
                (taken_[i].time - windows_.begin()) << 40 | std::uint64_t{taken_[i].source} << 24 | i;
            sorted = sorted && (keys_.empty() || keys_.back() < key);
            keys_.push_back(key);
        }
        if (sorted) return;
        assert(taken_.size() < (std::size_t{1} << 24) && windows_.length() < (Tick{1} << 24));
        sort_keys(keys_);
        scratch_.clear();
        for (const std::uint64_t key : keys_) scratch_.push_back(taken_[key & 0xffffff]);
        taken_.swap(scratch_);
    }

    Windows& windows_;
    BlockId owner_;
    bool used_ = false; // a message has been sent, ever
    Probe<Message>* probe_ = nullptr;
    std::vector<Lane> lanes_;
    std::vector<Arrival<Message>> taken_, scratch_;
    std::vector<std::uint64_t> keys_;
};

// The sending end: adds the link's latency. A wire, not a queue; what limits its rate is the port before it.
template <class Message>
class Link {
public:
    Link(Windows& windows, Inbox<Message>& to, BlockId source, Tick latency)
        : to_(&to), latency_(latency), source_(source), lane_(windows.lane(source)) {}

    // A message whose first bit leaves at `departure` arrives `latency` later.
    void send(Tick departure, const Message& message) const {
        to_->push(departure + latency_, source_, lane_, message);
    }
    Tick latency() const { return latency_; }
    void fetch_ahead() const { to_->fetch_boxes_ahead(lane_); }

private:
    Inbox<Message>* to_;
    Tick latency_;
    BlockId source_;
    unsigned lane_;
};

} // namespace migsim
