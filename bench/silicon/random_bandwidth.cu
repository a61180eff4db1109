// SPDX-License-Identifier: Apache-2.0
// What random short reads leave of the DRAM bandwidth, inside the reach of the TLBs and beyond.
#include <algorithm>

#include "bench/silicon/bench.h"
#include "bench/silicon/device.cuh"
#include "bench/silicon/experiments.h"
#include "bench/silicon/permutation.h"

namespace migsim::silicon {
namespace {

constexpr unsigned threads = 1024, ctas_per_sm = 2;
constexpr std::uint64_t step_bytes = threads * sizeof(std::uint64_t), twin_footprint = 64ull << 30;
constexpr double sample_ms = 3;

// elements: a power of two, as is the number of words of one. out: per CTA bytes and ns.
__global__ void __launch_bounds__(threads, ctas_per_sm)
    read_random(const std::uint64_t* base, std::uint64_t elements, unsigned words, std::uint64_t seed,
                std::uint64_t cycles, std::uint64_t* out, unsigned* sink) {
    __shared__ unsigned long long bytes;
    if (threadIdx.x == 0) bytes = 0;
    __syncthreads();
    const std::uint64_t start_ns = global_ns();
    const long long start = clock64();
    const unsigned element = threadIdx.x / words, word = threadIdx.x % words;
    const unsigned per_step = threads / words;
    // Each step has numbers of its own: of this launch, of this CTA.
    std::uint64_t number = (seed * gridDim.x + blockIdx.x) << 32 | element;
    unsigned folds = 0;
    unsigned long long steps = 0;
    do {
        std::uint64_t values[2]; // two steps in flight
#pragma unroll
        for (unsigned i = 0; i < 2; ++i) {
            const std::uint64_t chosen = mixed(number) & (elements - 1);
            number += per_step;
            load_l2(reinterpret_cast<const char*>(base + chosen * words + word), values[i]);
        }
        folds ^= folded(values[0]) ^ folded(values[1]);
        steps += 2;
    } while (static_cast<std::uint64_t>(clock64() - start) < cycles);
    if (folds == 0x9e3779b9) *sink = folds; // else the loads would be dropped
    if (threadIdx.x % 32 == 0) atomicAdd(&bytes, steps * 32 * sizeof(std::uint64_t));
    __syncthreads();
    if (threadIdx.x == 0) {
        out[2 * blockIdx.x] = bytes;
        out[2 * blockIdx.x + 1] = global_ns() - start_ns;
    }
}

class RandomReads {
public:
    RandomReads(const Bench& bench, const Buffer& buffer)
        : buffer_(buffer),
          ctas_(bench.sms() * ctas_per_sm),
          out_(ctas_ * 2 * sizeof(std::uint64_t)),
          sink_(4) {
        cycles_ = bench.cycles_in(sample_ms);
        shared_ = bench.shared_bytes_for(read_random, ctas_per_sm, threads);
    }

    double gb_per_s(std::uint64_t footprint, unsigned element_bytes) {
        read_random<<<ctas_, threads, shared_>>>(buffer_.as<std::uint64_t>(), footprint / element_bytes,
                                                 element_bytes / static_cast<unsigned>(sizeof(std::uint64_t)),
                                                 ++launches_, cycles_, out_.as<std::uint64_t>(),
                                                 sink_.as<unsigned>());
        MIGSIM_CUDA(cudaGetLastError());
        const std::vector<std::uint64_t> counted = copied_back<std::uint64_t>(out_, 2 * ctas_);
        double sum = 0;
        for (unsigned i = 0; i < ctas_; ++i)
            sum += static_cast<double>(counted[2 * i]) / static_cast<double>(counted[2 * i + 1]);
        return sum;
    }

private:
    const Buffer& buffer_;
    unsigned ctas_, shared_ = 0;
    std::uint64_t cycles_ = 0, launches_ = 0;
    Buffer out_, sink_;
};

} // namespace

void random_bandwidth(Bench& bench) {
    bench.open();
    std::uint64_t most = 64u << 20;
    while (2 * most <= bench.free_bytes() / 100 * 95) most *= 2;
    const Buffer buffer(most);
    RandomReads reads(bench, buffer);
    if (most >= twin_footprint)
        for (unsigned element = 32; element <= step_bytes; element *= bench.quick() ? 4 : 2) {
            if (bench.out_of_time()) return;
            bench.point("random_bandwidth", "", element,
                        bench.samples([&] { return reads.gb_per_s(twin_footprint, element); }));
        }
    else
        bench.note("there are no 64 GiB, which random_bandwidth asks for: only footprints below");
    for (const unsigned element : {32u, 128u, 512u})
        for (std::uint64_t footprint = 64u << 20; footprint <= most; footprint *= bench.quick() ? 8 : 2) {
            if (bench.out_of_time()) return;
            bench.point("random_bandwidth_vs_footprint", (std::to_string(element) + "B").c_str(),
                        static_cast<double>(footprint >> 20),
                        bench.samples([&] { return reads.gb_per_s(footprint, element); }));
        }
}

} // namespace migsim::silicon
