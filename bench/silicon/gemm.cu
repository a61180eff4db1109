// SPDX-License-Identifier: Apache-2.0
// What a BF16 matrix product of our own comes to, against the number of SMs and the shape.
#include "bench/silicon/gemm.h"

#include <algorithm>

#include "bench/silicon/experiments.h"

namespace migsim::silicon {
namespace {

constexpr unsigned ahead = 4; // products that keep the SMs busy until the timed one is queued behind them

std::vector<double> tflop_per_s(Bench& bench, Gemm& gemm, const GemmShape& shape,
                                const std::vector<unsigned>& sms) {
    gemm.use(sms);
    const auto samples = bench.samples([&] {
        for (unsigned i = 0; i < ahead; ++i) gemm.launch();
        return shape.flop() / 1e9 / bench.milliseconds([&] { gemm.launch(); });
    });
    gemm.verify();
    return samples;
}

} // namespace

void gemm(Bench& bench) {
    bench.open();
    constexpr GemmShape shapes[] = {{512, 512, 512},    {1024, 1024, 1024}, {2048, 2048, 2048},
                                    {4096, 4096, 4096}, {8192, 8192, 8192}, {128, 8192, 8192},
                                    {8192, 8192, 128},  {4096, 4096, 16384}};
    for (const GemmShape& shape : shapes) {
        if (bench.out_of_time()) return;
        if (bench.quick() && shape.flop() > 2e11) continue;
        Gemm product(bench, shape);
        bench.point("gemm_rate_vs_shape", "",
                    std::to_string(shape.m) + "x" + std::to_string(shape.n) + "x" + std::to_string(shape.k),
                    tflop_per_s(bench, product, shape, bench.sm_ids()));
    }
    const GemmShape shape{4096, 4096, 1024};
    Gemm product(bench, shape);
    const unsigned step = std::max(1u, bench.sms() / (bench.quick() ? 4 : 16));
    for (unsigned count = 1;; count = std::min(count == 1 && step > 1 ? step : count + step, bench.sms())) {
        if (bench.out_of_time()) return;
        const std::vector<unsigned> sms(bench.sm_ids().begin(), bench.sm_ids().begin() + count);
        bench.point("gemm_rate_vs_sms", "", count, tflop_per_s(bench, product, shape, sms));
        if (count == bench.sms()) return;
    }
}

} // namespace migsim::silicon
