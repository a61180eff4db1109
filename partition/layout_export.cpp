// SPDX-License-Identifier: Apache-2.0
#include "partition/layout_export.h"

#include <algorithm>
#include <map>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "models/base/config/input_errors.h"
#include "models/base/config/yaml_text.h"
#include "partition/mig_parted.h"
#include "partition/smi/profile_names.h"

namespace migsim {

namespace {

// With the attributes of its GPU instance, which the driver's name for a compute instance leaves out.
std::string mig_parted_name(const Profile& profile, const ComputeInstanceProfile& compute) {
    return compute.fills_instance ? profile.name
                                  : fmt::format("{}c.{}", compute.compute_slices(), profile.name);
}

// How many of each, the large ones first.
std::vector<std::pair<std::string, std::uint32_t>> devices(const MigPlan& plan) {
    std::vector<std::pair<std::string, std::uint32_t>> result;
    for (const PlannedInstance& instance : plan.instances)
        for (const ComputeInstanceProfile* compute : instance.compute_instances) {
            const std::string name = mig_parted_name(*instance.gpu_instance.profile, *compute);
            const auto known = std::ranges::find(result, name, [](const auto& row) { return row.first; });
            if (known == result.end())
                result.emplace_back(name, 1);
            else
                ++known->second;
        }
    return result;
}

bool all_filled_by_one(const MigPlan& plan) {
    return std::ranges::all_of(plan.instances, &PlannedInstance::is_filled_by_one);
}

} // namespace

std::string mig_parted_text(const MigPlan& plan, const std::string& label) {
    if (plan.layout.creation() == Creation::AtPlacement)
        throw InputError("mig-parted leaves placements to the driver, which would not choose these; legal: "
                         "instances without a start, or --as shell");
    Node root = Node::map();
    root.add("version", Node::plain(std::string(enum_name(MigPartedVersion::V1))));
    Node& entries = root.add("mig-configs", Node::map()).add(label, Node::sequence());
    Node& entry = entries.items.emplace_back(Node::map());
    if (const std::vector<std::string>& ids = plan.layout.board().pci_device_ids; !ids.empty()) {
        Node& filter = entry.add("device-filter", Node::sequence());
        for (const std::string& id : ids) filter.items.push_back(Node::text(device_filter_of(id)));
    }
    entry.add("devices", Node::text("all"));
    entry.add("mig-enabled", Node::plain("true"));
    Node& counts = entry.add("mig-devices", Node::map());
    for (const auto& [name, count] : devices(plan)) counts.add(name, Node::plain(std::to_string(count)));
    return yaml_text(root, Origins::Hidden);
}

std::string kubernetes_text(const MigPlan& plan) {
    if (!all_filled_by_one(plan))
        throw InputError(
            "Kubernetes' device plugin advertises no compute instance that has only a part of its "
            "GPU instance; legal: GPU instances filled by one");
    std::string text = "# mig.strategy: mixed\n";
    const auto counts = devices(plan);
    for (auto [name, count] : counts) {
        std::ranges::replace(name, '+', '.'); // a resource name has no plus
        text += fmt::format("nvidia.com/mig-{}: {}\n", name, count);
    }
    if (counts.size() == 1)
        text += fmt::format("# mig.strategy: single\nnvidia.com/gpu: {}\n", counts[0].second);
    return text;
}

std::string shell_text(const MigPlan& plan) {
    const bool at_placement = plan.layout.creation() == Creation::AtPlacement;
    std::vector<std::string> items;
    for (const auto& [instance, inside] : plan.instances)
        items.push_back(smi::id_or_name(*instance.profile) +
                        (at_placement ? fmt::format(":{}", instance.placement.start) : ""));
    std::string text = "nvidia-smi -i 0 -mig 1\n";
    text += fmt::format("nvidia-smi mig -i 0 -cgi {}{}\n", fmt::join(items, ","),
                        all_filled_by_one(plan) ? " -C" : "");
    if (all_filled_by_one(plan)) return text;

    if (const auto& missing = plan.layout.board().missing_slot)
        text += fmt::format(
            "# these ids are those of a die without slot {}; `nvidia-smi mig -lgi` lists yours\n", *missing);
    for (const auto& [instance, inside] : plan.instances) {
        std::vector<std::string> parts;
        for (const ComputeInstanceProfile* compute : inside) parts.push_back(smi::id_or_name(*compute));
        text += fmt::format("nvidia-smi mig -i 0 -gi {} -cci {}\n", instance.id, fmt::join(parts, ","));
    }
    return text;
}

} // namespace migsim
