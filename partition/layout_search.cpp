// SPDX-License-Identifier: Apache-2.0
#include "partition/layout_search.h"

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace migsim {

namespace {

constexpr std::size_t suggestions = 3;

using Chosen = std::vector<std::pair<const Profile*, std::uint32_t>>; // with the start of each

// Calls `visit` once for every set of placements that do not overlap, walking the memory slices from left to
// right: each is left free or begins one instance. `visit` says whether to go on.
bool visit_arrangements(const Board& board, const std::vector<const Profile*>& profiles, std::uint32_t slice,
                        Chosen& chosen, const std::function<bool(const Chosen&)>& visit) {
    if (slice == board.memory_slices) return visit(chosen);
    if (!visit_arrangements(board, profiles, slice + 1, chosen, visit)) return false;
    for (const Profile* profile : profiles) {
        if (!profile->may_start_at(slice)) continue;
        if (std::ranges::any_of(chosen, [&](const auto& other) {
                return board.exclusion(*profile, *other.first) != nullptr;
            }))
            continue;
        chosen.emplace_back(profile, slice);
        const bool go_on = visit_arrangements(board, profiles, profile->at(slice).end(), chosen, visit);
        chosen.pop_back();
        if (!go_on) return false;
    }
    return true;
}

std::vector<const Profile*> pointers(const std::vector<Profile>& profiles) {
    std::vector<const Profile*> result;
    for (const Profile& profile : profiles) result.push_back(&profile);
    return result;
}

ProfileCounts counts_of(const Board& board, const Chosen& chosen) {
    ProfileCounts counts(board.profiles.size());
    for (const auto& [profile, start] : chosen) ++counts[board.index_of(*profile)];
    return counts;
}

ProfileCounts counts_of(const Board& board, const std::vector<WantedInstances>& wanted) {
    ProfileCounts counts(board.profiles.size());
    for (const WantedInstances& want : wanted) counts[board.index_of(*want.profile)] += want.count;
    return counts;
}

template <class Amount>
std::uint64_t sum(const Board& board, const ProfileCounts& counts, Amount amount) {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < counts.size(); ++i)
        total += std::uint64_t{counts[i]} * amount(board.profiles[i]);
    return total;
}
std::uint64_t memory_slices(const Board& board, const ProfileCounts& counts) {
    return sum(board, counts, [](const Profile& profile) { return profile.memory_slices(); });
}
std::uint64_t compute_slices(const Board& board, const ProfileCounts& counts) {
    return sum(board, counts, [](const Profile& profile) { return profile.compute_slices; });
}
// The rule that two of these break, if any.
const char* exclusion(const Board& board, const ProfileCounts& counts) {
    for (std::size_t i = 0; i < counts.size(); ++i)
        for (std::size_t j = i; j < counts.size(); ++j) {
            const bool two = i == j ? counts[i] > 1 : counts[i] > 0 && counts[j] > 0;
            if (!two) continue;
            if (const char* rule = board.exclusion(board.profiles[i], board.profiles[j])) return rule;
        }
    return nullptr;
}

// The first of what stands against it, in the order of what is easiest to understand.
Refusal refuse(const Board& board, const ProfileCounts& counts) {
    const std::string asked = list_profiles(board, counts);
    Refusal refusal{RefusalReason::NoRoom, {}, nearest_layouts(board, counts, suggestions)};
    if (const char* rule = exclusion(board, counts)) {
        refusal.reason = RefusalReason::Excluded;
        refusal.sentence = fmt::format("{}: {}", asked, rule);
    } else if (const auto needed = memory_slices(board, counts); needed > board.memory_slices) {
        refusal.sentence = fmt::format("{} needs {} memory slices, and {} has {}", asked, needed, board.name,
                                       board.memory_slices);
    } else if (const auto compute = compute_slices(board, counts); compute > board.compute_slices) {
        refusal.sentence = fmt::format("{} needs {} compute slices, and {} has {}", asked, compute,
                                       board.name, board.compute_slices);
    } else {
        refusal.sentence = fmt::format("{}: no arrangement fits, because of where these may start", asked);
    }
    return refusal;
}

// Depth first over the orders of creation. Profiles are tried from the back of the board's list, where the
// large ones are. `state` holds the layout when the search succeeds.
bool create_in_some_order(InstanceAllocator& state, ProfileCounts& left) {
    bool done = true;
    for (std::size_t index = left.size(); index-- > 0;) {
        if (left[index] == 0) continue;
        done = false;
        InstanceAllocator next = state;
        if (!std::holds_alternative<GpuInstance>(next.create(state.board()->profiles[index]))) continue;
        --left[index];
        const bool found = create_in_some_order(next, left);
        ++left[index];
        if (found) {
            state = std::move(next);
            return true;
        }
    }
    return done;
}

// The same by placements: the first arrangement of the rest that leaves alone what `state` already holds.
bool create_at_some_placements(InstanceAllocator& state, const ProfileCounts& left) {
    const Board& board = *state.board();
    Chosen chosen;
    return !visit_arrangements(board, pointers(board.profiles), 0, chosen, [&](const Chosen& arrangement) {
        if (counts_of(board, arrangement) != left) return true;
        InstanceAllocator attempt = state;
        for (const auto& [profile, start] : arrangement)
            if (!std::holds_alternative<GpuInstance>(attempt.create_at(*profile, start))) return true;
        state = std::move(attempt);
        return false;
    });
}

} // namespace

