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
    return load_board(name, boards_folder());
}

inline const std::vector<std::string>& board_names() {
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

inline MachineShape machine(const Board& board, const std::vector<std::uint32_t>& tpcs_by_gpc,
                            std::uint32_t channels_per_eighth) {
    MachineShape shape;
    for (const std::uint32_t tpcs : tpcs_by_gpc) shape.gpcs.push_back({tpcs, 0});
    shape.sms_per_tpc = 2;
    shape.l2_partitions = 2;
    shape.l2_slices = 8 * 10;
    shape.channels = 8 * channels_per_eighth;
    shape.memory_bytes = board.memory_mib << 20;
    return shape;
}

// GPC sizes: GPUNetBench's A100 and H100 PCIe; the H100 SXM's 66 TPCs are only known in sum.
inline MachineShape machine(const Board& board) {
    if (board.name == "tiny") {
        MachineShape shape = machine(board, {1, 1, 1, 1, 1, 1, 1}, 1);
        shape.l2_slices = 8;
        return shape;
    }
    if (board.name == "a100-40gb" || board.name == "a100-80gb")
        return machine(board, {8, 8, 8, 8, 8, 7, 7}, 10);
    if (board.name == "h100-pcie-80gb") return machine(board, {9, 8, 8, 8, 8, 8, 8}, 20);
    return machine(board, {9, 9, 8, 8, 8, 8, 8, 8}, board.name == "h100-sxm-80gb" ? 20 : 24);
}

} // namespace migsim::test
