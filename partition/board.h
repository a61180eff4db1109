// SPDX-License-Identifier: Apache-2.0
// What one kind of GPU offers when MIG is on: its profiles, its slices and the ids the driver gives to
// instances. One table serves every device that prints it (both A100 40 GB cards, say); a single die adds one
// fact of its own, the slot that has no compute.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "partition/profile.h"

namespace migsim {

// When a change of MIG mode takes effect, and how long it lasts.
struct ModeChange {
    bool needs_reset = false;     // of the GPU, which the driver tries at once
    bool survives_reboot = false; // kept on the card rather than by the driver
};

// Which slots of its GPU instance a compute instance gets.
enum class ComputeInstancePlacement {
    FirstFit, // the lowest run of free slices
    Skyline   // an aligned span, as GPU instances get theirs: the one that leaves most to be had
};
template <>
struct EnumNames<ComputeInstancePlacement> {
    static constexpr std::array table{EnumName{ComputeInstancePlacement::FirstFit, "first_fit"},
                                      EnumName{ComputeInstancePlacement::Skyline, "skyline"}};
};

struct MemoryVariant { // what another driver, edition or source prints
    std::string name;
    std::map<std::string, OrUnknown<std::uint64_t>> memory_mib; // by profile; what is not named is the same
    std::vector<std::string> cards; // that print it unless they are told to print another
};

struct Board {
    std::string name;
    std::vector<std::string> cards;          // as nvidia-smi -L calls them
    std::vector<std::string> pci_device_ids; // 0xDDDD, for the device filters of mig-parted
    std::string architecture;
    OrUnknown<std::string> min_driver;   // the first driver with MIG for it
    OrUnknown<std::uint64_t> memory_mib; // as nvidia-smi reports it; 0 where it shares the CPU's memory
    OrUnknown<std::uint64_t> bar1_mib;   // on bare metal
    OrUnknown<std::uint32_t> sm_count;   // with MIG off
    std::uint32_t memory_slices = 0;
    std::uint32_t compute_slices = 0;
    std::optional<std::uint32_t> missing_slot; // of the usual die; absent where every slot has compute
    std::vector<Placement> instance_spans;     // the slots that GPU instance id 0, 1, 2, … covers
    ModeChange mode_change;
    ComputeInstancePlacement compute_instance_placement{};
    bool one_with_and_one_without_gfx = false; // is that all that can exist at once?
    std::vector<Profile> profiles;
    std::vector<MemoryVariant> memory_variants;
    std::vector<std::string> prerequisites; // of MIG, or of some profiles, beyond min_driver
    std::vector<std::string> conflicts;     // between sources, and what is derived
    std::vector<std::string> sources;

    const Profile* find(std::string_view profile_name) const;
    const Profile* find(std::uint32_t profile_id) const;
    const Profile* owner_of_compute_instance(std::string_view compute_instance_profile) const;
    std::size_t index_of(const Profile& profile) const {
        return static_cast<std::size_t>(&profile - profiles.data());
    }
    std::vector<std::string> profile_names() const;

    // The rule by which these two can never exist at once, wherever they lie; nullptr if they can.
    const char* exclusion(const Profile& a, const Profile& b) const;

    // Instances print so that the slot without compute comes last: a die that lacks one in its lower half
    // prints with the halves exchanged. Absent if no span of this board prints as `placement`.
    std::optional<std::uint32_t> instance_id(const Placement& placement,
                                             const std::optional<std::uint32_t>& missing) const;
    Board with_memory_of(const MemoryVariant& variant) const;
    const MemoryVariant*
    memory_variant_of(std::string_view card) const;                // nullptr: it prints the table itself
    bool can_miss(const std::optional<std::uint32_t>& slot) const; // does the board print such dies as above?
};

} // namespace migsim
