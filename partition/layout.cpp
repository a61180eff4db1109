// SPDX-License-Identifier: Apache-2.0
#include "partition/layout.h"

#include <algorithm>
#include <utility>

namespace migsim {

Layout::Layout(InstanceAllocator made, Creation creation)
    : made_(std::move(made)), instances_(made_.instances()), creation_(creation) {
    std::ranges::sort(instances_, {}, &GpuInstance::placement);
    for (const GpuInstance& instance : instances_) {
        ComputeInstanceAllocator whole(made_.board(), *instance.profile);
        whole.create(instance.profile->filling());
        compute_instances_.push_back(whole.instances());
    }
}

void Layout::divide(std::size_t position, const ComputeInstanceAllocator& made) {
    compute_instances_.at(position) = made.instances();
}

ProfileCounts Layout::counts() const {
    ProfileCounts counts(board().profiles.size());
    for (const GpuInstance& instance : instances_) ++counts[board().index_of(*instance.profile)];
    return counts;
}

bool Layout::is_maximal(const std::vector<const Profile*>& profiles) const {
    return std::ranges::all_of(
        profiles, [&](const Profile* profile) { return made_.free_placements(*profile).empty(); });
}

} // namespace migsim
