// SPDX-License-Identifier: Apache-2.0
// One thread that follows one fixed random cycle through 64-byte elements: each load's address is the last
// one's value, so the time per hop is the latency of whatever level the footprint lies in (gpu-benches
// gpu-latency).
#pragma once

#include "models/base/config/limits.h"
#include "workloads/buffers.h"
#include "workloads/operators/stages.h"

namespace migsim {

struct ChaseShape {
    static constexpr const char* kind = "chase";
    static constexpr std::uint32_t element_bytes = 64;
    std::uint64_t footprint_kib = 1;
    std::uint32_t hops = 1;
    std::uint64_t seed = 1;
    std::uint32_t page_kib = 2048;
};

template <class Visitor>
void describe(Visitor& v, ChaseShape& s) {
    v.required("footprint_kib", s.footprint_kib, "memory the cycle runs through, in elements of 64 B",
               Range{1, 1 << 28});
    v.required("hops", s.hops, "dependent loads of one request; each begins where the cycle begins",
               Range{1, 4294967295.0L});
    v.optional("seed", s.seed, "of the order of the elements");
    describe_page(v, s.page_kib);
}

Kernel pointer_chase(const ChaseShape& shape, Buffers& buffers);

} // namespace migsim
