// SPDX-License-Identifier: Apache-2.0
// A GPU instance profile, one row of `nvidia-smi mig -lgip`: what an instance of this kind is given and where
// it may lie.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/config/enum_names.h"
#include "partition/placement.h"

namespace migsim {

enum class Confidence { Documented, Derived, Guess };
template <>
struct EnumNames<Confidence> {
    static constexpr std::array table{EnumName{Confidence::Documented, "documented"},
                                      EnumName{Confidence::Derived, "derived"},
                                      EnumName{Confidence::Guess, "guess"}};
};

enum class Attribute {
    MediaExtensions, // the OFA and JPEG set, of which a GPU has one
    AllMediaEngines, // every media engine of the GPU
    NoMediaEngines,
    Graphics, // can run graphics APIs
};
template <>
struct EnumNames<Attribute> {
    static constexpr std::array table{
        EnumName{Attribute::MediaExtensions, "+me"}, EnumName{Attribute::AllMediaEngines, "+me.all"},
        EnumName{Attribute::NoMediaEngines, "-me"}, EnumName{Attribute::Graphics, "+gfx"}};
};

// A number that a board's file must state, be it as `null` because no source gives it.
template <class T>
struct OrUnknown : std::optional<T> {
    using std::optional<T>::optional;
    bool operator==(const OrUnknown&) const = default;
};

template <class T>
std::string to_string(const OrUnknown<T>& value) {
    return value ? std::to_string(*value) : "?";
}

struct Engines {
    OrUnknown<std::uint32_t> copy, nvdec, nvenc, nvjpg, ofa;
    bool operator==(const Engines&) const = default;
};

// Compute instances divide the SMs of a GPU instance; memory and engines stay common to them.
struct ComputeInstanceProfile {
    std::string name;
    OrUnknown<std::uint32_t> id;
    std::uint32_t max_count = 0;
    OrUnknown<std::uint32_t> sm_count;
    bool fills_instance = false; // the one that `-C` makes
    Confidence confidence = Confidence::Guess;

    std::uint32_t compute_slices() const; // its name begins with them: 1c.3g.20gb, and 3g.20gb if it fills
};

struct PlacementRule {
    std::vector<std::uint32_t> starts;
    std::uint32_t size = 0;
    std::vector<std::uint32_t> last_resort; // starts that the driver takes only when no other is free
    bool operator==(const PlacementRule&) const = default;
};

struct Profile {
    std::string name;
    OrUnknown<std::uint32_t> id;
    std::uint32_t nvml_profile =
        0; // NVML's constant of its kind: the order in which nvidia-smi lists instances
    std::uint32_t compute_slices = 0;
    PlacementRule placements;
    std::uint32_t max_count = 0;
    OrUnknown<std::uint64_t> memory_mib; // 0 where the GPU has no memory of its own
    OrUnknown<std::uint32_t> sm_count;
    std::optional<std::uint32_t> assumed_sm_count; // for machines only, where no source has the one above
    Engines engines;
    std::vector<Attribute> attributes;
    Confidence confidence = Confidence::Guess;
    std::vector<ComputeInstanceProfile> compute_instances;

    std::uint32_t memory_slices() const { return placements.size; }
    OrUnknown<std::uint32_t> sm_count_of_machine() const;
    Placement at(std::uint32_t start) const { return {start, placements.size}; }
    bool may_start_at(std::uint32_t start) const;
    bool is_last_resort(std::uint32_t start) const;
    bool has(Attribute attribute) const;
    const ComputeInstanceProfile* compute_instance(std::string_view name) const; // nullptr if there is none
    const ComputeInstanceProfile& filling() const;                               // the one that -C makes
};

} // namespace migsim
