// SPDX-License-Identifier: Apache-2.0
// What all SMs together read of one buffer that they share.
#include <algorithm>

#include "bench/silicon/experiments.h"
#include "bench/silicon/sm_stream.h"

namespace migsim::silicon {

void shared_bandwidth_vs_footprint(Bench& bench) {
    bench.open();
    const std::uint64_t most = std::min(4 * bench.l2_bytes(), bench.free_bytes() / 2);
    const Buffer buffer(most);
    SmStream stream(bench);
    StreamPlan plan;
    plan.sm_ids = bench.sm_ids();
    for (double kib = 64; kib * 1024 <= static_cast<double>(most);
         kib *= bench.quick() ? 4 : 1.4142135623730951) {
        if (bench.out_of_time()) return;
        const std::uint64_t before = plan.length;
        plan.all_the_same(buffer, static_cast<std::uint64_t>(kib * 1024));
        if (plan.length == before) continue; // it is whole steps
        bench.point("shared_bandwidth_vs_footprint", "", static_cast<double>(plan.length) / 1024,
                    bench.samples([&] { return stream.run(plan); }));
    }
}

} // namespace migsim::silicon
