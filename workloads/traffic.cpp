// SPDX-License-Identifier: Apache-2.0
#include "workloads/traffic.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace migsim {
namespace {

using Remainders = std::array<std::uint64_t, line_bytes>; // how many runs begin at each byte of a line

// Each run again at 0, 1 … count - 1 times `stride` behind itself.
Remainders repeated(const Remainders& runs, std::uint64_t count, std::uint64_t stride) {
    const std::uint64_t period = line_bytes / std::gcd(stride % line_bytes, line_bytes);
    Remainders result{};
    for (std::uint64_t step = 0; step < std::min(period, count); ++step) {
        const std::uint64_t times = (count - step + period - 1) / period;
        for (std::uint64_t at = 0; at < line_bytes; ++at)
            result[(at + step * stride) % line_bytes] += times * runs[at];
    }
    return result;
}

std::uint64_t lines_of_run(std::uint64_t offset, std::uint64_t bytes) {
    return (offset + bytes + line_bytes - 1) / line_bytes;
}

// How often the access of a CTA begins at each byte of a line, in its first iteration.
Remainders starts_of_ctas(const Kernel& kernel, const Access& access) {
    Remainders starts{};
    starts[access.base % line_bytes] = 1;
    starts = repeated(starts, kernel.grid_x, access.cta_x);
    starts = repeated(starts, kernel.grid_y, access.cta_y);
    return repeated(starts, kernel.grid_z, access.cta_z);
}

// The same of the first CTA of each cluster, which are no regular part of the grid.
Remainders starts_of_clusters(const Kernel& kernel, const Access& access) {
    Remainders starts{};
    for (std::uint64_t first = 0; first < kernel.ctas(); first += kernel.cluster) {
        const Kernel::Place at = kernel.place(first);
        ++starts[(access.base + at.x * access.cta_x + at.y * access.cta_y + at.z * access.cta_z) %
                 line_bytes];
    }
    return starts;
}

// shared: a cluster of CTAs asks for it once.
Flow flow(const Kernel& kernel, const Access& access, bool shared) {
    const std::uint64_t askers = shared ? kernel.ctas() / kernel.cluster : kernel.ctas();
    const std::uint64_t runs = askers * kernel.program.iterations * access.rows;
    Flow result{0, runs * access.row_bytes};
    if (access.order != Access::Order::Affine) {
        // Wherever an element lies it covers as many lines, so it does not matter which are drawn.
        if (access.base % line_bytes || (access.row_bytes % line_bytes && line_bytes % access.row_bytes))
            throw std::invalid_argument(kernel.name + ": scattered elements must not straddle lines");
        result.lines = runs * lines_of_run(0, access.row_bytes);
        return result;
    }
    Remainders starts = shared ? starts_of_clusters(kernel, access) : starts_of_ctas(kernel, access);
    starts = repeated(starts, kernel.program.iterations, access.step);
    starts = repeated(starts, access.rows, access.pitch);
    for (std::uint64_t at = 0; at < line_bytes; ++at)
        result.lines += starts[at] * lines_of_run(at, access.row_bytes);
    return result;
}

Flow& operator+=(Flow& total, const Flow& flow) {
    total.lines += flow.lines;
    total.bytes += flow.bytes;
    return total;
}

} // namespace

Traffic& Traffic::operator+=(const Traffic& other) {
    loads += other.loads;
    stores += other.stores;
    atomics += other.atomics;
    for (std::size_t pipe = 0; pipe < pipe_count; ++pipe) operations[pipe] += other.operations[pipe];
    return *this;
}

Traffic traffic(const Kernel& kernel) {
    Traffic total;
    for (const Stage& stage : kernel.program.stages) {
        switch (stage.kind) {
        case Stage::Kind::Load:
        case Stage::Kind::GpuLoad:
            total.loads += flow(kernel, stage.access, false);
            break;
        case Stage::Kind::MulticastLoad:
            total.loads += flow(kernel, stage.access, true);
            break;
        case Stage::Kind::Store:
            total.stores += flow(kernel, stage.access, false);
            break;
        case Stage::Kind::Atomic:
            total.atomics += flow(kernel, stage.access, false);
            break;
        case Stage::Kind::Compute:
            total.operations[static_cast<std::size_t>(stage.pipe)] +=
                kernel.ctas() * kernel.program.iterations * stage.operations;
            break;
        case Stage::Kind::Fence:
            break;
        }
    }
    return total;
}

} // namespace migsim