OrRefusal<Layout> find_layout(const std::shared_ptr<const Board>& board,
                              const std::vector<WantedInstances>& wanted) {
    const ProfileCounts asked = counts_of(*board, wanted);
    if (exclusion(*board, asked) || memory_slices(*board, asked) > board->memory_slices ||
        compute_slices(*board, asked) > board->compute_slices)
        return refuse(*board, asked);

    InstanceAllocator state(board);
    ProfileCounts left = asked;
    Creation creation = Creation::InOrder;
    for (const WantedInstances& want : wanted) {
        if (!want.start) continue;
        creation = Creation::AtPlacement;
        for (std::uint32_t made = 0; made < want.count; ++made) {
            OrRefusal<GpuInstance> created = state.create_at(*want.profile, *want.start);
            if (Refusal* refusal = std::get_if<Refusal>(&created)) {
                refusal->nearest = nearest_layouts(*board, asked, suggestions);
                return std::move(*refusal);
            }
            --left[board->index_of(*want.profile)];
        }
    }
    if (create_in_some_order(state, left)) return Layout(state, creation);
    if (create_at_some_placements(state, left)) return Layout(state, Creation::AtPlacement);
    return refuse(*board, asked);
}

std::vector<ProfileCounts> nearest_layouts(const Board& board, const ProfileCounts& counts,
                                           std::size_t how_many) {
    std::set<ProfileCounts> legal;
    Chosen chosen;
    visit_arrangements(board, pointers(board.profiles), 0, chosen, [&](const Chosen& arrangement) {
        if (!arrangement.empty()) legal.insert(counts_of(board, arrangement));
        return true;
    });

    const auto distance = [](std::uint64_t a, std::uint64_t b) { return a > b ? a - b : b - a; };
    const auto unlikeness = [&](const ProfileCounts& other) {
        std::uint64_t removed = 0, added = 0;
        for (std::size_t i = 0; i < counts.size(); ++i) {
            removed += counts[i] - std::min(counts[i], other[i]);
            added += other[i] - std::min(counts[i], other[i]);
        }
        // Of layouts at the same edit distance, the one closest in size comes first.
        return std::tuple(std::max(removed, added),
                          distance(memory_slices(board, counts), memory_slices(board, other)) +
                              distance(compute_slices(board, counts), compute_slices(board, other)),
                          other);
    };
    std::vector<ProfileCounts> nearest(legal.begin(), legal.end());
    std::ranges::sort(nearest, {}, unlikeness);
    nearest.resize(std::min(nearest.size(), how_many));
    return nearest;
}

std::vector<Layout> all_layouts(const std::shared_ptr<const Board>& board,
                                const std::vector<const Profile*>& profiles) {
    std::vector<Layout> layouts;
    Chosen chosen;
    visit_arrangements(*board, profiles, 0, chosen, [&](const Chosen& arrangement) {
        InstanceAllocator state(board);
        for (const auto& [profile, start] : arrangement) state.create_at(*profile, start);
        layouts.emplace_back(state, Creation::AtPlacement);
        return true;
    });
    return layouts;
}

} // namespace migsim
