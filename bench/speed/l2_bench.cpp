// SPDX-License-Identifier: Apache-2.0
// Host time of one L2 slice per request: the core with its inboxes, between a requester and a channel that
// only answer. What these two cost by themselves is measured too, to be subtracted.
#include <benchmark/benchmark.h>

#include "models/l2/l2_slice.h"

namespace {

using namespace migsim;

constexpr Tick cycle = 1000;
constexpr Tick link = 64 * cycle;

// Keeps `outstanding` reads in flight, `every` so many cycles apart.
class Requester final : public Block {
public:
    Requester(Windows& windows, const AddressMap& map, std::uint32_t lines, Tick every)
        : id(windows.add(*this)), from_l2(windows, id), every_(every) {
        for (std::uint32_t n = 0; n < lines; ++n) addresses_.push_back(map.address_of(0, n));
    }
    Tick turn(Tick end) override {
        answered += from_l2.take().size();
        if (next_ < end - std::min(end, link)) next_ = end - link;
        for (; next_ < end; next_ += every_) {
            to_l2->send(next_, {addresses_[line_], 0, id, all_sectors, operation, {}, {}});
            if (++line_ == addresses_.size()) line_ = 0;
        }
        return next_;
    }
    const BlockId id;
    Inbox<MemoryResponse> from_l2;
    std::optional<Link<MemoryRequest>> to_l2;
    Operation operation = Operation::Read;
    std::uint64_t answered = 0;

private:
    std::vector<Address> addresses_;
    std::size_t line_ = 0;
    Tick every_, next_ = 0;
};

class Channel final : public Block {
public:
    explicit Channel(Windows& windows) : id(windows.add(*this)), from_slice(windows, id) {}
    Tick turn(Tick) override {
        for (const auto& [time, source, request] : from_slice.take()) {
            (void)source;
            if (!request.write)
                to_slice->send(time + 40 * cycle, {request.tag, request.sectors, false, {}, {}, 0});
        }
        return never;
    }
    const BlockId id;
    Inbox<ChannelRequest> from_slice;
    std::optional<Link<ChannelResponse>> to_slice;
};

// Answers at once: what the frame costs without a slice.
class Echo final : public Block {
public:
    explicit Echo(Windows& windows) : id(windows.add(*this)), from_crossbar(windows, id) {}
    Tick turn(Tick) override {
        for (const auto& [time, source, r] : from_crossbar.take()) {
            (void)source;
            to_crossbar->send(time, {r.tag, r.requester, r.sectors, Outcome::NearHit, {}, {}, {}, {}});
        }
        return never;
    }
    const BlockId id;
    Inbox<MemoryRequest> from_crossbar;
    std::optional<Link<MemoryResponse>> to_crossbar;
};

void run(benchmark::State& state, Windows& windows, const Requester& requester) {
    windows.add_link("every link", link);
    windows.start();
    windows.wake(requester.id, link, 0);
    while (requester.answered < 100'000) windows.step(); // warm
    const std::uint64_t before = requester.answered;
    for (auto _ : state) windows.step();
    const std::uint64_t done = requester.answered - before;
    state.counters["ns_per_request"] = benchmark::Counter(
        static_cast<double>(done) / 1e9, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

L2SliceParams params() { // about A100's
    L2SliceParams p;
    for (const auto& [key, value] :
         std::initializer_list<std::pair<const char*, const char*>>{{"sets", "256"},
                                                                    {"ways", "16"},
                                                                    {"replacement", "lru"},
                                                                    {"tag_cycles", "10"},
                                                                    {"data_cycles", "20"},
                                                                    {"read_port", "64"},
                                                                    {"write_port", "64"},
                                                                    {"link_port", "32"},
                                                                    {"backlog", "16"},
                                                                    {"mshrs", "256"},
                                                                    {"peer_mshrs", "64"},
                                                                    {"waiters", "8"},
                                                                    {"write_buffer", "16"},
                                                                    {"link_buffer", "16"},
                                                                    {"atomic_cycles", "4"},
                                                                    {"row_lines", "8"}})
        p.set(key, value);
    return p;
}
AddressMap whole_gpu() {
    AddressMapParams p;
    p.set("interleave", "1024");
    p.set("group_slices", "10");
    p.set("partition_hash", "ga100");
    std::vector<std::uint16_t> all;
    for (std::uint16_t i = 0; i < 80; ++i) all.push_back(i);
    return AddressMap(p, {Region{0, Address{40} << 30, {}, all, all, 2}});
}

// lines: footprint in one slice of 4096 lines; every: cycles between requests.
void slice(benchmark::State& state, Operation operation, std::uint32_t lines, Tick every) {
    Windows windows;
    const AddressMap map = whole_gpu();
    const L2SliceParams p = params();
    L2Slice l2(windows, {p, map, Clock(1000), 0, {}});
    Requester requester(windows, map, lines, every * cycle);
    requester.operation = operation;
    Channel channel(windows);
    requester.to_l2.emplace(windows, l2.from_crossbar, requester.id, link);
    l2.to_crossbar.add(requester.id, {windows, requester.from_l2, l2.id, link});
    l2.connect_channel(0, channel.id);
    l2.to_memory.add(channel.id, {windows, channel.from_slice, l2.id, link});
    channel.to_slice.emplace(windows, l2.from_memory, channel.id, link);
    run(state, windows, requester);
}

void l2_read_hit(benchmark::State& state) {
    slice(state, Operation::Read, 3000, 3);
}
void l2_read_streaming_miss(benchmark::State& state) {
    slice(state, Operation::Read, 20'000, 3);
}
void l2_write_streaming(benchmark::State& state) {
    slice(state, Operation::Write, 20'000, 3);
}
void frame_alone(benchmark::State& state) {
    Windows windows;
    const AddressMap map = whole_gpu();
    Echo echo(windows);
    Requester requester(windows, map, 3000, 3 * cycle);
    requester.to_l2.emplace(windows, echo.from_crossbar, requester.id, link);
    echo.to_crossbar.emplace(windows, requester.from_l2, echo.id, link);
    run(state, windows, requester);
}
void address_locate(benchmark::State& state) {
    const AddressMap map = whole_gpu();
    Address address = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(map.locate(address));
        address = (address + 12'800) & 0xffff'ffff;
    }
}

BENCHMARK(address_locate);
BENCHMARK(frame_alone);
BENCHMARK(l2_read_hit);
BENCHMARK(l2_read_streaming_miss);
BENCHMARK(l2_write_streaming);

} // namespace
