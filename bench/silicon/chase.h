// SPDX-License-Identifier: Apache-2.0
// Pointer chases: memory as one random cycle of elements that each hold the address of the next, and a kernel
// whose CTAs of one thread follow it. Cycles are counted on the SM, between loads that depend on each other.
#pragma once

#include <vector>

#include "bench/silicon/bench.h"

namespace migsim::silicon {

// Links all whole elements of the buffer's first `bytes` into one cycle in random order.
void make_cycle(const Buffer& buffer, std::uint64_t bytes, std::uint64_t element_bytes, std::uint64_t seed);
// Links lines at these offsets in this order, the last to the first, in a launch of its own.
void make_chain(const Buffer& buffer, const Buffer& offsets, std::uint64_t count);

enum class Through { L1, L2 }; // the first level that may answer

struct Chase {
    unsigned ctas = 1;
    std::uint64_t warm_hops = 0; // before the clock starts; a multiple of 4
    std::uint64_t hops = 0;      // a multiple of 4
    Through through = Through::L1;
    unsigned shared_bytes = 0; // of a CTA, where that is to keep it away from SMs that are full
    int only_sm = -1;          // its %smid; one CTA is launched for each SM, and that one chases
    std::uint64_t touch = 0;   // so many pages, from `touched` on, are read at their last sector before
    const char* touched = nullptr;
};

// Chases that go on where the last launch of them stopped.
class Chaser {
public:
    // CTA k of `ctas` starts at starts[k].
    Chaser(const Bench& bench, const std::vector<std::uint64_t>& starts);

    void launch(const Chase& chase, cudaStream_t stream = nullptr);
    double cycles_per_hop() const; // of the last launch, which has ended: mean over its CTAs

private:
    const Bench& bench_;
    Buffer state_, cycles_, arrived_;
    Chase last_;
};

} // namespace migsim::silicon
