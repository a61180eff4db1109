// SPDX-License-Identifier: Apache-2.0
// Two paired slices between scripted requesters and scripted channels, on a clock of 1 GHz: 1 cycle is 1000
// ps.
#pragma once

#include <catch2/catch.hpp>

#include <deque>
#include <map>
#include <memory>
#include <tuple>

#include "models/l2/l2_slice.h"

namespace migsim::l2_rig {

inline constexpr Tick cycle = 1000;

// Sends its script in order, as early as times and credits allow, and writes down what comes back.
class Requester final : public Block {
public:
    struct Order {
        Tick at;
        BlockId slice;
        MemoryRequest request;
    };
    struct Got {
        Tick at;
        MemoryResponse response;
    };

    explicit Requester(Windows& windows) : id(windows.add(*this)), windows_(windows), from_l2(windows, id) {}

    void order(Tick at, BlockId slice, MemoryRequest request) {
        request.requester = id;
        request.tag = static_cast<std::uint32_t>(sent_at.size() + script_.size());
        script_.push_back({at, slice, request});
        windows_.wake(id, at, windows_.lane(id));
    }
    Tick turn(Tick end) override {
        for (const auto& arrival : from_l2.take()) got.push_back({arrival.time, arrival.message});
        while (!script_.empty()) {
            const Order& next = script_.front();
            Credits* credits = to_l2.credits(next.slice);
            const Tick at = std::max({next.at, last_, credits ? credits->next() : 0});
            if (at >= end) return credits && credits->next() >= end ? never : at;
            if (credits) credits->take();
            sent_at.push_back(at);
            to_l2[next.slice].send(last_ = at, next.request);
            script_.pop_front();
        }
        return never;
    }
    const Got& answer(std::uint32_t tag) const {
        for (const Got& g : got)
            if (g.response.tag == tag) return g;
        throw std::logic_error("no answer");
    }

    const BlockId id;

private:
    Windows& windows_;

public:
    Inbox<MemoryResponse> from_l2;
    Links<MemoryRequest> to_l2;
    std::vector<Tick> sent_at; // by tag
    std::vector<Got> got;

private:
    std::deque<Order> script_;
    Tick last_ = 0;
};

// Serves one request every `service`, in order; reads answer `latency` after their service begins.
class Channel final : public Block {
public:
    using Seen = std::tuple<Tick, std::uint32_t, SectorMask, bool, InstanceId, TenantId>;

    Channel(Windows& windows, Tick service, Tick latency)
        : id(windows.add(*this)), from_slices(windows, id), service_(service), latency_(latency) {}

    Tick turn(Tick end) override {
        for (const auto& arrival : from_slices.take()) queue_.push_back(arrival);
        while (!queue_.empty()) {
            const auto& [time, source, request] = queue_.front();
            const Tick start = std::max(time, free_);
            if (start >= end) return start;
            free_ = start + service_;
            seen.push_back(
                {start, request.line, request.sectors, request.write, request.instance, request.tenant});
            if (credits.count(source)) credits[source]->give_back(start);
            if (!request.write)
                to_slices[request.requester].send(start + latency_,
                                                  {request.tag, request.sectors, refuse, request.instance,
                                                   request.tenant, static_cast<std::uint32_t>(start - time)});
            queue_.pop_front();
        }
        return never;
    }
    unsigned count(bool writes) const {
        unsigned n = 0;
        for (const Seen& s : seen) n += std::get<3>(s) == writes;
        return n;
    }

    const BlockId id;
    Inbox<ChannelRequest> from_slices;
    Links<ChannelResponse> to_slices;
    std::map<std::uint32_t, std::shared_ptr<Credits>> credits; // by sender
    std::vector<Seen> seen;
    bool refuse = false;

private:
    std::deque<Arrival<ChannelRequest>> queue_;
    Tick service_, latency_, free_ = 0;
};

// Tells slice 0 of instances that come and go, and hears its answers.
class Gsp final : public Block {
public:
    Gsp(Windows& windows, L2Slice& slice, Tick link)
        : id(windows.add(*this)),
          from_slice(windows, id),
          windows_(windows),
          to_slice_(windows, slice.instance_changes, id, link) {
        slice.to_gsp.emplace(windows, from_slice, slice.id, link);
    }
    void tell(Tick at, InstanceChange change) { // in order of time
        changes_.emplace_back(at, change);
        windows_.wake(id, at, windows_.lane(id));
    }
    Tick turn(Tick end) override {
        for (const auto& answer : from_slice.take()) gone.emplace_back(answer.time, answer.message.instance);
        for (; !changes_.empty() && changes_.front().first < end; changes_.pop_front())
            to_slice_.send(changes_.front().first, changes_.front().second);
        return changes_.empty() ? never : changes_.front().first;
    }

