// SPDX-License-Identifier: Apache-2.0
// What a dependent load costs beside streams that are throttled to more and more bandwidth.
#include <algorithm>

#include "bench/silicon/chase.h"
#include "bench/silicon/experiments.h"
#include "bench/silicon/sm_stream.h"

namespace migsim::silicon {
namespace {

constexpr std::uint64_t chase_bytes = 1u << 30, stream_bytes = 2ull << 30, element = 64;
constexpr double longest_ms = 2000; // of the streams, should nobody stop them

} // namespace

void latency_vs_load(Bench& bench) {
    bench.open();
    if (bench.sms() < 2) throw NotMeasured("one SM cannot chase and stream at once");
    const Buffer buffer(chase_bytes);
    make_cycle(buffer, chase_bytes, element, 1);
    DramStream memory(bench, stream_bytes);
    SmStream streams(bench);
    StopFlag stop;
    Stream chasing, streaming;
    Chaser chaser(bench, {reinterpret_cast<std::uint64_t>(buffer.as<char>())});
    // The streams leave one SM free and no shared memory on the others, so the chase lands on that one.
    const Chase job{.warm_hops = 4000, .hops = 20'000, .shared_bytes = 16 * 1024};

    StreamPlan plan;
    plan.sm_ids.assign(bench.sm_ids().begin() + 1, bench.sm_ids().end());
    plan.threads = 512;
    plan.milliseconds = longest_ms;
    plan.stop = stop.on_device();
    chaser.launch(job, chasing); // loads the kernel; alone
    chasing.wait();

    std::vector<std::uint64_t> pauses{50'000, 20'000, 10'000, 5000, 3000, 2000, 1500,
                                      1000,   700,    500,    300,  200,  100,  0};
    if (bench.quick()) pauses = {20'000, 2000, 500, 0};
    const auto alone = bench.samples([&] {
        chaser.launch(job, chasing);
        chasing.wait();
        return chaser.cycles_per_hop();
    });
    bench.point("latency_vs_load", "", 0.0, alone);
    for (const std::uint64_t pause : pauses) {
        if (bench.out_of_time()) return;
        plan.pause_ns = pause;
        std::vector<double> rates;
        std::vector<double> latencies = bench.samples([&] {
            stop.lower();
            streams.launch(memory.planned(plan), streaming);
            streams.wait_until_placed();
            chaser.launch(job, chasing);
            chasing.wait();
            if (streaming.ended()) throw NotMeasured("the streams ended before the chase did");
            stop.raise();
            streaming.wait();
            rates.push_back(streams.gb_per_s());
            memory.launched_and_ended(streams.bytes());
            return chaser.cycles_per_hop();
        });
        rates.erase(rates.begin()); // the warm-up's
        bench.point("latency_vs_load", "", to_six_digits(median(rates)), latencies);
    }
}

} // namespace migsim::silicon
