// SPDX-License-Identifier: Apache-2.0
// For the tests of workloads: memory that knows its bounds, and every run of bytes of an access, one by one.
#pragma once

#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "models/sm/line_cursor.h"
#include "workloads/buffers.h"
#include "workloads/traffic.h"

namespace migsim {

// Hands out memory with unmapped pages in between.
struct TestBuffers : Buffers {
    struct Buffer {
        std::string name;
        Address base;
        std::uint64_t bytes;
        PageSize page;
    };
    std::vector<Buffer> all;
    Address next = Address{1} << 40;

    Address allocate(const std::string& name, std::uint64_t bytes, PageSize page) override {
        all.push_back({name, next, bytes, page});
        next += (bytes + bytes_of(PageSize::M2) - 1) / bytes_of(PageSize::M2) * bytes_of(PageSize::M2) +
                bytes_of(PageSize::M2);
        return all.back().base;
    }
    bool holds(Address base, std::uint64_t bytes, PageSize page) const {
        return std::any_of(all.begin(), all.end(), [&](const Buffer& buffer) {
            return base >= buffer.base && base + bytes <= buffer.base + buffer.bytes && page == buffer.page;
        });
    }
};

inline void for_each_cta(const Kernel& kernel,
                         const std::function<void(const CtaLaunch&, std::uint32_t)>& visit) {
    CtaLaunch cta{};
    cta.kernel = &kernel;
    for (cta.z = 0; cta.z < kernel.grid_z; ++cta.z)
        for (cta.y = 0; cta.y < kernel.grid_y; ++cta.y)
            for (cta.x = 0; cta.x < kernel.grid_x; ++cta.x)
                for (std::uint32_t iteration = 0; iteration < kernel.program.iterations; ++iteration)
                    visit(cta, iteration);
}

// The runs of an affine access.
inline void for_each_run(const Kernel& kernel, const Access& access,
                         const std::function<void(Address, std::uint64_t)>& visit) {
    for_each_cta(kernel, [&](const CtaLaunch& cta, std::uint32_t iteration) {
        for (std::uint32_t row = 0; row < access.rows; ++row)
            visit(access.base + cta.x * access.cta_x + cta.y * access.cta_y + cta.z * access.cta_z +
                      iteration * access.step + row * access.pitch,
                  access.row_bytes);
    });
}

// How often each byte of a region is touched.
class Coverage {
public:
    Coverage(Address base, std::uint64_t bytes) : base_(base), counts_(bytes) {}

    void add(const Kernel& kernel, const Access& access) {
        for_each_run(kernel, access, [&](Address at, std::uint64_t bytes) {
            if (at < base_ || at + bytes > base_ + counts_.size()) return outside_ += bytes, void();
            for (std::uint64_t i = 0; i < bytes; ++i) ++counts_[at - base_ + i];
        });
    }
    void add(const Kernel& kernel, Stage::Kind kind) { // every stage of that kind
        for (const Stage& stage : kernel.program.stages)
            if (stage.kind == kind) add(kernel, stage.access);
    }
    bool everywhere(std::uint32_t times) const {
        return std::all_of(counts_.begin(), counts_.end(),
                           [&](std::uint32_t count) { return count == times; });
    }
    std::uint64_t outside() const { return outside_; } // bytes

private:
    Address base_;
    std::vector<std::uint32_t> counts_;
    std::uint64_t outside_ = 0;
};

inline bool is_access(const Stage& stage) {
    return stage.kind != Stage::Kind::Compute && stage.kind != Stage::Kind::Fence;
}

// As for_each_run, for an access of any order: the lines the load/store unit walks.
inline void for_each_line(const Kernel& kernel, const Access& access,
                          const std::function<void(const Line&)>& visit) {
    for_each_cta(kernel, [&](const CtaLaunch& cta, std::uint32_t iteration) {
        for (std::uint32_t warp = 0; warp < kernel.strands(); ++warp)
            for (LineCursor cursor(access, cta, iteration, kernel.program.iterations, warp); !cursor.done();
                 cursor.advance())
                visit(cursor.line());
    });
}

// Lines touched outside of what was allocated, or with another page size.
inline std::uint64_t lines_outside(const Kernel& kernel, const TestBuffers& buffers) {
    std::uint64_t outside = 0;
    for (const Stage& stage : kernel.program.stages)
        if (is_access(stage))
            for_each_line(kernel, stage.access, [&](const Line& line) {
                const auto first =
                    static_cast<unsigned>(std::countr_zero(static_cast<unsigned>(line.sectors)));
                outside += !buffers.holds(line.address + first * sector_bytes, bytes_of(line.sectors),
                                          stage.access.page);
            });
    return outside;
}

// CTAs that an H100's SM can hold at once (CUDA programming guide, compute capability 9.0).
inline std::uint32_t ctas_that_fit(const Kernel& kernel) {
    std::uint32_t fit = std::min(32u, 2048 / kernel.threads);
    fit = std::min(fit, 65536 / (kernel.threads * kernel.registers));
    if (kernel.shared_bytes)
        fit = std::min(fit, 228 * 1024 / (kernel.shared_bytes + 1024)); // 1 KiB is the system's
    return fit;
}

} // namespace migsim