    const BlockId id;
    Inbox<InstanceGone> from_slice;
    std::vector<std::pair<Tick, InstanceId>> gone;

private:
    Windows& windows_;
    Link<InstanceChange> to_slice_;
    std::deque<std::pair<Tick, InstanceChange>> changes_;
};

struct Options {
    WindowOptions windows{};
    unsigned requesters = 1;
    unsigned crossbar_credits = 0; // 0: unbounded
    unsigned peer_credits = 0;
    unsigned channel_credits = 0;
    Tick channel_service = 1 * cycle;
    Tick channel_latency = 40 * cycle;
    std::vector<std::pair<const char*, const char*>> set{}; // parameters that differ
    std::optional<InstanceId> owner{};                      // of both slices and the region
    std::optional<InstanceId> next_owner{};                 // of the same, once it is created
    bool wall = true;
    unsigned mhz = 1000;
    unsigned channels_per_slice = 1;
};

inline L2SliceParams slice_params(const Options& options) {
    L2SliceParams p;
    for (const auto& [key, value] :
         std::initializer_list<std::pair<const char*, const char*>>{{"sets", "24"},
                                                                    {"ways", "4"},
                                                                    {"replacement", "lru"},
                                                                    {"tag_cycles", "10"},
                                                                    {"data_cycles", "20"},
                                                                    {"read_port", "64"},
                                                                    {"write_port", "64"},
                                                                    {"link_port", "32"},
                                                                    {"backlog", "16"},
                                                                    {"mshrs", "16"},
                                                                    {"peer_mshrs", "4"},
                                                                    {"waiters", "4"},
                                                                    {"write_buffer", "8"},
                                                                    {"link_buffer", "8"},
                                                                    {"atomic_cycles", "4"},
                                                                    {"row_lines", "0"}})
        p.set(key, value);
    for (const auto& [key, value] : options.set) p.set(key, value);
    return p;
}

inline AddressMapParams map_params() {
    AddressMapParams p;
    p.set("interleave", "512");
    p.set("group_slices", "1024"); // one group
    p.set("partition_hash", "mixed");
    return p;
}

class Rig {
public:
    static constexpr Tick link = 64 * cycle;            // every link and credit return
    static constexpr Address region = Address{1} << 20; // owned; a foreign one of the same size lies behind
    static constexpr InstanceId foreigner{7};

    explicit Rig(const Options& options = {})
        : windows(options.windows),
          params(slice_params(options)),
          map(map_params(), regions(options, options.owner)),
          later(map_params(), regions(options, options.next_owner)),
          slices{{windows, setup(options, 0)}, {windows, setup(options, 1)}} {
        windows.add_link("every link", link);
        for (unsigned i = 0; i < options.requesters; ++i)
            requesters.push_back(std::make_unique<Requester>(windows));
        const auto credits = [&](BlockId from, BlockId to, unsigned count) {
            return count ? std::make_shared<Credits>(windows, from, to, count, link) : nullptr;
        };
        for (unsigned s = 0; s < 2; ++s) {
            L2Slice& slice = slices[s];
            L2Slice& other = slices[1 - s];
            for (auto& r : requesters) {
                const auto c = credits(r->id, slice.id, options.crossbar_credits);
                r->to_l2.add(slice.id, {windows, slice.from_crossbar, r->id, link}, c);
                slice.admit(r->id, c);
                slice.to_crossbar.add(r->id, {windows, r->from_l2, slice.id, link});
            }
            slice.pair(static_cast<std::uint16_t>(1 - s), other.id);
            const auto peer = credits(slice.id, other.id, options.peer_credits);
            slice.to_peer.add(other.id, {windows, other.from_peer, slice.id, link}, peer);
            other.admit(slice.id, peer);
            slice.to_near.add(other.id, {windows, other.from_home, slice.id, link});
            for (unsigned i = 0; i < options.channels_per_slice; ++i) {
                Channel& channel =
                    channels.emplace_back(windows, options.channel_service, options.channel_latency);
                const auto memory = credits(slice.id, channel.id, options.channel_credits);
                slice.connect_channel(static_cast<std::uint16_t>(channels.size() - 1), channel.id);
                slice.to_memory.add(channel.id, {windows, channel.from_slices, slice.id, link}, memory);
                if (memory) channel.credits[static_cast<std::uint32_t>(slice.id)] = memory;
                channel.to_slices.add(slice.id, {windows, slice.from_memory, channel.id, link});
            }
        }
        gsp = std::make_unique<Gsp>(windows, slices[0], link);
        windows.start();
    }

