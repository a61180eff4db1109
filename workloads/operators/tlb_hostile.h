// SPDX-License-Identifier: Apache-2.0
// A neighbour that wants translations, not bandwidth: 32 bytes out of every 16th page of a large range, so
// that each access needs a TLB entry of its own (one walk fills 16 pages). Every lap touches the next line of
// the same pages, because a line seen before would hit in L1, which is virtually tagged and asks no TLB.
#pragma once

#include "models/base/config/limits.h"
#include "workloads/buffers.h"
#include "workloads/operators/stages.h"

namespace migsim {

struct TlbHostileShape {
    static constexpr const char* kind = "tlb_hostile";
    std::uint64_t range_mib = 1;
    std::uint32_t pages_apart = pages_per_entry;
    std::uint32_t laps = 16;
    std::uint32_t ctas_per_sm = 2;
    std::uint32_t depth = 4;
    std::uint32_t page_kib = 64;
};

template <class Visitor>
void describe(Visitor& v, TlbHostileShape& s) {
    v.required("range_mib", s.range_mib, "memory it touches pages of; more than the TLBs reach",
               Range{1, 1 << 18});
    v.optional("pages_apart", s.pages_apart, "from one access to the next", Range{1, 1024});
    v.optional("laps", s.laps, "over the range, of one request", Range{1, 256});
    v.optional("ctas_per_sm", s.ctas_per_sm,
               "CTAs of one warp for each SM and lap, where the range has work for them", Range{1, 32});
    v.optional("depth", s.depth, "accesses a thread has in flight", Range{1, 8});
    describe_page(v, s.page_kib);
}

// Throws std::invalid_argument where the range has less than 32 such pages.
Kernel tlb_hostile(const TlbHostileShape& shape, Buffers& buffers, std::uint32_t sms);

} // namespace migsim
