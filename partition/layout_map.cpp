// SPDX-License-Identifier: Apache-2.0
#include "partition/layout_map.h"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace migsim {

namespace {

constexpr std::array row_names{"profile", "GI id", "CIs", "memory", "SMs"};
constexpr std::size_t margin = 14;

struct Box {
    Placement placement;
    std::array<std::string, row_names.size()> rows;
    bool is_free = false;
};

std::string compute_instances(const PlannedInstance& instance) {
    std::vector<std::string> parts;
    for (const ComputeInstanceProfile* compute : instance.compute_instances)
        parts.push_back(fmt::format("{}c", compute->compute_slices()));
    return fmt::format("{}", fmt::join(parts, " "));
}

Box box_of(const PlannedInstance& instance) {
    const Profile& profile = *instance.gpu_instance.profile;
    return {instance.gpu_instance.placement,
            {profile.name, std::to_string(instance.gpu_instance.id), compute_instances(instance),
             to_string(profile.memory_mib) + " MiB", to_string(profile.sm_count)}};
}

std::vector<Box> boxes_of(const MigPlan& plan) {
    std::vector<Box> boxes;
    for (const PlannedInstance& instance : plan.instances) boxes.push_back(box_of(instance));
    std::ranges::sort(boxes, {}, &Box::placement);
    for (std::size_t i = 0, slice = 0; slice < plan.layout.board().memory_slices;) {
        if (i == boxes.size() || boxes[i].placement.start > slice)
            boxes.insert(boxes.begin() + static_cast<std::ptrdiff_t>(i),
                         {{static_cast<std::uint32_t>(slice), 1}, {"free"}, true});
        slice = boxes[i++].placement.end();
    }
    return boxes;
}

// Characters of one slice, so that every text fits in its box with a blank on either side.
std::size_t width_of_slice(const std::vector<Box>& boxes) {
    std::size_t width = 7;
    for (const Box& box : boxes)
        for (const std::string& text : box.rows)
            width = std::max(width, (text.size() + 3 + box.placement.size - 1) / box.placement.size);
    return width;
}

std::string coloured(const std::string& text, std::size_t box, bool in_colour) {
    return in_colour ? fmt::format("\x1b[30;4{}m{}\x1b[0m", 1 + box % 6, text) : text;
}

} // namespace

std::string draw(const MigPlan& plan, bool in_colour) {
    const Board& board = plan.layout.board();
    const std::vector<Box> boxes = boxes_of(plan);
    const std::size_t width = width_of_slice(boxes);

    std::string text = fmt::format("{}: {}\n{:<{}}", board.name, list_profiles(board, plan.layout.counts()),
                                   "memory slice", margin);
    for (std::uint32_t slice = 0; slice < board.memory_slices; ++slice)
        text += fmt::format("{:<{}}", fmt::format("  {}", slice), width);
    text.erase(text.find_last_not_of(' ') + 1);
    text += "\n";

    std::string rule(margin, ' ');
    for (const Box& box : boxes) rule += "+" + std::string(box.placement.size * width - 1, '-');
    rule += "+\n";
    text += rule;
    for (std::size_t row = 0; row < row_names.size(); ++row) {
        text += fmt::format("{:<{}}", row_names[row], margin);
        for (std::size_t i = 0; i < boxes.size(); ++i) {
            const std::size_t inside = boxes[i].placement.size * width - 1;
            text += "|" + coloured(fmt::format(" {:<{}}", boxes[i].rows[row], inside - 1), i,
                                   in_colour && !boxes[i].is_free);
        }
        text += "|\n";
    }
    text += rule;
    if (board.compute_slices < board.memory_slices)
        text += fmt::format("{:<{}}slice {} has memory and no SMs\n", "", margin, board.memory_slices - 1);
    return text;
}

} // namespace migsim
