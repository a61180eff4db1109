// SPDX-License-Identifier: Apache-2.0
// The shipped boards and plausible machines for them, for the tests of partition/.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "partition/board_reader.h"
#include "partition/machine_shape.h"

namespace migsim::test {

inline std::filesystem::path boards_folder() {
    return std::filesystem::path(MIGSIM_SOURCE_DIR) / "partition/boards";
}

inline std::shared_ptr<const Board> board(const std::string& name) {
    return load_board(name, boards_folder(), {});
}

inline const std::vector<std::string>& board_names() {
    static const std::vector<std::string> names{
        "a100-40gb",         "a100-80gb",         "a30-24gb",      "b200-180gb",
        "b300-269gb",        "gb200-186gb",       "gb200-189gb",   "gb300-278gb",
        "gh200-144gb",       "gh200-96gb",        "h100-96gb",     "h100-nvl-94gb",
        "h100-pcie-80gb",    "h100-sxm-64gb",     "h100-sxm-80gb", "h20-141gb",
        "h20-96gb",          "h200-141gb",        "jetson-thor",   "rtx-pro-4500-32gb",
        "rtx-pro-5000-48gb", "rtx-pro-6000-96gb", "tiny"};
    return names;
}

inline std::vector<std::string> boards_of_slots(std::uint32_t memory_slices) {
    std::vector<std::string> names;
    for (const std::string& name : board_names())
        if (board(name)->memory_slices == memory_slices) names.push_back(name);
    return names;
}

// Those that a device of models/devices has, for which machine() below knows the floor plan.
inline const std::vector<std::string>& boards_with_machines() {
    static const std::vector<std::string> names{"a100-40gb",     "a100-80gb",  "h100-pcie-80gb",
                                                "h100-sxm-80gb", "h200-141gb", "tiny"};
    return names;
}

// The profiles that NVIDIA's counts of layouts speak of: without attributes, and without double-memory 1g.
inline std::vector<const Profile*> plain_profiles(const Board& board) {
    std::vector<const Profile*> plain;
    for (const Profile& profile : board.profiles)
        if (profile.attributes.empty() && profile.placements.last_resort.empty()) plain.push_back(&profile);
    return plain;
}

// A machine whose GPCs have these many TPCs and are near these partitions (all near partition 0 where left
// out).
inline MachineShape machine(const Board& board, const std::vector<std::uint32_t>& tpcs,
                            const std::vector<std::uint32_t>& partitions = {}) {
    MachineShape shape;
    for (std::size_t gpc = 0; gpc < tpcs.size(); ++gpc)
        shape.gpcs.push_back({tpcs[gpc], gpc < partitions.size() ? partitions[gpc] : 0});
    const bool tiny = board.name == "tiny";
    shape.sms_per_tpc = 2;
    shape.l2_partitions = 2;
    shape.l2_slices = tiny ? 8 : 80;
    shape.channels = tiny                             ? 8
                     : board.name.starts_with("h200") ? 192
                     : board.name == "h100-sxm-80gb"  ? 160
                                                      : 80;
    shape.memory_bytes = *board.memory_mib << 20;
    return shape;
}

// The floor plans of models/devices.
inline MachineShape machine(const Board& board) {
    if (board.name == "tiny") return machine(board, {4, 3}, {0, 1});
    if (board.name.starts_with("a100")) return machine(board, {8, 8, 8, 8, 8, 7, 7}, {0, 0, 0, 0, 1, 1, 1});
    if (board.name == "h100-pcie-80gb") return machine(board, {9, 8, 8, 8, 8, 8, 8}, {0, 1, 0, 0, 0, 1, 1});
    return machine(board, {9, 9, 8, 8, 8, 8, 8, 8}, {0, 1, 0, 1, 0, 1, 0, 1});
}

} // namespace migsim::test
