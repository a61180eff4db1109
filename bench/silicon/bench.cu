// SPDX-License-Identifier: Apache-2.0
#include "bench/silicon/bench.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "bench/silicon/device.cuh"

namespace migsim::silicon {
namespace {

constexpr std::uint64_t page = 2u << 20;

__global__ void note_sm(unsigned* ids, unsigned* arrived) {
    ids[blockIdx.x] = sm_id();
    wait_for_all(arrived);
}

__global__ void count_cycles(std::uint64_t* out) {
    const std::uint64_t start = global_ns();
    while (global_ns() == start) {
    } // from the edge of a tick of the timer
    const std::uint64_t begin_ns = global_ns();
    const long long begin = clock64();
    std::uint64_t end_ns = begin_ns;
    while (end_ns - begin_ns < 2'000'000) end_ns = global_ns();
    out[0] = static_cast<std::uint64_t>(clock64() - begin);
    out[1] = end_ns - begin_ns;
}

} // namespace

void check(cudaError_t status, const char* what, const char* file, int line) {
    if (status == cudaSuccess) return;
    const std::string path = file;
    throw CudaError(path.substr(path.rfind('/') + 1) + ":" + std::to_string(line) + ": " + what + ": " +
                    cudaGetErrorString(status));
}

Buffer::Buffer(std::uint64_t bytes) : bytes_((bytes + page - 1) / page * page) {
    const cudaError_t status = cudaMalloc(&data_, bytes_);
    if (status == cudaErrorMemoryAllocation) {
        cudaGetLastError(); // so that the next check does not meet it
        throw NotMeasured("the device has no " + std::to_string(bytes_ >> 20) + " MiB to spare");
    }
    MIGSIM_CUDA(status);
    zero();
}

void Buffer::zero() {
    MIGSIM_CUDA(cudaMemset(data_, 0, bytes_));
    MIGSIM_CUDA(cudaDeviceSynchronize());
}

Bench::Bench(Channel& channel, int device, bool quick, double seconds)
    : channel_(channel),
      device_(device),
      quick_(quick),
      deadline_(std::chrono::steady_clock::now() +
                std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                    std::chrono::duration<double>(seconds))) {}

void Bench::open() {
    MIGSIM_CUDA(cudaSetDevice(device_));
    const auto attribute = [&](cudaDeviceAttr which) {
        int value = 0;
        MIGSIM_CUDA(cudaDeviceGetAttribute(&value, which, device_));
        return value;
    };
    l2_bytes_ = static_cast<std::uint64_t>(attribute(cudaDevAttrL2CacheSize));
    compute_major_ = attribute(cudaDevAttrComputeCapabilityMajor);
    sm_ids_ = find_sms();
}

std::vector<unsigned> Bench::find_sms() const {
    int count = 0;
    MIGSIM_CUDA(cudaDeviceGetAttribute(&count, cudaDevAttrMultiProcessorCount, device_));
    const auto ctas = static_cast<unsigned>(count);
    const unsigned shared = shared_bytes_for(note_sm, 1, 1);
    Buffer ids(ctas * sizeof(unsigned)), arrived(sizeof(unsigned));
    for (unsigned attempt = 0; attempt < 3; ++attempt) {
        arrived.zero();
        note_sm<<<ctas, 1, shared>>>(ids.as<unsigned>(), arrived.as<unsigned>());
        MIGSIM_CUDA(cudaGetLastError());
        MIGSIM_CUDA(cudaDeviceSynchronize());
        const std::vector<unsigned> all = copied_back<unsigned>(ids, ctas);
        const std::set<unsigned> different(all.begin(), all.end());
        if (different.size() == ctas) return {different.begin(), different.end()};
    }
    throw NotMeasured("a CTA for each SM did not land on an SM each; is another program using this GPU?");
}

bool Bench::out_of_time() {
    if (!late_ && std::chrono::steady_clock::now() >= deadline_) {
        late_ = true;
        channel_.unfinished("its share of the time limit was spent");
    }
    return late_;
}

std::uint64_t Bench::free_bytes() const {
    std::size_t free = 0, total = 0;
    MIGSIM_CUDA(cudaMemGetInfo(&free, &total));
    return free - std::min<std::uint64_t>(free, 256u << 20);
}

