// SPDX-License-Identifier: Apache-2.0
// How operators name profiles to nvidia-smi: by id, by name, or as its tables print them, `MIG 3g.40gb`; a
// GPU instance may be given a start behind a colon. All throw InputError with what would be legal.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "partition/board.h"

namespace migsim::smi {

struct WantedGpuInstance {
    const Profile* profile;
    std::optional<std::uint32_t> start;
};

WantedGpuInstance gpu_instance_wanted(const Board& board, const std::string& item);
const ComputeInstanceProfile& compute_instance_wanted(const Profile& gpu_instance, const std::string& item);

// For messages that name a profile by its id.
template <class AnyProfile>
std::string id_or_name(const AnyProfile& profile) {
    return profile.id ? std::to_string(*profile.id) : profile.name;
}

} // namespace migsim::smi
