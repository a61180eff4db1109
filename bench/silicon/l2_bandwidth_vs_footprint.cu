// SPDX-License-Identifier: Apache-2.0
// What all SMs together read from L2, and beyond it, against the footprint.
#include <algorithm>

#include "bench/silicon/bench.h"
#include "bench/silicon/experiments.h"

namespace migsim::silicon {
namespace {

constexpr unsigned threads = 1024, steps = 32, ctas = 8192;
constexpr std::uint64_t chunk_bytes = 2 * threads * sizeof(double), cta_bytes = steps * chunk_bytes;

__global__ void __launch_bounds__(threads) sum(const double* from, double* never, unsigned chunks_between) {
    double total = 0;
#pragma unroll 4
    for (unsigned step = 0; step < steps; ++step) {
        const std::uint64_t chunk = std::uint64_t{step} * chunks_between + blockIdx.x % chunks_between;
        const double* here = from + chunk * (2 * threads) + threadIdx.x;
        total += here[0] * here[threads];
    }
    if (total == 123.12) never[threadIdx.x] = total; // memory holds zeros, which the compiler cannot know
}

} // namespace

void l2_bandwidth_vs_footprint(Bench& bench) {
    bench.open();
    const std::uint64_t most = std::min<std::uint64_t>(8 * bench.l2_bytes(), bench.free_bytes() / 2);
    const Buffer buffer(most);
    const Buffer never(threads * sizeof(double));
    const unsigned shared = bench.shared_bytes_for(sum, 1, threads);
    std::uint64_t before = 0;
    for (double size = cta_bytes; size <= static_cast<double>(most);
         size *= bench.quick() ? 2.0 : 1.1892071150027210) {
        const auto between = static_cast<unsigned>(size / static_cast<double>(cta_bytes));
        if (between == before) continue;
        before = between;
        if (bench.out_of_time()) return;
        bench.point("l2_bandwidth_vs_footprint", "", static_cast<double>(between * cta_bytes) / 1024,
                    bench.samples([&] {
                        const double ms = bench.milliseconds([&] {
                            sum<<<ctas, threads, shared>>>(buffer.as<double>(), never.as<double>(), between);
                        });
                        return static_cast<double>(ctas * cta_bytes) / 1e6 / ms;
                    }));
    }
}

} // namespace migsim::silicon
