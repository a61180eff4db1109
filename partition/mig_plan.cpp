// SPDX-License-Identifier: Apache-2.0
#include "partition/mig_plan.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <utility>

#include "models/base/config/input_errors.h"
#include "partition/compute_instance_allocator.h"
#include "partition/smi/profile_names.h"

namespace migsim {

namespace {

using ComputeInstances = std::vector<const ComputeInstanceProfile*>;

bool names_a_part(const std::string& name) { // 1c.3g.40gb
    return name.size() > 2 && std::isdigit(static_cast<unsigned char>(name[0])) && name[1] == 'c' &&
           name[2] == '.';
}

const ComputeInstanceProfile* part_of(const Profile& profile, const std::string& name) {
    const auto slices = static_cast<std::uint32_t>(name[0] - '0');
    const auto found = std::ranges::find_if(profile.compute_instances, [&](const auto& row) {
        return !row.fills_instance && row.compute_slices() == slices;
    });
    return found == profile.compute_instances.end() ? nullptr : &*found;
}

// Into as few GPU instances of this profile as hold them. The large ones go first: theirs are the aligned
// spans, so each takes the place that small ones would otherwise break up.
std::vector<ComputeInstanceAllocator> pack(const std::shared_ptr<const Board>& board, const Profile& profile,
                                           ComputeInstances wanted) {
    std::ranges::stable_sort(wanted, std::greater{}, &ComputeInstanceProfile::compute_slices);
    std::vector<ComputeInstanceAllocator> made;
    for (const ComputeInstanceProfile* compute : wanted) {
        const auto holds = std::ranges::find_if(made, [&](ComputeInstanceAllocator& instance) {
            return std::holds_alternative<ComputeInstance>(instance.create(*compute));
        });
        if (holds == made.end()) made.emplace_back(board, profile).create(*compute);
    }
    return made;
}

struct Group { // the wishes that can share GPU instances
    const Profile* profile;
    std::optional<std::uint32_t> start;
    auto operator<=>(const Group&) const = default;
};

std::string attributes_of(const std::string& name) {
    const std::size_t end = name.find("gb");
    return end == std::string::npos ? "" : name.substr(end + 2);
}

std::string part_of_gpu(const std::string& name) { // 3g.
    return name.substr(0, name.find('.') + 1);
}

bool equal_in_any_case(const std::string& a, const std::string& b) {
    const auto lower = [](unsigned char c) { return std::tolower(c); };
    return std::ranges::equal(a, b, {}, lower, lower);
}

} // namespace

bool PlannedInstance::is_filled_by_one() const {
    return compute_instances.size() == 1 && compute_instances.front()->fills_instance;
}

std::optional<MigDeviceWish> find_mig_device(const Board& board, const std::string& name) {
    const bool is_part = names_a_part(name);
    const Profile* profile = board.find(is_part ? name.substr(3) : name);
    if (!profile) return std::nullopt;
    const ComputeInstanceProfile* compute = is_part ? part_of(*profile, name) : &profile->filling();
    if (!compute) return std::nullopt;
    return MigDeviceWish{profile, compute, 1, std::nullopt};
}

MigDeviceWish mig_device_wanted(const Board& board, const std::string& item) {
    const bool is_part = names_a_part(item);
    const smi::WantedGpuInstance wanted = smi::gpu_instance_wanted(board, is_part ? item.substr(3) : item);
    MigDeviceWish wish{wanted.profile, &wanted.profile->filling(), 1, wanted.start};
    if (!is_part) return wish;
    wish.compute_instance = part_of(*wanted.profile, item);
    if (wish.compute_instance) return wish;
    std::vector<std::string> legal;
    for (const ComputeInstanceProfile& row : wanted.profile->compute_instances) legal.push_back(row.name);
    throw InputError(not_legal(item, "a compute instance inside " + wanted.profile->name, legal));
}

OrRefusal<MigPlan> find_plan(const std::shared_ptr<const Board>& board,
                             const std::vector<MigDeviceWish>& wishes) {
    std::map<Group, ComputeInstances> groups;
    for (const MigDeviceWish& wish : wishes) {
        ComputeInstances& group = groups[{wish.profile, wish.start}];
        group.insert(group.end(), wish.count, wish.compute_instance);
    }
    std::vector<WantedInstances> wanted;
    std::map<Group, std::vector<ComputeInstanceAllocator>> packed;
    for (const auto& [group, compute_instances] : groups) {
        packed[group] = pack(board, *group.profile, compute_instances);
        if (!packed[group].empty())
            wanted.push_back({group.profile, static_cast<std::uint32_t>(packed[group].size()), group.start});
    }
    OrRefusal<Layout> found = find_layout(board, wanted);
    if (Refusal* refusal = std::get_if<Refusal>(&found)) return std::move(*refusal);

    MigPlan plan{std::get<Layout>(std::move(found)), {}};
    for (const GpuInstance& instance : plan.layout.creation_order()) {
        std::vector<ComputeInstanceAllocator>* group = &packed[{instance.profile, instance.placement.start}];
        if (group->empty()) group = &packed[{instance.profile, std::nullopt}];
        const ComputeInstanceAllocator inside = std::move(group->front());
        group->erase(group->begin());
        const auto position = std::ranges::find(plan.layout.instances(), instance.id, &GpuInstance::id);
        plan.layout.divide(static_cast<std::size_t>(position - plan.layout.instances().begin()), inside);
        PlannedInstance& planned = plan.instances.emplace_back(PlannedInstance{instance, {}});
        for (const ComputeInstance& compute : inside.instances())
            planned.compute_instances.push_back(compute.profile);
    }
    return plan;
}

std::vector<std::string> profile_names_like(const Board& board, const std::string& name) {
    std::vector<std::string> names = board.profile_names();
    std::ranges::stable_partition(
        names, [&](const std::string& other) { return other.starts_with(part_of_gpu(name)); });
    return names;
}

const Profile* profile_meant_by(const Board& board, const std::string& name) {
    for (const Profile& profile : board.profiles)
        if (equal_in_any_case(profile.name, name)) return &profile;
    for (const Profile& profile : board.profiles)
        if (part_of_gpu(profile.name) == part_of_gpu(name) &&
            attributes_of(profile.name) == attributes_of(name))
            return &profile;
    return nullptr;
}

} // namespace migsim
