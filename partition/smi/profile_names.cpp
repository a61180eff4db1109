// SPDX-License-Identifier: Apache-2.0
#include "partition/smi/profile_names.h"

#include <charconv>

#include "models/base/config/input_errors.h"

namespace migsim::smi {

namespace {

std::optional<std::uint32_t> whole_number(std::string_view text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// By what an item may name each of these, for complaints.
template <class AnyProfile>
std::vector<std::string> legal_names(const std::vector<AnyProfile>& profiles) {
    std::vector<std::string> names;
    for (const AnyProfile& profile : profiles) {
        names.push_back(profile.name);
        if (profile.id) names.push_back(std::to_string(*profile.id));
    }
    return names;
}

template <class AnyProfile>
const AnyProfile& find(const std::vector<AnyProfile>& profiles, std::string_view item,
                       const std::string& of) {
    const std::string_view name = item.starts_with("MIG ") ? item.substr(4) : item;
    const std::optional<std::uint32_t> id = whole_number(item);
    for (const AnyProfile& profile : profiles)
        if (profile.name == name || (id && profile.id && *profile.id == *id)) return profile;
    throw InputError(not_legal(item, of, legal_names(profiles)));
}

} // namespace

WantedGpuInstance gpu_instance_wanted(const Board& board, const std::string& item) {
    const std::string_view text = item;
    const std::size_t colon = text.find(':');
    const Profile& profile = find(board.profiles, text.substr(0, colon), "a profile of " + board.name);
    if (colon == std::string_view::npos) return {&profile, std::nullopt};
    const std::optional<std::uint32_t> start = whole_number(text.substr(colon + 1));
    if (!start)
        throw InputError(shown(item) + " has no start behind its colon; legal: like " + profile.name + ":0");
    return {&profile, start};
}

const ComputeInstanceProfile& compute_instance_wanted(const Profile& gpu_instance, const std::string& item) {
    return find(gpu_instance.compute_instances, item, "a compute-instance profile of " + gpu_instance.name);
}

} // namespace migsim::smi
