// SPDX-License-Identifier: Apache-2.0
// Judges the labels of a mig-parted file for the boards they are for: can the driver make it, what comes of
// it, or why not and what could be had instead.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "partition/mig_parted.h"
#include "partition/mig_plan.h"

namespace migsim {

using Boards = std::vector<std::shared_ptr<const Board>>;

struct LayoutVerdict {
    std::vector<std::string> boards;                // for which it is the same; empty: none is known
    std::optional<std::vector<std::uint32_t>> gpus; // of the node; absent: all, or all that no entry names
    bool legal = false;
    bool fails = false;   // the check: not so where an entry for any kind of GPU is legal on another
    std::string sentence; // what comes of it, or FILE:LINE:COL: why not; nearest legal: …
};

// A label on the boards asked for. If none is, on those it is for: an entry with a device filter is for those
// the filter names, one without for those that know its profiles, of which one must be able to make it. An
// entry that is for none is refused. Each entry is judged, also one that a later one replaces: mig-parted
// makes them all, one after the other.
std::vector<LayoutVerdict> check_layouts(const std::vector<MigPartedEntry>& entries, const Boards& known,
                                         const Boards& asked);

} // namespace migsim
