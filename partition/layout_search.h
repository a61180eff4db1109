// SPDX-License-Identifier: Apache-2.0
// Finds a layout for a list of wanted profiles, in whatever order they were listed, or says why there is none
// and what comes closest. Also lists every layout a board has.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "partition/layout.h"

namespace migsim {

struct WantedInstances {
    const Profile* profile;
    std::uint32_t count = 1;
    std::optional<std::uint32_t> start; // the operator's own choice of placement, for one instance
};

// Instances with a placement of their own are made first. The others are made one by one as the driver would,
// in every order, large profiles first as mig-parted does. If the driver's own placements fit in no order,
// placements are chosen for it, and the layout says so.
OrRefusal<Layout> find_layout(const std::shared_ptr<const Board>& board,
                              const std::vector<WantedInstances>& wanted);

// Legal layouts that differ from `counts` in the fewest instances, added or taken away or exchanged.
std::vector<ProfileCounts> nearest_layouts(const Board& board, const ProfileCounts& counts,
                                           std::size_t how_many);

// Every legal layout of these profiles of the board, the empty one included.
std::vector<Layout> all_layouts(const std::shared_ptr<const Board>& board,
                                const std::vector<const Profile*>& profiles);

} // namespace migsim
