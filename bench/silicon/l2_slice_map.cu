// SPDX-License-Identifier: Apache-2.0
// L2 latency as each SM sees it: the same random lines from every SM. SMs at the same side of L2 agree on
// which lines are near, those at the other side find them far.
#include "bench/silicon/experiments.h"
#include "bench/silicon/lines.h"

namespace migsim::silicon {
namespace {

constexpr std::uint64_t pool_bytes = 8u << 20, lines = 256;

} // namespace

void l2_slice_map(Bench& bench) {
    bench.open();
    const Buffer buffer(pool_bytes);
    LineProbe probe(bench, buffer, random_lines(pool_bytes, lines, 3));
    const unsigned passes = bench.quick() ? 1 : 3;
    std::vector<std::vector<double>> first; // of the first SM, pass by pass
    for (const unsigned sm : bench.sm_ids()) {
        if (bench.out_of_time()) return;
        std::vector<double> near, far, all, alike;
        for (unsigned pass = 0; pass < passes; ++pass) {
            const std::vector<double> latencies = probe.latencies(sm, 3);
            if (first.size() == pass) first.push_back(latencies);
            alike.push_back(correlation(latencies, first[pass]));
            all.push_back(median(latencies));
            const double threshold = split(latencies);
            if (threshold == 0) continue;
            std::vector<double> low, high;
            for (const double latency : latencies) (latency > threshold ? high : low).push_back(latency);
            near.push_back(median(low));
            far.push_back(median(high));
        }
        if (near.size() == passes) {
            bench.point("l2_latency_by_sm", "near", sm, near);
            bench.point("l2_latency_by_sm", "far", sm, far);
        } else {
            bench.point("l2_latency_by_sm", "all", sm, all);
        }
        bench.point("l2_latency_correlation", "", sm, alike);
    }
}

} // namespace migsim::silicon
