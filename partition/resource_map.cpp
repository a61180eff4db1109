// SPDX-License-Identifier: Apache-2.0
#include "partition/resource_map.h"

#include <algorithm>
#include <numeric>
#include <string_view>

#include <fmt/format.h>

#include "models/base/config/input_errors.h"

namespace migsim {

namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;
constexpr std::uint64_t window_alignment = 2 * mib; // the largest page: no page belongs to two instances

// The part of `count` equal things that memory slices [start, end) of `slices` own.
std::vector<std::uint32_t> share(std::uint32_t count, const Placement& placement, std::uint32_t slices) {
    const std::uint32_t per_slice = count / slices;
    std::vector<std::uint32_t> owned(placement.size * per_slice);
    std::iota(owned.begin(), owned.end(), placement.start * per_slice);
    return owned;
}

void check_divides(std::uint32_t count, std::string_view what, const Board& board) {
    if (count == 0 || count % board.memory_slices != 0)
        throw InputError(fmt::format("the machine's {} {} cannot be divided among the {} memory slices of {}",
                                     count, what, board.memory_slices, board.name));
}

// Where no source says how much memory an instance has, all of its memory slices is assumed.
MemoryWindow window_of(const GpuInstance& instance, const Board& board, const MachineShape& shape) {
    const Profile& profile = *instance.profile;
    const std::uint64_t slice =
        shape.memory_bytes / board.memory_slices / window_alignment * window_alignment;
    const std::uint64_t slices = instance.placement.size * slice;
    const MemoryWindow window{instance.placement.start * slice,
                              profile.memory_mib ? *profile.memory_mib * mib : slices};
    if (window.size > slices)
        throw InputError(fmt::format("{} has {} MiB, and {} memory slices of this machine hold {} MiB",
                                     profile.name, *profile.memory_mib, instance.placement.size,
                                     slices / mib));
    return window;
}

std::vector<std::uint32_t> sms_of(const std::vector<std::uint32_t>& tpcs, const MachineShape& shape) {
    std::vector<std::uint32_t> sms;
    for (const std::uint32_t tpc : tpcs)
        for (std::uint32_t sm = 0; sm < shape.sms_per_tpc; ++sm) sms.push_back(tpc * shape.sms_per_tpc + sm);
    return sms;
}

} // namespace

ResourceMap ResourceMap::whole_gpu(const MachineShape& shape) {
    ResourceMap map;
    InstanceResources& all = map.instances_.emplace_back();
    const Placement everything{0, 1};
    all.l2_slices = share(shape.l2_slices, everything, 1);
    all.channels = share(shape.channels, everything, 1);
    all.window = {0, shape.memory_bytes};
    all.l2_partitions = shape.l2_partitions;
    all.memory_share = 1;
    map.own_tpcs(shape, {share(shape.tpc_count(), everything, 1)});
    all.compute_instances = {all.sms};
    return map;
}

ResourceMap::ResourceMap(const Layout& layout, const MachineShape& shape, const KeptTpcs& kept) {
    const Board& board = layout.board();
    check_divides(shape.l2_slices, "L2 slices", board);
    check_divides(shape.channels, "memory channels", board);
    for (const GpuInstance& instance : layout.instances()) {
        InstanceResources& resources = instances_.emplace_back();
        resources.l2_slices = share(shape.l2_slices, instance.placement, board.memory_slices);
        resources.channels = share(shape.channels, instance.placement, board.memory_slices);
        resources.window = window_of(instance, board, shape);
        resources.l2_partitions = l2_partition_of(instance.placement.end() - 1, board, shape) -
                                  l2_partition_of(instance.placement.start, board, shape) + 1;
        resources.memory_share = static_cast<double>(instance.placement.size) / board.memory_slices;
    }
    own_tpcs(shape, assign_tpcs(layout, shape, kept));
    for (std::size_t i = 0; i < instances_.size(); ++i)
        for (const auto& tpcs : divide_tpcs(layout.compute_instances(i), instances_[i].tpcs, shape))
            instances_[i].compute_instances.push_back(sms_of(tpcs, shape));
}

void ResourceMap::own_tpcs(const MachineShape& shape,
                           const std::vector<std::vector<std::uint32_t>>& tpcs_by_instance) {
    sharers_.resize(shape.gpcs.size());
    std::vector<std::uint32_t> gpc_of_tpc;
    for (std::uint32_t gpc = 0; gpc < shape.gpcs.size(); ++gpc)
        gpc_of_tpc.insert(gpc_of_tpc.end(), shape.gpcs[gpc].tpcs, gpc);

    for (std::size_t i = 0; i < instances_.size(); ++i) {
        InstanceResources& resources = instances_[i];
        resources.tpcs = tpcs_by_instance[i];
        resources.sms = sms_of(resources.tpcs, shape);
        for (const std::uint32_t tpc : resources.tpcs) {
            const std::uint32_t gpc = gpc_of_tpc[tpc];
            if (!resources.gpcs.empty() && resources.gpcs.back() == gpc) continue;
            resources.gpcs.push_back(gpc);
            sharers_[gpc].push_back(InstanceId(static_cast<std::uint8_t>(i)));
        }
    }
}

} // namespace migsim
