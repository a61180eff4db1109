// SPDX-License-Identifier: Apache-2.0
// What a dependent load costs while many others do the same.
#include <algorithm>

#include "bench/silicon/chase.h"
#include "bench/silicon/experiments.h"
#include "bench/silicon/permutation.h"

namespace migsim::silicon {
namespace {

constexpr std::uint64_t bytes = 1u << 30, element = 64;

} // namespace

void loaded_latency(Bench& bench) {
    bench.open();
    const Buffer buffer(bytes);
    make_cycle(buffer, bytes, element, 1);
    const std::uint64_t base = reinterpret_cast<std::uint64_t>(buffer.as<char>());
    const unsigned most = std::min(8192u, 32 * bench.sms());
    for (unsigned chases = 1; chases <= most; chases *= bench.quick() ? 8 : 2) {
        if (bench.out_of_time()) return;
        std::vector<std::uint64_t> starts;
        for (unsigned i = 0; i < chases; ++i)
            starts.push_back(base + mixed(i + 1) % (bytes / element) * element);
        Chaser chaser(bench, starts);
        const Chase job{.ctas = chases, .warm_hops = 4000, .hops = 20'000};
        bench.point("loaded_latency", "", chases, bench.samples([&] {
            chaser.launch(job);
            MIGSIM_CUDA(cudaDeviceSynchronize());
            return chaser.cycles_per_hop();
        }));
    }
}

} // namespace migsim::silicon
