// SPDX-License-Identifier: Apache-2.0
// Independent accesses to random places of a large table: GUPS with 8-byte words, or longer aligned runs (512
// B is what one warp reads at once). The bound is what memory can open rows for, and what the TLBs reach.
#pragma once

#include <bit>

#include "models/base/config/enum_names.h"
#include "models/base/config/limits.h"
#include "workloads/buffers.h"
#include "workloads/operators/stages.h"

namespace migsim {

enum class RandomOperation { Read, Update, Atomic };
template <>
struct EnumNames<RandomOperation> {
    static constexpr std::array table{EnumName{RandomOperation::Read, "read"},
                                      EnumName{RandomOperation::Update, "update"},
                                      EnumName{RandomOperation::Atomic, "atomic"}};
};

struct RandomAccessShape {
    static constexpr const char* kind = "random";
    RandomOperation operation = RandomOperation::Read;
    std::uint64_t range_kib = 1;
    std::uint32_t run_bytes = 8;
    std::uint32_t accesses_per_thread = 64;
    std::uint32_t threads_per_cta = 256;
    std::uint32_t ctas_per_sm = 8;
    std::uint32_t depth = 4;
    std::uint64_t seed = 1;
    std::uint32_t page_kib = 2048;
};

template <class Visitor>
void describe(Visitor& v, RandomAccessShape& s) {
    v.optional("operation", s.operation, "read; update: load, exclusive or, store (GUPS); or atomic at L2");
    v.required("range_kib", s.range_kib, "size of the table", Range{1, 1 << 28});
    v.optional("run_bytes", s.run_bytes,
               "contiguous and aligned bytes per access: a power of two from 8 to 512; "
               "threads share a run, 16 B each",
               Range{8, 512});
    v.optional("accesses_per_thread", s.accesses_per_thread, "of one request, one after the other",
               Range{1, 1e9});
    v.optional("threads_per_cta", s.threads_per_cta, "threads of a CTA, whole warps", Range{32, 1024});
    v.optional("ctas_per_sm", s.ctas_per_sm, "CTAs for each SM", Range{1, 32});
    v.optional("depth", s.depth, "accesses a thread has in flight", Range{1, 8});
    v.optional("seed", s.seed, "of the places");
    describe_page(v, s.page_kib);
    v.rule("run_bytes", std::has_single_bit(s.run_bytes), "must be a power of two");
    v.rule("threads_per_cta", s.threads_per_cta % 32 == 0, "must be a multiple of 32");
}

Kernel random_access(const RandomAccessShape& shape, Buffers& buffers, std::uint32_t sms);

} // namespace migsim
