// SPDX-License-Identifier: Apache-2.0
// STREAM on a GPU: arrays read and written front to back. Two shapes of grid: one access per thread, with
// CTAs replaced as they retire (gpu-benches gpu-stream), or persistent CTAs that loop, so that the room they
// leave on each SM is known.
#pragma once

#include <optional>

#include "models/base/config/enum_names.h"
#include "models/base/config/limits.h"
#include "workloads/buffers.h"
#include "workloads/operators/stages.h"

namespace migsim {

enum class StreamPattern { Read, Write, Copy, Scale, Triad };
template <>
struct EnumNames<StreamPattern> {
    static constexpr std::array table{
        EnumName{StreamPattern::Read, "read"}, EnumName{StreamPattern::Write, "write"},
        EnumName{StreamPattern::Copy, "copy"}, EnumName{StreamPattern::Scale, "scale"},
        EnumName{StreamPattern::Triad, "triad"}};
};

struct StreamShape {
    static constexpr const char* kind = "stream";
    StreamPattern pattern = StreamPattern::Read;
    std::uint64_t array_kib = 0;
    std::uint32_t threads_per_cta = 1024;
    std::uint32_t bytes_per_access = 16;
    std::optional<std::uint32_t> persistent_ctas_per_sm;
    std::uint32_t depth = 2;
    std::uint32_t shared_kib_per_cta = 0;
    std::uint32_t operations_per_byte = 0;
    std::uint32_t page_kib = 2048;
};

template <class Visitor>
void describe(Visitor& v, StreamShape& s) {
    v.optional("pattern", s.pattern, "a[i]: sum += a[i], a[i] = q, a = b, a = q b, or a = b + q c");
    v.required("array_kib", s.array_kib, "size of each array, rounded down to whole passes of the grid",
               Range{1, 1 << 28});
    v.optional("threads_per_cta", s.threads_per_cta, "threads of a CTA", Range{32, 1024});
    v.optional("bytes_per_access", s.bytes_per_access, "that one thread loads or stores at once: 8 or 16");
    v.optional("persistent_ctas_per_sm", s.persistent_ctas_per_sm,
               "CTAs per SM that loop over the array; without it one access per thread, and as many CTAs as "
               "that needs",
               Range{1, 32});
    v.optional("depth", s.depth, "accesses a thread of a persistent CTA has in flight", Range{1, 8});
    v.optional("shared_kib_per_cta", s.shared_kib_per_cta,
               "shared memory that a CTA holds, which bounds how many fit", Range{0, 227});
    v.optional("operations_per_byte", s.operations_per_byte,
               "FP32 operations per byte moved, which throttle a stream: an H100 SXM balances at 20, so 40 "
               "asks for half "
               "of its memory bandwidth",
               Range{0, 10000});
    describe_page(v, s.page_kib);
    v.rule("bytes_per_access", s.bytes_per_access == 8 || s.bytes_per_access == 16, "must be 8 or 16");
}

// `sms`: how many the program sees. Throws std::invalid_argument where the array is too small for the grid.
Kernel stream(const StreamShape& shape, Buffers& buffers, std::uint32_t sms);

} // namespace migsim
