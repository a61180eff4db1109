// SPDX-License-Identifier: Apache-2.0
// The question this project is about: a chain of small kernels on some of the SMs, beside a bandwidth hog on
// the others, with L2 and DRAM shared.
#include <algorithm>

#include "bench/silicon/device.cuh"
#include "bench/silicon/experiments.h"
#include "bench/silicon/sm_stream.h"

namespace migsim::silicon {
namespace {

constexpr unsigned kernels = 8, threads = 256, ctas_per_sm = 2, requests = 300;
constexpr std::uint64_t part_bytes = 1u << 20; // of L2, and as much of DRAM, that a kernel reads
constexpr std::uint64_t cold_bytes = 1u << 30;
constexpr unsigned victim_shared = 24 * 1024; // more than the hog leaves of an SM
constexpr double longest_ms = 20'000;         // of the hog, should nobody stop it

__global__ void __launch_bounds__(threads)
    serve(const uint4* warm, const uint4* cold, unsigned index, const unsigned* request, unsigned* sink) {
    const std::uint64_t part = part_bytes / sizeof(uint4);
    const std::uint64_t begin =
        (std::uint64_t{*request} * kernels + index) % (cold_bytes / part_bytes) * part;
    unsigned folds = 0;
    for (std::uint64_t i = std::uint64_t{blockIdx.x} * threads + threadIdx.x; i < part;
         i += std::uint64_t{gridDim.x} * threads) {
        uint4 a, b;
        load_l2(reinterpret_cast<const char*>(warm + i), a);
        load_l2(reinterpret_cast<const char*>(cold + begin + i), b);
        folds ^= folded(a) ^ folded(b);
    }
    if (folds == 0x9e3779b9) *sink = folds; // else the loads would be dropped
}

__global__ void next_request(unsigned* request) {
    ++*request;
}

class Victim {
public:
    explicit Victim(unsigned sms) : warm_(part_bytes), cold_(cold_bytes), state_(2 * sizeof(unsigned)) {
        unsigned* const request = state_.as<unsigned>();
        cudaGraph_t graph = nullptr;
        MIGSIM_CUDA(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal));
        // In the graph, so that what the host takes to submit it lies outside them.
        MIGSIM_CUDA(cudaEventRecordWithFlags(begin_, stream_, cudaEventRecordExternal));
        for (unsigned i = 0; i < kernels; ++i)
            serve<<<ctas_per_sm * sms, threads, victim_shared, stream_>>>(
                warm_.as<uint4>(), cold_.as<uint4>(), i, request, request + 1);
        next_request<<<1, 1, victim_shared, stream_>>>(request);
        MIGSIM_CUDA(cudaEventRecordWithFlags(end_, stream_, cudaEventRecordExternal));
        MIGSIM_CUDA(cudaStreamEndCapture(stream_, &graph));
        MIGSIM_CUDA(cudaGraphInstantiate(&chain_, graph, 0));
        MIGSIM_CUDA(cudaGraphDestroy(graph));
    }
    ~Victim() { cudaGraphExecDestroy(chain_); }
    Victim(const Victim&) = delete;
    Victim& operator=(const Victim&) = delete;

    // Microseconds of each request, by events within the graph.
    std::vector<double> batch() {
        std::vector<double> times;
        for (unsigned i = 0; i < requests; ++i) {
            MIGSIM_CUDA(cudaGraphLaunch(chain_, stream_));
            stream_.wait();
            float ms = 0;
            MIGSIM_CUDA(cudaEventElapsedTime(&ms, begin_, end_));
            times.push_back(1e3 * ms);
        }
        return times;
    }

private:
    Buffer warm_, cold_, state_;
    Stream stream_;
    Event begin_, end_;
    cudaGraphExec_t chain_ = nullptr;
};

} // namespace

void noisy_neighbour(Bench& bench) {
    bench.open();
    if (bench.sms() < 8) throw NotMeasured("fewer than eight SMs cannot be split");
    DramStream memory(bench, std::min<std::uint64_t>(4ull << 30, bench.free_bytes() / 2));
    SmStream hog(bench);
    StopFlag stop;
    const Stream hog_stream;
    for (const unsigned divisor : {8u, 4u, 2u}) {
        if (bench.quick() && divisor != 4) continue;
        const unsigned victim_sms = bench.sms() / divisor;
        Victim victim(victim_sms);
        victim.batch(); // loads the kernels, warms up
        const std::string variant = "victim_on_" + std::to_string(victim_sms) + "_sms";
        for (const unsigned percent : {0u, 25u, 50u, 100u}) {
            if (bench.out_of_time()) return;
            if (bench.quick() && percent % 100 != 0) continue;
            StreamPlan plan;
            plan.sm_ids.assign(bench.sm_ids().begin() + victim_sms, bench.sm_ids().end());
            plan.streaming = std::max(plan.ctas() * percent / 100, percent > 0 ? 1u : 0u);
            plan.milliseconds = longest_ms;
            plan.stop = stop.on_device();
            std::vector<double> p50, p99, delivered;
            for (unsigned i = 0; i <= bench.repeats(); ++i) { // the first warms up
                stop.lower();
                hog.launch(memory.planned(plan), hog_stream);
                hog.wait_until_placed(); // it holds its SMs, so the victim gets the others and no more
                const std::vector<double> times = victim.batch();
                if (hog_stream.ended()) throw NotMeasured("the hog ended before the victim did");
                stop.raise();
                hog_stream.wait();
                const double rate = hog.gb_per_s();
                memory.launched_and_ended(hog.bytes());
                if (i == 0) continue;
                p50.push_back(percentile(times, 50));
                p99.push_back(percentile(times, 99));
                delivered.push_back(rate);
            }
            bench.point("noisy_neighbour_p50", variant.c_str(), percent, p50);
            bench.point("noisy_neighbour_p99", variant.c_str(), percent, p99);
            bench.point("noisy_neighbour_hog", variant.c_str(), percent, delivered);
        }
    }
}

} // namespace migsim::silicon
