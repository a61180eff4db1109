// SPDX-License-Identifier: Apache-2.0
// What a chase pays when its page has left the uTLB: the same number of lines in two pages and in one each.
#include "bench/silicon/chase.h"
#include "bench/silicon/experiments.h"

namespace migsim::silicon {
namespace {

constexpr std::uint64_t hops = 512, page = 2u << 20, line = 128;

} // namespace

void utlb_miss(Bench& bench) {
    bench.open();
    const Buffer buffer(hops * (page + line));
    const unsigned sm = bench.sm_ids()[0];
    const auto cycles = [&](std::uint64_t step) {
        std::vector<std::uint64_t> places;
        for (std::uint64_t i = 0; i < hops; ++i) places.push_back(i * step);
        const Buffer offsets(hops * sizeof(std::uint64_t));
        MIGSIM_CUDA(cudaMemcpy(offsets.as<void>(), places.data(), hops * sizeof(std::uint64_t),
                               cudaMemcpyHostToDevice));
        make_chain(buffer, offsets, hops);
        Chaser chaser(bench, {reinterpret_cast<std::uint64_t>(buffer.as<char>())});
        return bench.samples([&] {
            chaser.launch(
                {.warm_hops = hops, .hops = hops, .through = Through::L2, .only_sm = static_cast<int>(sm)});
            MIGSIM_CUDA(cudaDeviceSynchronize());
            return chaser.cycles_per_hop();
        });
    };
    const std::vector<double> few = cycles(page / 256 - line), many = cycles(page + line);
    std::vector<double> added;
    for (std::size_t i = 0; i < many.size(); ++i) added.push_back(many[i] - few[i]);
    if (median(added) <= 0) throw NotMeasured("pages of their own cost nothing that could be measured");
    bench.point("utlb_miss", "", std::string("gpc_tlb_hit"), added);
}

} // namespace migsim::silicon
