// SPDX-License-Identifier: Apache-2.0
// What a memory fence costs beside SMs that do nothing but fence.
#include <algorithm>

#include "bench/silicon/bench.h"
#include "bench/silicon/device.cuh"
#include "bench/silicon/experiments.h"

namespace migsim::silicon {
namespace {

constexpr unsigned threads = 256, fences = 1000, line_words = 16; // of 8 bytes
constexpr long long longest = 400'000'000;                        // cycles of a storm that nobody stops

// state: arrived, done. chosen: by %smid 0 idle, 1 the one that is timed, 2 a storm.
template <bool system>
__global__ void __launch_bounds__(threads)
    storm(const unsigned char* chosen, unsigned* state, std::uint64_t* words, std::uint64_t* cycles) {
    const unsigned char role = chosen[sm_id()];
    volatile std::uint64_t* const word =
        words + (std::uint64_t{blockIdx.x} * threads + threadIdx.x) * line_words;
    if (threadIdx.x == 0) wait_for_all(state);
    __syncthreads();
    const auto fence = [] {
        if constexpr (system)
            __threadfence_system();
        else
            __threadfence();
    };
    if (role == 1 && threadIdx.x == 0) {
        for (unsigned i = 0; i < 100; ++i) { // while the storm gathers
            *word = i;
            fence();
        }
        const long long begin = clock64();
        for (unsigned i = 0; i < fences; ++i) {
            *word = i;
            fence();
        }
        *cycles = static_cast<std::uint64_t>(clock64() - begin);
        __threadfence();
        atomicExch(state + 1, 1u);
    } else if (role == 2) {
        const long long begin = clock64();
        for (unsigned i = 0; *static_cast<volatile unsigned*>(state + 1) == 0 && clock64() - begin < longest;
             ++i) {
            *word = i;
            fence();
        }
    }
}

} // namespace

void barrier_storm(Bench& bench) {
    bench.open();
    const Buffer words(std::uint64_t{bench.sms()} * threads * line_words * sizeof(std::uint64_t));
    const Buffer cycles(sizeof(std::uint64_t)), chosen(bench.sm_id_limit()), state(2 * sizeof(unsigned));
    for (const bool system : {false, true}) {
        const auto kernel = system ? storm<true> : storm<false>;
        const unsigned shared = bench.shared_bytes_for(kernel, 1, threads);
        for (unsigned storms = 0; storms < bench.sms();
             storms = storms == 0                 ? 1
                      : storms + 1 == bench.sms() ? bench.sms()
                                                  : std::min(2 * storms, bench.sms() - 1)) {
            if (bench.out_of_time()) return;
            std::vector<unsigned char> roles(bench.sm_id_limit(), 0);
            for (unsigned i = 0; i <= storms; ++i) roles[bench.sm_ids()[i]] = i == 0 ? 1 : 2;
            MIGSIM_CUDA(cudaMemcpy(chosen.as<void>(), roles.data(), roles.size(), cudaMemcpyHostToDevice));
            bench.point("fence_latency", system ? "system" : "gpu", storms, bench.samples([&] {
                MIGSIM_CUDA(cudaMemset(state.as<void>(), 0, 2 * sizeof(unsigned)));
                MIGSIM_CUDA(cudaMemset(cycles.as<void>(), 0, sizeof(std::uint64_t)));
                kernel<<<bench.sms(), threads, shared>>>(chosen.as<unsigned char>(), state.as<unsigned>(),
                                                         words.as<std::uint64_t>(),
                                                         cycles.as<std::uint64_t>());
                MIGSIM_CUDA(cudaGetLastError());
                const std::uint64_t counted = copied_back<std::uint64_t>(cycles, 1)[0];
                if (counted == 0) throw NotMeasured("no CTA landed on the SM that is timed");
                return static_cast<double>(counted) / fences;
            }));
        }
    }
}

} // namespace migsim::silicon
