// SPDX-License-Identifier: Apache-2.0
// A channel between fake L2 slices: each sends its list of requests as early as their times and its credits
// allow and writes down every answer.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "models/memory/channel.h"

namespace migsim {

class FakeSlice final : public Block {
public:
    struct Order {
        Tick time; // not before
        ChannelRequest request;
    };
    struct Answer {
        Tick departure; // from the channel
        ChannelResponse response;
    };

    FakeSlice(Windows& windows, Tick latency)
        : windows_(windows), latency_(latency), id(windows.add(*this)), from_channel(windows, id) {}

    Tick turn(Tick end) override {
        for (const auto& arrival : from_channel.take())
            answers.push_back({arrival.time - latency_, arrival.message});
        while (sent_ < orders.size()) {
            const Order& order = orders[sent_];
            const Tick credit = credits ? credits->next() : 0;
            if (credit == never) return never;
            last_ = std::max({last_, order.time, credit});
            if (last_ >= end) return last_;
            if (credits) credits->take();
            to_channel->send(last_, order.request);
            ++sent_;
        }
        return never;
    }

private:
    Windows& windows_;
    Tick latency_;

public:
    const BlockId id;
    Inbox<ChannelResponse> from_channel;
    std::optional<Link<ChannelRequest>> to_channel;
    std::shared_ptr<Credits> credits;
    std::vector<Order> orders;
    std::vector<Answer> answers;
    std::size_t sent() const { return sent_; }

private:
    std::size_t sent_ = 0;
    Tick last_ = 0;
};

struct MemoryRig {
    static constexpr Tick latency = 45 * ns;

    explicit MemoryRig(const MemoryParams& params, unsigned credits = 128, unsigned slice_count = 1,
                       WindowOptions options = {}, ChannelSetup setup = {})
        : windows(options), channel(windows, params, setup) {
        for (unsigned i = 0; i < slice_count; ++i) {
            slices.push_back(std::make_unique<FakeSlice>(windows, latency));
            FakeSlice& slice = *slices.back();
            slice.to_channel.emplace(windows, channel.from_l2, slice.id, latency);
            channel.to_l2.add(slice.id,
                              Link<ChannelResponse>(windows, slice.from_channel, channel.id, latency));
            if (credits) {
                slice.credits = std::make_shared<Credits>(windows, slice.id, channel.id, credits, latency);
                channel.set_credits(slice.id, slice.credits);
            }
        }
        windows.add_link("slice to channel", latency);
        channel.trace(commands);
    }

    // Appends a request of slice 0; its tag is its number.
    void ask(Tick time, std::uint32_t line, bool write = false, SectorMask sectors = all_sectors,
             unsigned from = 0, TenantId tenant = {}, InstanceId instance = {}) {
        FakeSlice& slice = *slices[from];
        slice.orders.push_back({time,
                                {line, static_cast<std::uint32_t>(slice.orders.size()), slice.id, sectors,
                                 write, instance, tenant}});
    }

    void run(Tick limit = never) {
        if (!started_) {
            windows.start();
            for (const auto& slice : slices) windows.wake(slice->id, 0, 0);
        }
        started_ = true;
        while (windows.step(limit)) {
        }
    }

    Windows windows;
    Channel channel;
    std::vector<std::unique_ptr<FakeSlice>> slices;
    std::vector<IssuedCommand> commands;

private:
    bool started_ = false;
};

} // namespace migsim
