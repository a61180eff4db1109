// SPDX-License-Identifier: Apache-2.0
// Gives out GPU instances one by one as the driver and its firmware do: which placement, which id, or which
// refusal. The choice is the firmware's as far as published sequences show it: of the free placements, the
// one that leaves most (profile, placement) pairs to be had, and of equals the lowest id. Instances never
// move, so the order matters.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "partition/refusal.h"

namespace migsim {

struct GpuInstance {
    std::uint32_t id; // the driver's, 0 to 14 on a board of eight slots
    const Profile* profile;
    Placement placement;
};

class InstanceAllocator {
public:
    // Throws std::invalid_argument for a die that the board's numbering has no way to print.
    InstanceAllocator(std::shared_ptr<const Board> board, std::optional<std::uint32_t> missing_slot);
    explicit InstanceAllocator(std::shared_ptr<const Board> board);

    OrRefusal<GpuInstance> create(const Profile& profile);
    OrRefusal<GpuInstance> create_at(const Profile& profile, std::uint32_t start);
    void destroy(std::uint32_t id); // nothing if there is none

    // Where an instance of this profile could be made now.
    std::vector<Placement> free_placements(const Profile& profile) const;
    std::uint32_t free_count(const Profile& profile) const; // the Free column of `-lgip`

    const std::shared_ptr<const Board>& board() const { return board_; }
    const std::vector<GpuInstance>& instances() const { return instances_; } // in order of creation

private:
    GpuInstance place(const Profile& profile, const Placement& placement);
    const GpuInstance* instance_within(const Placement& placement) const;
    std::size_t choices_left_after(const Placement& placement) const;
    std::uint32_t occupied_slots() const;
    Refusal no_room_for(const Profile& profile) const;
    const GpuInstance* instance_excluding(const Profile& profile) const;

    std::shared_ptr<const Board> board_;
    std::optional<std::uint32_t> missing_slot_;
    std::vector<GpuInstance> instances_;
};

} // namespace migsim
