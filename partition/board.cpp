// SPDX-License-Identifier: Apache-2.0
#include "partition/board.h"

#include <algorithm>
#include <cstdlib>

namespace migsim {

namespace {

template <class T>
bool contains(const std::vector<T>& values, const T& value) {
    return std::ranges::find(values, value) != values.end();
}

} // namespace

std::uint32_t ComputeInstanceProfile::compute_slices() const {
    return static_cast<std::uint32_t>(std::strtoul(name.c_str(), nullptr, 10));
}

OrUnknown<std::uint32_t> Profile::sm_count_of_machine() const {
    OrUnknown<std::uint32_t> count = sm_count;
    if (!count && assumed_sm_count) count.emplace(*assumed_sm_count);
    return count;
}
bool Profile::may_start_at(std::uint32_t start) const {
    return contains(placements.starts, start);
}
bool Profile::is_last_resort(std::uint32_t start) const {
    return contains(placements.last_resort, start);
}
bool Profile::has(Attribute attribute) const {
    return contains(attributes, attribute);
}

const ComputeInstanceProfile* Profile::compute_instance(std::string_view wanted) const {
    const auto found = std::ranges::find(compute_instances, wanted, &ComputeInstanceProfile::name);
    return found == compute_instances.end() ? nullptr : &*found;
}
const ComputeInstanceProfile& Profile::filling() const {
    return *std::ranges::find(compute_instances, true, &ComputeInstanceProfile::fills_instance);
}

const Profile* Board::find(std::string_view profile_name) const {
    const auto found = std::ranges::find(profiles, profile_name, &Profile::name);
    return found == profiles.end() ? nullptr : &*found;
}

const Profile* Board::find(std::uint32_t profile_id) const {
    const auto found = std::ranges::find_if(
        profiles, [&](const Profile& profile) { return profile.id && *profile.id == profile_id; });
    return found == profiles.end() ? nullptr : &*found;
}

const Profile* Board::owner_of_compute_instance(std::string_view compute_instance_profile) const {
    for (const Profile& profile : profiles)
        for (const ComputeInstanceProfile& row : profile.compute_instances)
            if (row.name == compute_instance_profile) return &profile;
    return nullptr;
}

std::vector<std::string> Board::profile_names() const {
    std::vector<std::string> names;
    for (const Profile& profile : profiles) names.push_back(profile.name);
    return names;
}

const char* Board::exclusion(const Profile& a, const Profile& b) const {
    const auto both_have = [&](Attribute attribute) { return a.has(attribute) && b.has(attribute); };
    const auto starves = [](const Profile& one, const Profile& other) {
        return one.has(Attribute::AllMediaEngines) && !other.has(Attribute::NoMediaEngines);
    };
    if (both_have(Attribute::MediaExtensions)) return "a GPU has one set of media extensions (+me)";
    if (starves(a, b) || starves(b, a))
        return "+me.all takes every media engine and leaves room for -me only";
    if (one_with_and_one_without_gfx && a.has(Attribute::Graphics) == b.has(Attribute::Graphics))
        return "this GPU holds at most one instance with +gfx and one without";
    return nullptr;
}

Board Board::with_memory_of(const MemoryVariant& variant) const {
    Board board = *this;
    for (Profile& profile : board.profiles)
        if (const auto differs = variant.memory_mib.find(profile.name); differs != variant.memory_mib.end())
            profile.memory_mib = differs->second;
    return board;
}

const MemoryVariant* Board::memory_variant_of(std::string_view card) const {
    for (const MemoryVariant& variant : memory_variants)
        if (std::ranges::find(variant.cards, card) != variant.cards.end()) return &variant;
    return nullptr;
}

std::optional<std::uint32_t> Board::instance_id(const Placement& placement,
                                                const std::optional<std::uint32_t>& missing) const {
    const std::uint32_t half = memory_slices / 2;
    const std::uint32_t shift = missing && *missing < half ? half : 0;
    for (std::uint32_t id = 0; id < instance_spans.size(); ++id) {
        const Placement& span = instance_spans[id];
        const bool whole = span.size == memory_slices; // stays 0:N however the halves are named
        const Placement printed{whole ? 0 : (span.start + shift) % memory_slices, span.size};
        if (printed == placement) return id;
    }
    return std::nullopt;
}

bool Board::can_miss(const std::optional<std::uint32_t>& slot) const {
    if (!slot) return compute_slices == memory_slices;
    // Only dies whose missing slot prints as the last one have been seen: the last slot of either half.
    return compute_slices + 1 == memory_slices &&
           (*slot + 1 == memory_slices || (memory_slices % 2 == 0 && *slot + 1 == memory_slices / 2));
}

} // namespace migsim
