// SPDX-License-Identifier: Apache-2.0
// Board power and SM clock under load, as NVML reports them. Without NVML nothing is reported.
#include <algorithm>
#include <functional>
#include <thread>

#include "bench/silicon/experiments.h"
#include "bench/silicon/gemm.h"
#include "bench/silicon/nvml.h"
#include "bench/silicon/sm_stream.h"

namespace migsim::silicon {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds settling{1500}, watching{1500}; // NVML averages over up to a second
constexpr double load_ms = 60;

} // namespace

void power(Bench& bench) {
    bench.open();
    char bus_id[32] = "";
    MIGSIM_CUDA(cudaDeviceGetPCIBusId(bus_id, sizeof bus_id, bench.device()));
    const Nvml nvml(bus_id);
    if (!nvml.power_mw()) throw NotMeasured("NVML does not tell the power of this device");

    const Buffer resident(bench.sms() * l2_part(bench));
    const Buffer memory(std::min<std::uint64_t>(4ull << 30, bench.free_bytes() / 4));
    SmStream stream(bench);
    StreamPlan from_dram;
    from_dram.sm_ids = bench.sm_ids();
    from_dram.milliseconds = load_ms;
    StreamPlan from_l2 = from_dram;
    from_dram.in_turn(memory, 0);
    from_l2.each_its_own(resident, l2_part(bench));
    Gemm product(bench, {4096, 4096, 4096});
    product.use(bench.sm_ids());
    product.launch();
    const double product_ms = bench.milliseconds([&] { product.launch(); });

    const auto report = [&](const char* name, const std::function<void()>& start_some) {
        if (bench.out_of_time()) return;
        std::vector<double> watts, clocks;
        const auto begin = Clock::now();
        while (Clock::now() - begin < settling + watching) {
            start_some();
            std::this_thread::sleep_for(std::chrono::milliseconds(20)); // the load is under way
            if (Clock::now() - begin >= settling) {
                if (const auto mw = nvml.power_mw()) watts.push_back(*mw / 1e3);
                if (const auto mhz = nvml.sm_clock_mhz()) clocks.push_back(*mhz);
            }
            MIGSIM_CUDA(cudaDeviceSynchronize());
        }
        bench.point("power", "", std::string(name), watts);
        bench.point("clock_under_load", "", std::string(name), clocks);
    };
    report("idle", [] {});
    report("dram_read", [&] { stream.launch(from_dram); });
    report("l2_read", [&] { stream.launch(from_l2); });
    report("gemm", [&] {
        for (double queued = 0; queued < load_ms; queued += product_ms) product.launch();
    });
}

} // namespace migsim::silicon
