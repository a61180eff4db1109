// SPDX-License-Identifier: Apache-2.0
// Host time per line of one memory channel. `echo` is the same traffic against a block that only answers:
// what links, credits and windows cost; the channel's own cost is the difference.
#include <benchmark/benchmark.h>

#include <memory>
#include <optional>

#include "models/memory/channel.h"

namespace migsim {
namespace {

constexpr Tick latency = 45 * ns;
constexpr unsigned places = 128;

// The HBM2 of an A100-40, as in its device file.
MemoryParams hbm2() {
    MemoryParams params;
    params.set("refresh", "per_bank");
    const std::pair<const char*, unsigned> values[] = {{"clock", 1215},
                                                       {"stack_ids", 2},
                                                       {"bank_groups", 4},
                                                       {"banks_per_group", 4},
                                                       {"row_bytes", 1024},
                                                       {"nBL", 2},
                                                       {"nCL", 18},
                                                       {"nCWL", 7},
                                                       {"nRCDRD", 18},
                                                       {"nRCDWR", 15},
                                                       {"nRP", 18},
                                                       {"nRAS", 41},
                                                       {"nRC", 58},
                                                       {"nCCDS", 2},
                                                       {"nCCDL", 4},
                                                       {"nCCDR", 3},
                                                       {"nRRDS", 5},
                                                       {"nRRDL", 5},
                                                       {"nFAW", 19},
                                                       {"nWTRS", 9},
                                                       {"nWTRL", 11},
                                                       {"nRTW", 15},
                                                       {"nRTP", 7},
                                                       {"nWR", 20},
                                                       {"row_slot", 1},
                                                       {"nREFI", 4738},
                                                       {"nRFCpb", 195},
                                                       {"nRFCab", 426},
                                                       {"nRREFD", 10},
                                                       {"read_queue", 64},
                                                       {"write_queue", 64},
                                                       {"write_high", 40},
                                                       {"write_low", 16},
                                                       {"age_cap", 1000},
                                                       {"write_age_cap", 8000},
                                                       {"front_end", 8},
                                                       {"back_end", 8}};
    for (const auto& [key, value] : values) params.set(key, std::to_string(value));
    return params;
}

class Echo final : public Block {
public:
    Echo(Windows& windows, const MemoryParams&) : id(windows.add(*this)), from_l2(windows, id) {}
    const BlockId id;
    Inbox<ChannelRequest> from_l2;
    Links<ChannelResponse> to_l2;
    void set_credits(BlockId, std::shared_ptr<Credits> credits) { credits_ = std::move(credits); }
    Tick turn(Tick) override {
        for (const auto& arrival : from_l2.take()) {
            const ChannelRequest& request = arrival.message;
            to_l2[request.requester].send(arrival.time + 60 * ns, {request.tag, request.sectors, false,
                                                                   request.instance, request.tenant, 0});
            credits_->give_back(arrival.time);
        }
        return never;
    }

private:
    std::shared_ptr<Credits> credits_;
};

// Keeps `places` requests on their way.
class Source final : public Block {
public:
    Source(Windows& windows, bool random)
        : random_(random), id(windows.add(*this)), from_channel(windows, id), draws_(1, "lines") {}
    Tick turn(Tick end) override {
        answers += from_channel.take().size();
        while (credits->next() < end) {
            const Tick at = std::max(last_ + 3 * ns, credits->next());
            if (at >= end) return at;
            credits->take();
            const auto line = static_cast<std::uint32_t>(random_ ? draws_.bits() >> 42 : sent_);
            to_channel->send(last_ = at, {line, 0, id, all_sectors, false, {}, {}});
            ++sent_;
        }
        return credits->next();
    }

private:
    bool random_;

public:
    const BlockId id;
    Inbox<ChannelResponse> from_channel;
    std::optional<Link<ChannelRequest>> to_channel;
    std::shared_ptr<Credits> credits;
    std::uint64_t answers = 0;

private:
    RandomStream draws_;
    std::uint64_t sent_ = 0;
    Tick last_ = 0;
};

template <class Memory>
void lines(benchmark::State& state, bool random) {
    Windows windows;
    Memory memory(windows, hbm2());
    Source source(windows, random);
    source.to_channel.emplace(windows, memory.from_l2, source.id, latency);
    source.credits = std::make_shared<Credits>(windows, source.id, memory.id, places, latency);
    memory.set_credits(source.id, source.credits);
    memory.to_l2.add(source.id, Link<ChannelResponse>(windows, source.from_channel, memory.id, latency));
    windows.add_link("source to memory", latency);
    windows.start();
    windows.wake(source.id, 0, 0);
    for (auto _ : state) {
        const std::uint64_t until = source.answers + 10'000;
        while (source.answers < until) windows.step();
    }
    state.counters["line"] = benchmark::Counter(static_cast<double>(source.answers),
                                                benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void echo(benchmark::State& state) {
    lines<Echo>(state, false);
}
void row_hits(benchmark::State& state) {
    lines<Channel>(state, false);
}
void row_misses(benchmark::State& state) {
    lines<Channel>(state, true);
}
BENCHMARK(echo)->Name("channel/echo")->Unit(benchmark::kMicrosecond);
BENCHMARK(row_hits)->Name("channel/row_hits")->Unit(benchmark::kMicrosecond);
BENCHMARK(row_misses)->Name("channel/row_misses")->Unit(benchmark::kMicrosecond);

} // namespace
} // namespace migsim