    // Line `n` of the lines homed at `slice`.
    Address line(unsigned slice, std::uint32_t n) const {
        return map.address_of(static_cast<std::uint16_t>(slice), n);
    }
    // The n-th line after `first` that lies in the same set.
    Address rival(unsigned slice, std::uint32_t first, unsigned n) {
        TagArray tags(params.sets, params.ways, params.replacement);
        std::uint32_t line = first;
        while (n > 0)
            if (&tags.set_of(LineKey::home(++line)) == &tags.set_of(LineKey::home(first))) --n;
        return this->line(slice, line);
    }
    // From requester `who` to slice `at`, leaving in cycle `when`; returns its tag.
    std::uint32_t send(Tick when, unsigned at, Operation operation, Address address,
                       SectorMask sectors = all_sectors, TenantId tenant = {}, InstanceId instance = {},
                       unsigned who = 0) {
        requesters[who]->order(when * cycle, slices[at].id,
                               {address, 0, {}, sectors, operation, instance, tenant});
        return orders_++;
    }
    void run() {
        while (windows.step()) {
        }
    }
    // Cycles from departure to arrival, of an answer with these waits and outcome.
    Tick latency(std::uint32_t tag) const {
        return (requesters[0]->answer(tag).at - requesters[0]->sent_at.at(tag)) / cycle;
    }
    const MemoryResponse& response(std::uint32_t tag) const { return requesters[0]->answer(tag).response; }

    Windows windows;
    L2SliceParams params;
    AddressMap map, later;
    L2Slice slices[2];
    std::deque<Channel> channels;
    std::vector<std::unique_ptr<Requester>> requesters;
    std::unique_ptr<Gsp> gsp;

private:
    L2SliceSetup setup(const Options& options, std::uint16_t number) const {
        L2SliceSetup setup{params, map, Clock(options.mhz), number, options.owner, options.wall};
        if (options.next_owner) setup.later[*options.next_owner] = &later;
        return setup;
    }
    static std::vector<Region> regions(const Options& options, std::optional<InstanceId> owner) {
        std::vector<std::uint16_t> channels;
        for (unsigned i = 0; i < 2 * options.channels_per_slice; ++i)
            channels.push_back(static_cast<std::uint16_t>(i));
        return {Region{0, region, owner, {0, 1}, channels, 2},
                Region{region, region, foreigner, {2}, {99}, 1}};
    }

    std::uint32_t orders_ = 0; // with one requester: the tags it gives
};

inline Tick total(const MemoryWaits& w) {
    return Tick{w.l2} + w.link + w.memory;
}

// The unloaded paths, in cycles, from what each part costs.
struct Paths {
    static constexpr Tick hop = 64, tag = 10, data = 20, dram = 40;
    static constexpr Tick near_hit = hop + tag + data + hop;
    static constexpr Tick near_miss = hop + tag + (hop + dram + hop) + data + hop;
    static constexpr Tick far_hit = hop + tag + (hop + tag + data + hop) + data + hop;
    static constexpr Tick far_miss = hop + tag + (hop + tag + (hop + dram + hop) + data + hop) + data + hop;
};

} // namespace migsim::l2_rig
