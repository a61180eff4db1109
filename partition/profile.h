// SPDX-License-Identifier: Apache-2.0
// A GPU instance profile, one row of `nvidia-smi mig -lgip`: what an instance of this kind is given and where
// it may lie.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
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
};
template <>
struct EnumNames<Attribute> {
    static constexpr std::array table{EnumName{Attribute::MediaExtensions, "+me"}};
};

// A number that a board's file must state, be it as `null` because no source gives it.
template <class T>
struct OrUnknown : std::optional<T> {
    using std::optional<T>::optional;
};

struct Engines {
    OrUnknown<std::uint32_t> copy, nvdec, nvenc, nvjpg, ofa;
};

// Compute instances divide the SMs of a GPU instance; memory and engines stay common to them.
struct ComputeInstanceProfile {
    std::string name;
    OrUnknown<std::uint32_t> id;
    std::uint32_t max_count = 0;
    OrUnknown<std::uint32_t> sm_count;
    bool fills_instance = false; // the one that `-C` makes
    Confidence confidence = Confidence::Guess;
};

struct PlacementRule {
    std::vector<std::uint32_t> starts;
    std::uint32_t size = 0;
    std::vector<std::uint32_t> last_resort; // starts that the driver takes only when no other is free
};

struct Profile {
    std::string name;
    std::uint32_t id = 0;
    std::uint32_t compute_slices = 0;
    PlacementRule placements;
    std::uint32_t max_count = 0;
    OrUnknown<std::uint64_t> memory_mib;
    OrUnknown<std::uint32_t> sm_count;
    Engines engines;
    std::vector<Attribute> attributes;
    Confidence confidence = Confidence::Guess;
    std::vector<ComputeInstanceProfile> compute_instances;

    std::uint32_t memory_slices() const { return placements.size; }
    Placement at(std::uint32_t start) const { return {start, placements.size}; }
    bool may_start_at(std::uint32_t start) const;
    bool is_last_resort(std::uint32_t start) const;
    bool has(Attribute attribute) const;
};

} // namespace migsim
