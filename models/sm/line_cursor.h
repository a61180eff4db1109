// SPDX-License-Identifier: Apache-2.0
// The coalescer: walks the 128-byte lines that one access of a CTA, or of one of its warps, touches, each
// with its sector mask, in the order in which the load/store unit issues them.
#pragma once

#include <algorithm>

#include "models/base/random.h"
#include "models/base/wide.h"
#include "models/messages/cta.h"

namespace migsim {

struct Line {
    Address address; // virtual, of the line
    SectorMask sectors;
};

class LineCursor {
public:
    LineCursor() = default;
    LineCursor(const Access& access, const CtaLaunch& cta, std::uint32_t iteration, std::uint32_t iterations,
               std::uint32_t warp = 0)
        : access_(&access), to_(access.row_bytes) {
        const std::uint64_t strands = cta.kernel->strands();
        if (access.order == Access::Order::Affine) {
            first_ = access.base + cta.x * access.cta_x + cta.y * access.cta_y + cta.z * access.cta_z +
                     iteration * access.step;
            from_ = static_cast<std::uint32_t>(access.row_bytes * warp / strands);
            to_ = static_cast<std::uint32_t>(access.row_bytes * (warp + std::uint64_t{1}) / strands);
            if (from_ == to_) row_ = access.rows; // fewer bytes than warps
        } else {
            row_ = warp;
            row_step_ = static_cast<std::uint32_t>(strands);
            const Kernel& kernel = *cta.kernel;
            const std::uint64_t number =
                (std::uint64_t{cta.z} * kernel.grid_y + cta.y) * kernel.grid_x + cta.x;
            first_ = access.first + (number * iterations + iteration) * access.rows;
        }
        if (!done()) open_row();
    }

    bool done() const { return access_ == nullptr || row_ >= access_->rows; }

    Line line() const {
        const Address base = next_ & ~(line_bytes - 1);
        const auto from = static_cast<unsigned>((next_ - base) / sector_bytes);
        const auto to = static_cast<unsigned>((std::min(end_, base + line_bytes) - 1 - base) / sector_bytes);
        return {base, static_cast<SectorMask>(((2u << to) - 1) & ~((1u << from) - 1))};
    }

    void advance(std::uint32_t lines) {
        for (; lines != 0 && !done(); --lines) advance();
    }
    void advance() {
        next_ = (next_ & ~(line_bytes - 1)) + line_bytes;
        if (next_ < end_) return;
        row_ += row_step_;
        if (!done()) open_row();
    }

private:
    void open_row() {
        const Access& access = *access_;
        if (access.order == Access::Order::Affine) {
            next_ = first_ + row_ * access.pitch + from_;
        } else {
            const std::uint64_t draw = first_ + row_;
            const std::uint64_t element =
                access.order == Access::Order::Permuted
                    ? Permutation(access.elements, access.seed)(draw % access.elements)
                    : multiply_high(mix64(mix64(access.seed) + draw), access.elements);
            next_ = access.base + element * access.row_bytes;
        }
        end_ = next_ + (to_ - from_);
    }

    const Access* access_ = nullptr;
    std::uint64_t first_ = 0; // address of row 0, or number of the first draw
    std::uint32_t row_ = 0, row_step_ = 1;
    std::uint32_t from_ = 0, to_ = 0; // of each row
    Address next_ = 0, end_ = 0;
};

} // namespace migsim
