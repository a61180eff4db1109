// SPDX-License-Identifier: Apache-2.0
// Streams on chosen SMs: persistent CTAs, so many on each SM by their shared memory, of which those on the
// chosen SMs read or write for a while and count what they moved. Rates are per CTA over its own time,
// summed, so launch and tail are no part of them.
#pragma once

#include <optional>
#include <vector>

#include "bench/silicon/bench.h"

namespace migsim::silicon {

struct StreamPlan {
    enum class Kind { Read, DependentRead, Write } kind = Kind::Read;
    unsigned word_bytes = 16; // of a thread at once: 8 or 16
    unsigned unroll = 4;      // words that a thread has in flight: 1, 2 or 4
    unsigned threads = 1024;
    unsigned ctas_per_sm = 1;
    std::vector<unsigned> sm_ids; // that stream
    unsigned streaming = ~0u;     // only so many of their CTAs; the others hold their places
    std::uint64_t pause_ns = 0;   // of each warp after each step
    double milliseconds = 3;      // at the SM's highest clock; up to `stop` where there is one
    const unsigned* stop = nullptr;

    // CTA k walks from base + k x cta_base, from offset first + k x cta_start, by `step`, round `length`.
    const char* base = nullptr;
    std::uint64_t cta_base = 0, first = 0, cta_start = 0, step = 0, length = 0;

    std::uint64_t step_bytes() const { return std::uint64_t{threads} * word_bytes * unroll; }
    unsigned ctas() const { return static_cast<unsigned>(sm_ids.size()) * ctas_per_sm; }

    // Each CTA goes round `own` bytes of its own.
    void each_its_own(const Buffer& buffer, std::uint64_t own);
    // All go round the same bytes, from starting points of their own.
    void all_the_same(const Buffer& buffer, std::uint64_t bytes);
    // All go through the buffer in turn, from `begin` on.
    void in_turn(const Buffer& buffer, std::uint64_t begin);
};

// Bytes that each SM has of its own where all together go round a quarter of L2, rounded up to whole steps.
std::uint64_t l2_part(const Bench& bench);

class SmStream {
public:
    explicit SmStream(const Bench& bench);

    void launch(const StreamPlan& plan, cudaStream_t stream = nullptr);
    void wait_until_placed() const; // every CTA of the launch has its SM
    // Of the last launch, which has ended. Throws NotMeasured where its CTAs did not get the places they
    // need.
    double gb_per_s() const;
    std::uint64_t bytes() const;

    double run(const StreamPlan& plan); // launch, wait, and gb_per_s()

private:
    struct Count {
        std::uint64_t bytes, ns;
        unsigned sm;
    };
    friend struct StreamKernel;
    std::vector<Count> counts() const;

    const Bench& bench_;
    Buffer chosen_, counts_, state_; // state: arrived, rank, sink
    StreamPlan last_;
};

// A buffer that is read on and on: never the same bytes again before at least four times the L2 has gone by.
class DramStream {
public:
    DramStream(const Bench& bench, std::uint64_t bytes);

    double run(StreamPlan plan); // goes on where the last one stopped
    StreamPlan planned(StreamPlan plan) const;
    void launched_and_ended(std::uint64_t bytes); // of a planned() one
    void sweep();                                 // all of it once, on all SMs

private:
    const Bench& bench_;
    Buffer buffer_;
    SmStream stream_;
    std::uint64_t next_ = 0;
};

// One word on the device that a running kernel polls, and how to raise it meanwhile.
class StopFlag {
public:
    StopFlag();
    ~StopFlag() { cudaFreeHost(on_host_); }
    const unsigned* on_device() const { return word_.as<unsigned>(); }
    void lower();
    void raise();

private:
    Buffer word_;
    unsigned* on_host_ = nullptr; // zero and one
    Stream stream_;
};

} // namespace migsim::silicon
