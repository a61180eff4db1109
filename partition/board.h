// SPDX-License-Identifier: Apache-2.0
// What one kind of GPU offers when MIG is on: its profiles, its slices and the ids the driver gives to
// instances. One table serves every device that prints it (both A100 40 GB cards, say); a single die adds one
// fact of its own, the slot that has no compute.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "partition/profile.h"

namespace migsim {

struct Board {
    std::string name;
    std::vector<std::string> cards;          // as nvidia-smi -L calls them
    std::vector<std::string> pci_device_ids; // 0xDDDD, for the device filters of mig-parted
    std::uint64_t memory_mib = 0;            // as nvidia-smi reports it
    std::uint32_t memory_slices = 0;
    std::uint32_t compute_slices = 0;
    std::optional<std::uint32_t> missing_slot; // of the usual die; absent where every slot has compute
    std::vector<Placement> instance_spans;     // the slots that GPU instance id 0, 1, 2, … covers
    std::vector<Profile> profiles;
    std::vector<std::string> sources;

    const Profile* find(std::string_view profile_name) const;
    const Profile* find(std::uint32_t profile_id) const;
    const Profile* owner_of_compute_instance(std::string_view compute_instance_profile) const;
    std::size_t index_of(const Profile& profile) const {
        return static_cast<std::size_t>(&profile - profiles.data());
    }
    std::vector<std::string> profile_names() const;

    // Instances print so that the slot without compute comes last: a die that lacks one in its lower half
    // prints with the halves exchanged. Absent if no span of this board prints as `placement`.
    std::optional<std::uint32_t> instance_id(const Placement& placement,
                                             const std::optional<std::uint32_t>& missing) const;
    bool can_miss(const std::optional<std::uint32_t>& slot) const; // does the board print such dies as above?
};

} // namespace migsim
