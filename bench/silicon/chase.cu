// SPDX-License-Identifier: Apache-2.0
#include "bench/silicon/chase.h"

#include "bench/silicon/device.cuh"
#include "bench/silicon/permutation.h"

namespace migsim::silicon {
namespace {

constexpr std::uint64_t page = 2u << 20, sector = 32;

__global__ void link_cycle(char* base, std::uint64_t elements, std::uint64_t element_bytes,
                           std::uint64_t seed) {
    const std::uint64_t threads = std::uint64_t{gridDim.x} * blockDim.x;
    for (std::uint64_t i = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x; i < elements; i += threads) {
        const std::uint64_t next = i + 1 == elements ? 0 : i + 1;
        char* here = base + permuted(i, elements, seed) * element_bytes;
        *reinterpret_cast<std::uint64_t*>(here) =
            reinterpret_cast<std::uint64_t>(base + permuted(next, elements, seed) * element_bytes);
    }
}

__global__ void link_chain(char* base, const std::uint64_t* offsets, std::uint64_t count) {
    const std::uint64_t i = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
    if (i >= count) return;
    *reinterpret_cast<std::uint64_t*>(base + offsets[i]) =
        reinterpret_cast<std::uint64_t>(base + offsets[i + 1 == count ? 0 : i + 1]);
}

template <Through through>
__device__ std::uint64_t hop(std::uint64_t at) {
    return through == Through::L1 ? load_l1(at) : load_l2(at);
}

template <Through through>
__device__ std::uint64_t follow(std::uint64_t at, std::uint64_t hops) {
    for (std::uint64_t i = 0; i < hops; i += 4)
        at = hop<through>(hop<through>(hop<through>(hop<through>(at))));
    return at;
}

template <Through through>
__global__ void chase(std::uint64_t* state, std::uint64_t* cycles, unsigned* arrived, Chase job) {
    if (job.only_sm >= 0) {
        wait_for_all(arrived);
        if (sm_id() != static_cast<unsigned>(job.only_sm)) return;
    }
    const unsigned slot = job.only_sm >= 0 ? 0 : blockIdx.x;
    std::uint64_t at = state[slot];
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < job.touch; ++i)
        sum += load_l2(reinterpret_cast<std::uint64_t>(job.touched) + (i + 1) * page - sector);
    wait_for(sum);
    at = follow<through>(at, job.warm_hops);
    wait_for(at);
    const long long begin = clock64();
    at = follow<through>(at, job.hops);
    wait_for(at);
    const long long end = clock64();
    state[slot] = at;
    cycles[slot] = static_cast<std::uint64_t>(end - begin);
}

} // namespace

void make_cycle(const Buffer& buffer, std::uint64_t bytes, std::uint64_t element_bytes, std::uint64_t seed) {
    link_cycle<<<1024, 256>>>(buffer.as<char>(), bytes / element_bytes, element_bytes, seed);
    MIGSIM_CUDA(cudaGetLastError());
    MIGSIM_CUDA(cudaDeviceSynchronize());
}

void make_chain(const Buffer& buffer, const Buffer& offsets, std::uint64_t count) {
    link_chain<<<static_cast<unsigned>((count + 255) / 256), 256>>>(buffer.as<char>(),
                                                                    offsets.as<std::uint64_t>(), count);
    MIGSIM_CUDA(cudaGetLastError());
    MIGSIM_CUDA(cudaDeviceSynchronize());
}

Chaser::Chaser(const Bench& bench, const std::vector<std::uint64_t>& starts)
    : bench_(bench),
      state_(starts.size() * sizeof(std::uint64_t)),
      cycles_(starts.size() * sizeof(std::uint64_t)),
      arrived_(sizeof(unsigned)) {
    MIGSIM_CUDA(cudaMemcpy(state_.as<void>(), starts.data(), starts.size() * sizeof(std::uint64_t),
                           cudaMemcpyHostToDevice));
}

void Chaser::launch(const Chase& job, cudaStream_t stream) {
    last_ = job;
    const auto kernel = job.through == Through::L1 ? chase<Through::L1> : chase<Through::L2>;
    unsigned ctas = job.ctas, shared = job.shared_bytes;
    if (job.only_sm >= 0) {
        ctas = bench_.sms();
        shared = bench_.shared_bytes_for(kernel, 1, 1);
    } else {
        bench_.leave_to_l1(reinterpret_cast<const void*>(kernel), (ctas + bench_.sms() - 1) / bench_.sms(),
                           shared);
    }
    MIGSIM_CUDA(cudaMemsetAsync(arrived_.as<void>(), 0, sizeof(unsigned), stream));
    kernel<<<ctas, 1, shared, stream>>>(state_.as<std::uint64_t>(), cycles_.as<std::uint64_t>(),
                                        arrived_.as<unsigned>(), job);
    MIGSIM_CUDA(cudaGetLastError());
}

double Chaser::cycles_per_hop() const {
    const unsigned slots = last_.only_sm >= 0 ? 1 : last_.ctas;
    double sum = 0;
    for (const std::uint64_t cycles : copied_back<std::uint64_t>(cycles_, slots))
        sum += static_cast<double>(cycles);
    return sum / slots / static_cast<double>(last_.hops);
}

} // namespace migsim::silicon
