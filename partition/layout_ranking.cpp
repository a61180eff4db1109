// SPDX-License-Identifier: Apache-2.0
#include "partition/layout_ranking.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace migsim {

namespace {

bool is_enough(const Profile& profile, const LayoutFilter& filter) {
    return (filter.memory_mib == 0 || (profile.memory_mib && *profile.memory_mib >= filter.memory_mib)) &&
           (filter.sm_count == 0 || (profile.sm_count && *profile.sm_count >= filter.sm_count));
}

bool has_at_least(const ProfileCounts& counts, const ProfileCounts& wanted) {
    for (std::size_t i = 0; i < wanted.size(); ++i)
        if (counts[i] < wanted[i]) return false;
    return true;
}

RankedLayout weigh(const Board& board, const ProfileCounts& counts) {
    RankedLayout layout{counts, board.memory_slices, board.compute_slices, board.sm_count};
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const Profile& profile = board.profiles[i];
        layout.memory_slices_left -= counts[i] * profile.memory_slices();
        layout.compute_slices_left -= counts[i] * profile.compute_slices;
        if (counts[i] == 0 || !layout.sms_left) continue;
        if (profile.sm_count)
            *layout.sms_left -= counts[i] * *profile.sm_count;
        else
            layout.sms_left.reset();
    }
    return layout;
}

} // namespace

std::vector<RankedLayout> rank_layouts(const std::shared_ptr<const Board>& board,
                                       const LayoutFilter& filter) {
    std::vector<const Profile*> profiles;
    for (const Profile& profile : board->profiles)
        if (is_enough(profile, filter)) profiles.push_back(&profile);

    std::set<ProfileCounts> distinct;
    for (const Layout& layout : all_layouts(board, profiles))
        if (!layout.instances().empty()) distinct.insert(layout.counts());

    std::vector<RankedLayout> ranked;
    for (const ProfileCounts& counts : distinct)
        if (has_at_least(counts, filter.at_least)) ranked.push_back(weigh(*board, counts));
    std::ranges::stable_sort(ranked, {}, [](const RankedLayout& layout) {
        return std::tuple(layout.memory_slices_left, layout.compute_slices_left,
                          layout.sms_left.value_or(~0U)); // unknown comes last
    });
    return ranked;
}

} // namespace migsim