std::uint64_t Bench::cycles_in(double milliseconds) const {
    int khz = 0;
    MIGSIM_CUDA(cudaDeviceGetAttribute(&khz, cudaDevAttrClockRate, device_));
    if (khz <= 0) throw NotMeasured("the driver does not tell the highest clock of the SMs");
    return static_cast<std::uint64_t>(milliseconds * khz);
}

unsigned Bench::shared_bytes_for(const void* kernel, unsigned ctas_per_sm, unsigned threads) const {
    int of_sm = 0, of_cta = 0, reserved = 0, fit = 0;
    MIGSIM_CUDA(cudaDeviceGetAttribute(&of_sm, cudaDevAttrMaxSharedMemoryPerMultiprocessor, device_));
    MIGSIM_CUDA(cudaDeviceGetAttribute(&of_cta, cudaDevAttrMaxSharedMemoryPerBlockOptin, device_));
    MIGSIM_CUDA(cudaDeviceGetAttribute(&reserved, cudaDevAttrReservedSharedMemoryPerBlock, device_));
    cudaFuncAttributes attributes{};
    MIGSIM_CUDA(cudaFuncGetAttributes(&attributes, kernel));
    const int own = static_cast<int>((attributes.sharedSizeBytes + 127) / 128 * 128);
    const int share = of_sm / static_cast<int>(ctas_per_sm) - reserved;
    const int bytes = (std::min(share, of_cta) - own) / 1024 * 1024;
    MIGSIM_CUDA(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes));
    MIGSIM_CUDA(cudaFuncSetAttribute(kernel, cudaFuncAttributePreferredSharedMemoryCarveout,
                                     cudaSharedmemCarveoutMaxShared));
    MIGSIM_CUDA(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&fit, kernel, static_cast<int>(threads),
                                                              static_cast<std::size_t>(bytes)));
    if (fit != static_cast<int>(ctas_per_sm))
        throw NotMeasured("shared memory cannot hold the CTAs on an SM to " + std::to_string(ctas_per_sm) +
                          "; " + std::to_string(fit) + " fit");
    return static_cast<unsigned>(bytes);
}

void Bench::leave_to_l1(const void* kernel, unsigned ctas_per_sm, unsigned shared_bytes) const {
    int of_sm = 0, reserved = 0;
    MIGSIM_CUDA(cudaDeviceGetAttribute(&of_sm, cudaDevAttrMaxSharedMemoryPerMultiprocessor, device_));
    MIGSIM_CUDA(cudaDeviceGetAttribute(&reserved, cudaDevAttrReservedSharedMemoryPerBlock, device_));
    const unsigned needed = ctas_per_sm * (shared_bytes + static_cast<unsigned>(reserved));
    const auto all = static_cast<unsigned>(of_sm);
    const unsigned percent = std::min(100u, (100 * needed + all - 1) / all);
    MIGSIM_CUDA(cudaFuncSetAttribute(kernel, cudaFuncAttributePreferredSharedMemoryCarveout,
                                     static_cast<int>(percent)));
}

double Bench::sm_clock_mhz() const {
    Buffer out(2 * sizeof(std::uint64_t));
    count_cycles<<<1, 1>>>(out.as<std::uint64_t>());
    MIGSIM_CUDA(cudaGetLastError());
    const std::vector<std::uint64_t> counted = copied_back<std::uint64_t>(out, 2);
    return 1e3 * static_cast<double>(counted[0]) / static_cast<double>(counted[1]);
}

void Bench::point(const char* question, const char* variant, double at, const std::vector<double>& samples) {
    channel_.point({question, variant, "", at, samples, sm_ids_.empty() ? 0 : sm_clock_mhz()});
}

void Bench::point(const char* question, const char* variant, const std::string& name,
                  const std::vector<double>& samples) {
    channel_.point({question, variant, name, 0, samples, sm_ids_.empty() ? 0 : sm_clock_mhz()});
}

void Bench::note(const std::string& text) const {
    std::fprintf(stderr, "  %s\n", text.c_str());
}

} // namespace migsim::silicon
