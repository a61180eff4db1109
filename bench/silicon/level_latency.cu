// SPDX-License-Identifier: Apache-2.0
// The latency of one level at a time, on lines that have shown themselves to be near or far.
#include <algorithm>

#include "bench/silicon/chase.h"
#include "bench/silicon/experiments.h"
#include "bench/silicon/lines.h"
#include "bench/silicon/sm_stream.h"

namespace migsim::silicon {
namespace {

constexpr std::uint64_t pool_bytes = 8u << 20, page = 2u << 20;

} // namespace

void level_latency(Bench& bench) {
    bench.open();
    const unsigned sm = bench.sm_ids()[0];
    const Buffer buffer(pool_bytes);
    const std::vector<std::uint64_t> lines = random_lines(pool_bytes, 4096, 2);
    const std::vector<double> latencies = LineProbe(bench, buffer, lines).latencies(sm, 5);
    const double threshold = split(latencies);
    if (threshold == 0)
        throw NotMeasured("L2 latencies do not fall into two clusters: no line shows as near or far");
    DramStream evict(bench, 4 * bench.l2_bytes());

    for (const bool far : {false, true}) {
        std::vector<std::uint64_t> chosen;
        for (std::size_t i = 0; i < lines.size(); ++i)
            if ((latencies[i] > threshold) == far) chosen.push_back(lines[i]);
        chosen.resize(chosen.size() / 4 * 4);
        const Buffer offsets(chosen.size() * sizeof(std::uint64_t));
        MIGSIM_CUDA(cudaMemcpy(offsets.as<void>(), chosen.data(), chosen.size() * sizeof(std::uint64_t),
                               cudaMemcpyHostToDevice));
        Chaser chaser(bench, {reinterpret_cast<std::uint64_t>(buffer.as<char>()) + chosen[0]});
        Chase job;
        job.hops = chosen.size();
        job.through = Through::L2;
        job.only_sm = static_cast<int>(sm);
        job.touch = pool_bytes / page;
        job.touched = buffer.as<char>();
        for (const bool hit : {true, false}) {
            if (bench.out_of_time()) return;
            const std::vector<double> samples = bench.samples([&] {
                make_chain(buffer, offsets, chosen.size());
                if (!hit) evict.sweep();
                chaser.launch(job);
                MIGSIM_CUDA(cudaDeviceSynchronize());
                return chaser.cycles_per_hop();
            });
            bench.point("level_latency", "",
                        std::string(hit   ? far ? "l2_far_hit" : "l2_near_hit"
                                    : far ? "far_miss"
                                          : "near_miss"),
                        samples);
        }
    }
}

} // namespace migsim::silicon
