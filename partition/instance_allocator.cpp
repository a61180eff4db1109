// SPDX-License-Identifier: Apache-2.0
#include "partition/instance_allocator.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace migsim {

InstanceAllocator::InstanceAllocator(std::shared_ptr<const Board> board,
                                     std::optional<std::uint32_t> missing_slot)
    : board_(std::move(board)), missing_slot_(missing_slot) {
    if (!board_->can_miss(missing_slot_))
        throw std::invalid_argument(
            fmt::format("board {}: no die is known that lacks {}", board_->name,
                        missing_slot_ ? fmt::format("slot {}", *missing_slot_) : "no slot"));
}

InstanceAllocator::InstanceAllocator(std::shared_ptr<const Board> board)
    : InstanceAllocator(board, board->missing_slot) {}

OrRefusal<GpuInstance> InstanceAllocator::create(const Profile& profile) {
    std::vector<Placement> free = free_placements(profile);
    if (free.empty()) return no_room_for(profile);

    const auto last_resort = [&](const Placement& p) { return profile.is_last_resort(p.start); };
    if (!std::ranges::all_of(free, last_resort)) std::erase_if(free, last_resort);

    const auto best = std::ranges::max_element(free, {}, [&](const Placement& p) {
        const auto id = static_cast<std::int64_t>(*board_->instance_id(p, missing_slot_));
        return std::pair(choices_left_after(p), -id);
    });
    return place(profile, *best);
}

OrRefusal<GpuInstance> InstanceAllocator::create_at(const Profile& profile, std::uint32_t start) {
    if (!profile.may_start_at(start))
        return Refusal{RefusalReason::IllegalPlacement,
                       fmt::format("{} cannot start at memory slice {}; it can at {}", profile.name, start,
                                   fmt::join(profile.placements.starts, ", ")),
                       {}};
    if (const GpuInstance* other = instance_within(profile.at(start)))
        return Refusal{RefusalReason::PlacementTaken,
                       fmt::format("{} at {} would overlap {} at {}", profile.name,
                                   to_string(profile.at(start)), other->profile->name,
                                   to_string(other->placement)),
                       {}};
    if (free_placements(profile).empty())
        return no_room_for(profile); // its place is free, but another instance excludes it
    return place(profile, profile.at(start));
}

std::vector<Placement> InstanceAllocator::free_placements(const Profile& profile) const {
    std::vector<Placement> free;
    if (instance_excluding(profile)) return free;
    const std::uint32_t occupied = occupied_slots();
    for (const std::uint32_t start : profile.placements.starts)
        if ((profile.at(start).slots() & occupied) == 0) free.push_back(profile.at(start));
    return free;
}

std::uint32_t InstanceAllocator::free_count(const Profile& profile) const {
    return std::min(profile.max_count, static_cast<std::uint32_t>(free_placements(profile).size()));
}

void InstanceAllocator::destroy(std::uint32_t id) {
    std::erase_if(instances_, [&](const GpuInstance& instance) { return instance.id == id; });
}

GpuInstance InstanceAllocator::place(const Profile& profile, const Placement& placement) {
    return instances_.emplace_back(
        GpuInstance{*board_->instance_id(placement, missing_slot_), &profile, placement});
}

const GpuInstance* InstanceAllocator::instance_within(const Placement& placement) const {
    const auto found = std::ranges::find_if(
        instances_, [&](const GpuInstance& instance) { return instance.placement.overlaps(placement); });
    return found == instances_.end() ? nullptr : &*found;
}

// Only the profiles without attributes count: those with have the same placements.
std::size_t InstanceAllocator::choices_left_after(const Placement& placement) const {
    const std::uint32_t occupied = occupied_slots() | placement.slots();
    std::size_t choices = 0;
    for (const Profile& other : board_->profiles) {
        if (!other.attributes.empty()) continue;
        for (const std::uint32_t start : other.placements.starts)
            choices += (other.at(start).slots() & occupied) == 0;
    }
    return choices;
}

std::uint32_t InstanceAllocator::occupied_slots() const {
    std::uint32_t slots = 0;
    for (const GpuInstance& instance : instances_) slots |= instance.placement.slots();
    return slots;
}

Refusal InstanceAllocator::no_room_for(const Profile& profile) const {
    if (const GpuInstance* other = instance_excluding(profile))
        return {RefusalReason::Excluded,
                fmt::format("{} cannot exist beside {} (GPU instance {}): {}", profile.name,
                            other->profile->name, other->id, board_->exclusion(profile, *other->profile)),
                {}};
    return {RefusalReason::NoRoom,
            fmt::format("{} can start only at memory slice {}, and no such {} is free", profile.name,
                        fmt::join(profile.placements.starts, ", "),
                        profile.memory_slices() == 1 ? "slice"
                                                     : fmt::format("run of {}", profile.memory_slices())),
            {}};
}

const GpuInstance* InstanceAllocator::instance_excluding(const Profile& profile) const {
    const auto found = std::ranges::find_if(instances_, [&](const GpuInstance& instance) {
        return board_->exclusion(profile, *instance.profile) != nullptr;
    });
    return found == instances_.end() ? nullptr : &*found;
}

} // namespace migsim
