// SPDX-License-Identifier: Apache-2.0
// What a number of SMs reads from L2 and from DRAM.
#include <algorithm>

#include "bench/silicon/experiments.h"
#include "bench/silicon/sm_stream.h"

namespace migsim::silicon {

void bandwidth_vs_sms(Bench& bench) {
    bench.open();
    const Buffer resident(bench.sms() * l2_part(bench));
    DramStream dram(bench, std::min<std::uint64_t>(4ull << 30, bench.free_bytes() / 2));
    SmStream l2(bench);
    const unsigned step = std::max(1u, bench.sms() / (bench.quick() ? 4 : 32));
    for (unsigned sms = 1; sms <= bench.sms();
         sms = sms == bench.sms() ? sms + 1 : std::min(bench.sms(), sms < 8 ? sms + 1 : sms + step)) {
        if (bench.out_of_time()) return;
        StreamPlan plan;
        plan.sm_ids.assign(bench.sm_ids().begin(), bench.sm_ids().begin() + sms);
        bench.point("bandwidth_vs_sms", "dram", sms, bench.samples([&] { return dram.run(plan); }));
        plan.each_its_own(resident, l2_part(bench));
        bench.point("bandwidth_vs_sms", "l2", sms, bench.samples([&] { return l2.run(plan); }));
    }
}

} // namespace migsim::silicon
