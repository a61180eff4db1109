// SPDX-License-Identifier: Apache-2.0
// What all SMs read from L2 and from DRAM when each has so many bytes in flight and no more.
#include <algorithm>

#include "bench/silicon/experiments.h"
#include "bench/silicon/sm_stream.h"

namespace migsim::silicon {

void bandwidth_vs_in_flight(Bench& bench) {
    bench.open();
    const Buffer resident(bench.sms() * l2_part(bench));
    DramStream dram(bench, std::min<std::uint64_t>(4ull << 30, bench.free_bytes() / 2));
    SmStream l2(bench);
    StreamPlan plan;
    plan.kind = StreamPlan::Kind::DependentRead;
    plan.sm_ids = bench.sm_ids();
    for (std::uint64_t in_flight = 512; in_flight <= 65536; in_flight *= 2) {
        if (bench.out_of_time()) return;
        const auto threads = static_cast<unsigned>(in_flight / 16);
        plan.threads = std::min(threads, 1024u);
        plan.unroll = threads / plan.threads;
        const auto at = static_cast<double>(in_flight);
        bench.point("bandwidth_vs_in_flight", "dram", at, bench.samples([&] { return dram.run(plan); }));
        plan.each_its_own(resident, l2_part(bench));
        bench.point("bandwidth_vs_in_flight", "l2", at, bench.samples([&] { return l2.run(plan); }));
    }
}

} // namespace migsim::silicon
