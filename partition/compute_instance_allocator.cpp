// SPDX-License-Identifier: Apache-2.0
#include "partition/compute_instance_allocator.h"

#include <algorithm>
#include <bit>
#include <utility>

#include <fmt/format.h>

namespace migsim {

ComputeInstanceAllocator::ComputeInstanceAllocator(std::shared_ptr<const Board> board,
                                                   const Profile& gpu_instance)
    : board_(std::move(board)), gpu_instance_(&gpu_instance) {}

OrRefusal<ComputeInstance> ComputeInstanceAllocator::create(const ComputeInstanceProfile& profile) {
    const std::uint32_t occupied = occupied_slots();
    const std::vector<Placement> free = free_spans(profile, occupied);
    if (free.empty())
        return Refusal{
            RefusalReason::NoRoom,
            fmt::format("{} needs {} of the {} compute slices of {} in one piece, and no such piece "
                        "is free",
                        profile.name, profile.compute_slices(), gpu_instance_->compute_slices,
                        gpu_instance_->name),
            {}};
    auto chosen = free.begin();
    if (board_->compute_instance_placement == ComputeInstancePlacement::Skyline)
        chosen = std::ranges::max_element(
            free, {}, [&](const Placement& span) { return choices_left(occupied | span.slots()); });

    std::uint32_t id = 0;
    while (std::ranges::find(instances_, id, &ComputeInstance::id) != instances_.end()) ++id;
    return instances_.emplace_back(ComputeInstance{id, &profile, *chosen});
}

OrRefusal<ComputeInstance> ComputeInstanceAllocator::restore(const ComputeInstanceProfile& profile,
                                                             std::uint32_t id, std::uint32_t start) {
    const std::vector<Placement> all = spans(profile);
    const auto span = std::ranges::find(all, start, &Placement::start);
    if (span == all.end())
        return Refusal{
            RefusalReason::IllegalPlacement,
            fmt::format("{} cannot start at slot {} of {}", profile.name, start, gpu_instance_->name),
            {}};
    for (const ComputeInstance& other : instances_)
        if (other.placement.overlaps(*span) || other.id == id)
            return Refusal{RefusalReason::PlacementTaken,
                           fmt::format("{} (compute instance {}) at {} is in the way", other.profile->name,
                                       other.id, to_string(other.placement)),
                           {}};
    return instances_.emplace_back(ComputeInstance{id, &profile, *span});
}

void ComputeInstanceAllocator::destroy(std::uint32_t id) {
    std::erase_if(instances_, [&](const ComputeInstance& instance) { return instance.id == id; });
}

std::uint32_t ComputeInstanceAllocator::free_count(const ComputeInstanceProfile& profile) const {
    std::uint32_t count = 0, end = 0;
    for (const Placement& span : free_spans(profile, occupied_slots())) {
        if (span.start < end) continue; // overlaps one already counted
        ++count;
        end = span.end();
    }
    return count;
}

// Where one may lie in the empty GPU instance, in ascending order. The slots without compute come last.
std::vector<Placement> ComputeInstanceAllocator::spans(const ComputeInstanceProfile& profile) const {
    const std::uint32_t slices = profile.compute_slices();
    std::vector<Placement> spans;
    if (board_->compute_instance_placement == ComputeInstancePlacement::FirstFit) {
        for (std::uint32_t start = 0; start + slices <= gpu_instance_->compute_slices; ++start)
            spans.push_back({start, slices});
    } else if (profile.fills_instance) {
        spans.push_back({0, gpu_instance_->memory_slices()});
    } else {
        const std::uint32_t size = std::bit_ceil(slices);
        for (std::uint32_t start = 0; start + slices <= gpu_instance_->compute_slices; start += size)
            spans.push_back({start, size});
    }
    return spans;
}

std::vector<Placement> ComputeInstanceAllocator::free_spans(const ComputeInstanceProfile& profile,
                                                            std::uint32_t occupied) const {
    std::vector<Placement> free = spans(profile);
    std::erase_if(free, [&](const Placement& span) { return (span.slots() & occupied) != 0; });
    return free;
}

std::size_t ComputeInstanceAllocator::choices_left(std::uint32_t occupied) const {
    std::size_t choices = 0;
    for (const ComputeInstanceProfile& row : gpu_instance_->compute_instances)
        choices += free_spans(row, occupied).size();
    return choices;
}

std::uint32_t ComputeInstanceAllocator::occupied_slots() const {
    std::uint32_t slots = 0;
    for (const ComputeInstance& instance : instances_) slots |= instance.placement.slots();
    return slots;
}

} // namespace migsim
