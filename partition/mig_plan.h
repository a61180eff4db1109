// SPDX-License-Identifier: Apache-2.0
// A layout with the compute instances in it: what an operator who lists MIG devices gets. Devices are named
// as mig-parted and nvidia-smi name them: `3g.40gb`, its id `9`, `3g.40gb:4` with a start, and `1c.3g.40gb`
// for a compute instance. Compute instances share as few GPU instances as hold them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "partition/layout_search.h"

namespace migsim {

struct MigDeviceWish {
    const Profile* profile;
    const ComputeInstanceProfile* compute_instance;
    std::uint32_t count = 1;
    std::optional<std::uint32_t> start;
};

struct PlannedInstance {
    GpuInstance gpu_instance;
    std::vector<const ComputeInstanceProfile*> compute_instances; // in order of creation

    bool is_filled_by_one() const;
};

struct MigPlan {
    Layout layout;                          // divided accordingly
    std::vector<PlannedInstance> instances; // in order of creation
};

// Absent if the board has no device of that name; there is then no profile of the name, nor a part of one.
std::optional<MigDeviceWish> find_mig_device(const Board& board, const std::string& name);
MigDeviceWish mig_device_wanted(const Board& board, const std::string& item); // throws InputError

OrRefusal<MigPlan> find_plan(const std::shared_ptr<const Board>& board,
                             const std::vector<MigDeviceWish>& wishes);

// The usual slip is the name that another board has for the same part of the GPU, so profiles of as many
// compute slices come first: of equally similar names, the first is suggested.
std::vector<std::string> profile_names_like(const Board& board, const std::string& name);
// What somebody who wrote a wrong name most likely meant: the same in another case, or the profile of as many
// compute slices and the same attributes. nullptr if there is none.
const Profile* profile_meant_by(const Board& board, const std::string& name);

} // namespace migsim
