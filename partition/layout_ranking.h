// SPDX-License-Identifier: Apache-2.0
// Which layouts a board has for somebody who knows what each tenant needs, those that waste least first.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "partition/layout_search.h"

namespace migsim {

struct LayoutFilter {
    ProfileCounts at_least; // of each profile; empty: of none
    // Of every instance. What is not known of a profile counts as too little.
    std::uint64_t memory_mib = 0;
    std::uint32_t sm_count = 0;
};

struct RankedLayout {
    ProfileCounts counts;
    std::uint32_t memory_slices_left = 0; // that belong to no instance
    std::uint32_t compute_slices_left = 0;
    OrUnknown<std::uint32_t> sms_left; // of all that the GPU has with MIG off
};

// Each set of profiles once, whatever its placements; by memory, then compute slices, then SMs left.
std::vector<RankedLayout> rank_layouts(const std::shared_ptr<const Board>& board, const LayoutFilter& filter);

} // namespace migsim
