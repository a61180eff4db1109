// SPDX-License-Identifier: Apache-2.0
// The physical memory of one instance, handed out in frames of 2 MiB: pages from the bottom, page tables from
// the top, until they meet. What memory slices or channels lie behind it is not known here.
#pragma once

#include <cstdint>
#include <optional>

#include "models/base/random.h"
#include "models/messages/translation.h"

namespace migsim {

class PhysicalWindow {
public:
    // Whole frames of [base, base + bytes). With a seed, frames and the 64-KiB pages inside them come in a
    // random order, as on a machine that has run for long; without, in ascending order.
    PhysicalWindow(Address base, Address bytes, std::optional<std::uint64_t> shuffle = std::nullopt);

    // Both throw std::invalid_argument when nothing is left.
    Address take_page(PageSize size);
    Address take_table(Address bytes); // up to 4 KiB, aligned to its size

    Address bytes_left() const { return (end_ - next_) * bytes_of(PageSize::M2); } // in whole frames

private:
    Address frame(std::uint64_t number) const;
    std::uint64_t small_page(std::uint64_t number) const;

    Address base_;
    std::uint64_t next_ = 0; // frames below are in use by pages
    std::uint64_t end_;      // frames from here up by page tables
    std::optional<Permutation> frames_;
    std::optional<Permutation> pages_; // inside a frame

    Address small_frame_ = 0; // the frame that is being cut into 64-KiB pages
    std::uint64_t small_left_ = 0;
    Address table_frame_ = 0; // the frame that is being cut into tables
    Address table_left_ = 0;  // bytes
};

} // namespace migsim
