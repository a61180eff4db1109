// SPDX-License-Identifier: Apache-2.0
// How long one thread waits for each element of a random cycle, against the size of the cycle. A step at the
// reach of a TLB shows for pages of 2 MiB only: a program cannot ask the driver for pages of 64 KiB.
#include <algorithm>
#include <cmath>

#include "bench/silicon/chase.h"
#include "bench/silicon/experiments.h"

namespace migsim::silicon {
namespace {

constexpr std::uint64_t element = 64, kib = 1024;

std::uint64_t in_fours(std::uint64_t hops) {
    return (hops + 3) / 4 * 4;
}

} // namespace

void latency_vs_footprint(Bench& bench) {
    bench.open();
    const std::uint64_t most = std::min<std::uint64_t>(bench.free_bytes() / 2, 8ull << 30);
    const Buffer buffer(most);
    const double step = std::exp2(bench.quick() ? 1.0 : 0.25);
    std::uint64_t before = 0;
    for (double size = 4 * kib; size <= static_cast<double>(most);
         size *= size < 4.0 * bench.l2_bytes() ? step : 2) {
        const std::uint64_t bytes = static_cast<std::uint64_t>(size) / kib * kib;
        if (bytes == before) continue;
        before = bytes;
        if (bench.out_of_time()) return;
        make_cycle(buffer, bytes, element, 1);
        Chaser chaser(bench, {reinterpret_cast<std::uint64_t>(buffer.as<char>())});
        const std::uint64_t lap = in_fours(bytes / element);
        // Making the cycle leaves its end in L2 and not its start, which a lap undoes; of a longer cycle
        // that end is little. L1 is empty at each launch.
        if (bytes < 4 * bench.l2_bytes()) {
            chaser.launch({.hops = lap});
            MIGSIM_CUDA(cudaDeviceSynchronize());
        }
        Chase job;
        job.warm_hops = bytes <= 1024 * kib ? lap : 4096;
        job.hops = in_fours(std::clamp<std::uint64_t>(lap / 2, 20'000, 100'000));
        const std::vector<double> samples = bench.samples([&] {
            chaser.launch(job);
            MIGSIM_CUDA(cudaDeviceSynchronize());
            return chaser.cycles_per_hop();
        });
        bench.point("latency_vs_footprint", "", static_cast<double>(bytes / kib), samples);
    }
}

} // namespace migsim::silicon
