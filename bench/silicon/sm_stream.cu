// SPDX-License-Identifier: Apache-2.0
#include "bench/silicon/sm_stream.h"

#include <algorithm>
#include <map>

#include "bench/silicon/device.cuh"

namespace migsim::silicon {

struct StreamKernel { // what a kernel is given
    using Count = SmStream::Count;
    const unsigned char* chosen; // by %smid
    Count* counts;
    unsigned *arrived, *rank, *sink;
    const unsigned* stop;
    const char* base;
    std::uint64_t cta_base, first, cta_start, step, length;
    std::uint64_t pause_ns, cycles;
    unsigned streaming;
};

namespace {

constexpr unsigned nobody = ~0u;
constexpr unsigned between_polls = 16; // steps

template <class Word>
__device__ void store(char* to, Word value) {
    *reinterpret_cast<Word*>(to) = value;
}

template <class Word, unsigned unroll, StreamPlan::Kind kind>
__global__ void __launch_bounds__(1024, sizeof(Word) == 8 ? 2 : 1) stream(StreamKernel job) {
    __shared__ unsigned rank;
    __shared__ unsigned long long bytes;
    if (threadIdx.x == 0) {
        const bool mine = job.chosen[sm_id()] != 0;
        rank = mine ? atomicAdd(job.rank, 1u) : nobody;
        bytes = 0;
        wait_for_all(job.arrived);
    }
    __syncthreads();
    if (rank == nobody) return;

    const char* const base = job.base + rank * job.cta_base + threadIdx.x * sizeof(Word);
    const std::uint64_t row = std::uint64_t{blockDim.x} * sizeof(Word);
    std::uint64_t offset = (job.first + rank * job.cta_start) % job.length;
    const bool streams = rank < job.streaming;
    const std::uint64_t start_ns = global_ns();
    const long long start = clock64();
    unsigned folds = 0;
    unsigned long long steps = 0;
    const auto out_of_time = [&] { return static_cast<std::uint64_t>(clock64() - start) >= job.cycles; };
    const auto stopped = [&] { return job.stop && *static_cast<const volatile unsigned*>(job.stop) != 0; };
    if (!streams && threadIdx.x == 0) // alone and seldom, so that L2 has nothing of it
        while (!out_of_time() && !stopped()) __nanosleep(30'000);
    while (streams) {
        if constexpr (kind == StreamPlan::Kind::Write) {
#pragma unroll
            for (unsigned i = 0; i < unroll; ++i) store(const_cast<char*>(base) + offset + i * row, Word{});
        } else {
            Word words[unroll];
#pragma unroll
            for (unsigned i = 0; i < unroll; ++i) load_l2(base + offset + i * row, words[i]);
#pragma unroll
            for (unsigned i = 0; i < unroll; ++i) folds ^= folded(words[i]);
            // Memory holds zeros; the compiler cannot know, so the next address has to wait for these words.
            if constexpr (kind == StreamPlan::Kind::DependentRead) offset += folds;
        }
        ++steps;
        offset += job.step;
        if (offset >= job.length) offset -= job.length;
        if (job.pause_ns > 0) __nanosleep(static_cast<unsigned>(job.pause_ns));
        if (out_of_time() || (steps % between_polls == 0 && stopped())) break;
    }
    if (folds == 0x9e3779b9) *job.sink = folds; // else the loads would be dropped
    if (streams && threadIdx.x % 32 == 0) atomicAdd(&bytes, steps * unroll * sizeof(Word) * 32);
    __syncthreads();
    if (threadIdx.x == 0) job.counts[rank] = {bytes, global_ns() - start_ns, sm_id()};
}

using Kernel = void (*)(StreamKernel);

template <class Word, unsigned unroll>
Kernel of_kind(StreamPlan::Kind kind) {
    switch (kind) {
    case StreamPlan::Kind::Read:
        return stream<Word, unroll, StreamPlan::Kind::Read>;
    case StreamPlan::Kind::DependentRead:
        return stream<Word, unroll, StreamPlan::Kind::DependentRead>;
    case StreamPlan::Kind::Write:
        return stream<Word, unroll, StreamPlan::Kind::Write>;
    }
    throw std::logic_error("no such stream");
}

Kernel kernel_of(const StreamPlan& plan) {
    if (plan.word_bytes == 8 && plan.unroll == 4) return of_kind<std::uint64_t, 4>(plan.kind);
    if (plan.word_bytes == 16 && plan.unroll == 1) return of_kind<uint4, 1>(plan.kind);
    if (plan.word_bytes == 16 && plan.unroll == 2) return of_kind<uint4, 2>(plan.kind);
    if (plan.word_bytes == 16 && plan.unroll == 4) return of_kind<uint4, 4>(plan.kind);
    throw std::logic_error("no such stream");
}

} // namespace

void StreamPlan::each_its_own(const Buffer& buffer, std::uint64_t own) {
    base = buffer.as<char>();
    length = std::max<std::uint64_t>(own / step_bytes(), 1) * step_bytes();
    if (length * ctas() > buffer.bytes()) throw std::logic_error("the buffer is too small for its CTAs");
    cta_base = length;
    first = cta_start = 0;
    step = step_bytes();
}

std::uint64_t l2_part(const Bench& bench) {
    constexpr std::uint64_t longest_step = 64 * 1024; // so that a part is whole steps of every plan
    const std::uint64_t steps = longest_step * bench.sms();
    return (bench.l2_bytes() / 4 + steps - 1) / steps * longest_step;
}

void StreamPlan::all_the_same(const Buffer& buffer, std::uint64_t bytes) {
    base = buffer.as<char>();
    const std::uint64_t steps = std::max<std::uint64_t>(bytes / step_bytes(), 1);
    length = steps * step_bytes();
    if (length > buffer.bytes()) throw std::logic_error("the buffer is smaller than the footprint");
    cta_base = first = 0;
    cta_start = std::max<std::uint64_t>(steps / ctas(), 1) * step_bytes();
    step = step_bytes();
}

void StreamPlan::in_turn(const Buffer& buffer, std::uint64_t begin) {
    base = buffer.as<char>();
    length = buffer.bytes() / step_bytes() * step_bytes();
    cta_base = 0;
    first = begin / step_bytes() * step_bytes();
    cta_start = step_bytes();
    step = std::min(streaming, ctas()) * step_bytes() % length;
}

SmStream::SmStream(const Bench& bench)
    : bench_(bench),
      chosen_(bench.sm_id_limit()),
      counts_(bench.sms() * 32 * sizeof(Count)),
      state_(3 * sizeof(unsigned)) {}

void SmStream::launch(const StreamPlan& plan, cudaStream_t on) {
    last_ = plan;
    std::vector<unsigned char> chosen(bench_.sm_id_limit(), 0);
    for (const unsigned sm : plan.sm_ids) chosen[sm] = 1;
    const Kernel kernel = kernel_of(plan);
    const unsigned shared = bench_.shared_bytes_for(kernel, plan.ctas_per_sm, plan.threads);
    MIGSIM_CUDA(
        cudaMemcpyAsync(chosen_.as<void>(), chosen.data(), chosen.size(), cudaMemcpyHostToDevice, on));
    MIGSIM_CUDA(cudaMemsetAsync(counts_.as<void>(), 0, plan.ctas() * sizeof(Count), on));
    MIGSIM_CUDA(cudaMemsetAsync(state_.as<void>(), 0, 3 * sizeof(unsigned), on));
    MIGSIM_CUDA(cudaStreamSynchronize(on)); // whoever looks at `arrived` from now on sees this launch's
    StreamKernel job{};
    job.chosen = chosen_.as<unsigned char>();
    job.counts = counts_.as<Count>();
    job.arrived = state_.as<unsigned>();
    job.rank = job.arrived + 1;
    job.sink = job.arrived + 2;
    job.stop = plan.stop;
    job.base = plan.base;
    job.cta_base = plan.cta_base;
    job.first = plan.first;
    job.cta_start = plan.cta_start;
    job.step = plan.step;
    job.length = plan.length;
    job.pause_ns = plan.pause_ns;
    job.cycles = bench_.cycles_in(plan.milliseconds);
    job.streaming = plan.streaming;
    kernel<<<bench_.sms() * plan.ctas_per_sm, plan.threads, shared, on>>>(job);
    MIGSIM_CUDA(cudaGetLastError());
}

void SmStream::wait_until_placed() const {
    const Stream beside;
    const unsigned all = bench_.sms() * last_.ctas_per_sm;
    for (unsigned attempt = 0; attempt < 20'000; ++attempt) {
        unsigned arrived =
            0; // pageable memory: the copy has ended when the call returns, or else the wait has
        MIGSIM_CUDA(
            cudaMemcpyAsync(&arrived, state_.as<void>(), sizeof arrived, cudaMemcpyDeviceToHost, beside));
        beside.wait();
        if (arrived == all) return;
    }
    throw NotMeasured("the streams did not get their SMs; is another program using this GPU?");
}

std::vector<SmStream::Count> SmStream::counts() const {
    const std::vector<Count> counts = copied_back<Count>(counts_, last_.ctas());
    std::map<unsigned, unsigned> of_sm;
    for (const Count& count : counts)
        if (count.ns > 0) ++of_sm[count.sm];
    for (const unsigned sm : last_.sm_ids)
        if (of_sm[sm] != last_.ctas_per_sm)
            throw NotMeasured("the CTAs did not spread over the SMs; is another program using this GPU?");
    return counts;
}

double SmStream::gb_per_s() const {
    double sum = 0;
    for (const Count& count : counts())
        sum += static_cast<double>(count.bytes) / static_cast<double>(count.ns);
    return sum;
}

std::uint64_t SmStream::bytes() const {
    std::uint64_t sum = 0;
    for (const Count& count : counts()) sum += count.bytes;
    return sum;
}

double SmStream::run(const StreamPlan& plan) {
    launch(plan);
    MIGSIM_CUDA(cudaDeviceSynchronize());
    return gb_per_s();
}

DramStream::DramStream(const Bench& bench, std::uint64_t bytes)
    : bench_(bench), buffer_(std::max(bytes, 4 * bench.l2_bytes())), stream_(bench) {}

StreamPlan DramStream::planned(StreamPlan plan) const {
    plan.in_turn(buffer_, next_);
    return plan;
}

void DramStream::launched_and_ended(std::uint64_t bytes) {
    next_ = (next_ + bytes + (2u << 20)) % buffer_.bytes();
}

double DramStream::run(StreamPlan plan) {
    const double rate = stream_.run(planned(std::move(plan)));
    launched_and_ended(stream_.bytes());
    return rate;
}

void DramStream::sweep() {
    StreamPlan plan;
    plan.sm_ids = bench_.sm_ids();
    for (std::uint64_t swept = 0; swept < buffer_.bytes(); swept += stream_.bytes()) run(plan);
}

StopFlag::StopFlag() : word_(sizeof(unsigned)) {
    MIGSIM_CUDA(cudaMallocHost(&on_host_, 2 * sizeof(unsigned)));
    on_host_[0] = 0;
    on_host_[1] = 1;
}

void StopFlag::lower() {
    MIGSIM_CUDA(
        cudaMemcpyAsync(word_.as<void>(), on_host_, sizeof(unsigned), cudaMemcpyHostToDevice, stream_));
    stream_.wait();
}

void StopFlag::raise() {
    MIGSIM_CUDA(
        cudaMemcpyAsync(word_.as<void>(), on_host_ + 1, sizeof(unsigned), cudaMemcpyHostToDevice, stream_));
    stream_.wait();
}

} // namespace migsim::silicon
