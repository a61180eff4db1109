// SPDX-License-Identifier: Apache-2.0
#include "bench/silicon/lines.h"

#include <algorithm>

#include "bench/silicon/device.cuh"
#include "bench/silicon/permutation.h"

namespace migsim::silicon {
namespace {

constexpr std::uint64_t line = 128, page = 2u << 20;

__global__ void store(char* base, const std::uint64_t* offsets, std::uint64_t count) {
    const std::uint64_t i = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
    if (i < count) *reinterpret_cast<std::uint64_t*>(base + offsets[i]) = i;
}

__global__ void time_each(const char* base, const std::uint64_t* offsets, std::uint64_t count, unsigned sm,
                          unsigned* cycles, unsigned* arrived) {
    wait_for_all(arrived);
    if (sm_id() != sm) return;
    const auto start = reinterpret_cast<std::uint64_t>(base);
    std::uint64_t pages = 0; // the translations first; no chosen line is the last of a page
    for (std::uint64_t i = 0; i < count; ++i) pages = pages > offsets[i] / page ? pages : offsets[i] / page;
    for (std::uint64_t i = 0; i <= pages; ++i)
        wait_for(load_l2(start + (i + 1) * page - sizeof(std::uint64_t)));
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::uint64_t address = start + offsets[i];
        wait_for(address);
        const long long begin = clock64();
        wait_for(load_l2(address));
        const long long end = clock64();
        cycles[i] = static_cast<unsigned>(end - begin);
    }
}

} // namespace

std::vector<std::uint64_t> random_lines(std::uint64_t bytes, std::uint64_t count, std::uint64_t seed) {
    std::vector<std::uint64_t> offsets;
    const std::uint64_t lines = bytes / line;
    for (std::uint64_t i = 0; offsets.size() < count && i < lines; ++i) {
        const std::uint64_t offset = permuted(i, lines, seed) * line;
        if ((offset + line) % page != 0) offsets.push_back(offset);
    }
    return offsets;
}

LineProbe::LineProbe(const Bench& bench, const Buffer& buffer, const std::vector<std::uint64_t>& offsets)
    : bench_(bench),
      buffer_(buffer),
      count_(offsets.size()),
      offsets_(count_ * sizeof(std::uint64_t)),
      cycles_(count_ * sizeof(unsigned)),
      arrived_(sizeof(unsigned)) {
    MIGSIM_CUDA(cudaMemcpy(offsets_.as<void>(), offsets.data(), count_ * sizeof(std::uint64_t),
                           cudaMemcpyHostToDevice));
}

std::vector<double> LineProbe::latencies(unsigned sm, unsigned rounds) {
    const unsigned shared = bench_.shared_bytes_for(time_each, 1, 1);
    const auto grid = static_cast<unsigned>((count_ + 255) / 256);
    std::vector<double> least(count_);
    for (unsigned round = 0; round <= rounds; ++round) { // the first warms up
        MIGSIM_CUDA(cudaMemset(arrived_.as<void>(), 0, sizeof(unsigned)));
        MIGSIM_CUDA(cudaMemset(cycles_.as<void>(), 0, count_ * sizeof(unsigned)));
        store<<<grid, 256>>>(buffer_.as<char>(), offsets_.as<std::uint64_t>(), count_);
        time_each<<<bench_.sms(), 1, shared>>>(buffer_.as<char>(), offsets_.as<std::uint64_t>(), count_, sm,
                                               cycles_.as<unsigned>(), arrived_.as<unsigned>());
        MIGSIM_CUDA(cudaGetLastError());
        const std::vector<unsigned> cycles = copied_back<unsigned>(cycles_, count_);
        if (std::find(cycles.begin(), cycles.end(), 0u) != cycles.end())
            throw NotMeasured("no CTA landed on SM " + std::to_string(sm) +
                              "; is another program using this GPU?");
        for (std::size_t i = 0; i < count_; ++i)
            if (round == 1 || (round > 1 && cycles[i] < least[i])) least[i] = cycles[i];
    }
    return least;
}

} // namespace migsim::silicon
