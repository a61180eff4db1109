// SPDX-License-Identifier: Apache-2.0
#include "partition/tpc_assignment.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

#include "models/base/config/input_errors.h"
#include "partition/tpc_pool.h"

namespace migsim {

namespace {

// The GPCs that nobody is home to yet, large ones first.
class Undealt {
public:
    explicit Undealt(const MachineShape& shape) : shape_(shape), gpcs_(shape.gpcs.size()) {
        std::iota(gpcs_.begin(), gpcs_.end(), 0U);
        std::ranges::stable_sort(gpcs_, std::ranges::greater{},
                                 [&](std::uint32_t gpc) { return shape.gpcs[gpc].tpcs; });
    }

    bool empty() const { return gpcs_.empty(); }
    bool deal_near(std::uint32_t partition, std::vector<std::uint32_t>& home) {
        return deal(home, std::ranges::find_if(gpcs_, [&](std::uint32_t gpc) {
                        return shape_.gpcs[gpc].l2_partition == partition;
                    }));
    }
    bool deal_any(std::vector<std::uint32_t>& home) { return deal(home, gpcs_.begin()); }

private:
    bool deal(std::vector<std::uint32_t>& home, std::vector<std::uint32_t>::iterator gpc) {
        if (gpc == gpcs_.end()) return false;
        home.push_back(*gpc);
        gpcs_.erase(gpc);
        return true;
    }

    const MachineShape& shape_;
    std::vector<std::uint32_t> gpcs_;
};

// Of a GPU instance or a compute instance of that name.
std::size_t tpcs_needed(const std::string& name, const OrUnknown<std::uint32_t>& sms,
                        const MachineShape& shape) {
    if (!sms) throw InputError(fmt::format("the number of SMs of {} is unknown", name));
    if (*sms % shape.sms_per_tpc != 0)
        throw InputError(
            fmt::format("{} has {} SMs, which are not whole TPCs of {} SMs", name, *sms, shape.sms_per_tpc));
    return *sms / shape.sms_per_tpc;
}

std::vector<std::vector<std::uint32_t>> tpcs_by_gpc(const MachineShape& shape) {
    std::vector<std::vector<std::uint32_t>> by_gpc;
    std::uint32_t next = 0;
    for (const GpcShape& gpc : shape.gpcs) {
        std::vector<std::uint32_t>& tpcs = by_gpc.emplace_back(gpc.tpcs);
        std::iota(tpcs.begin(), tpcs.end(), next);
        next += gpc.tpcs;
    }
    return by_gpc;
}

} // namespace

std::uint32_t l2_partition_of(std::uint32_t memory_slice, const Board& board, const MachineShape& shape) {
    return memory_slice * shape.l2_partitions / board.memory_slices;
}

std::vector<std::vector<std::uint32_t>> home_gpcs(const Board& board, const MachineShape& shape) {
    std::vector<std::vector<std::uint32_t>> homes(board.memory_slices);
    const auto near = [&](std::uint32_t slice) { return l2_partition_of(slice, board, shape); };
    Undealt undealt(shape);
    for (std::size_t round = 1; !undealt.empty(); ++round) {
        // A slice with compute must have a GPC, better a near one; the slice without takes what is left.
        for (std::uint32_t slice = 0; slice < board.compute_slices; ++slice)
            undealt.deal_near(near(slice), homes[slice]);
        for (std::uint32_t slice = 0; slice < board.compute_slices; ++slice)
            if (homes[slice].size() < round) undealt.deal_any(homes[slice]);
        for (std::uint32_t slice = board.compute_slices; slice < board.memory_slices; ++slice)
            if (!undealt.deal_near(near(slice), homes[slice])) undealt.deal_any(homes[slice]);
    }
    return homes;
}

std::vector<std::vector<std::uint32_t>> assign_tpcs(const Layout& layout, const MachineShape& shape,
                                                    const KeptTpcs& kept) {
    const auto homes = home_gpcs(layout.board(), shape);
    const std::vector<GpuInstance>& instances = layout.instances();
    std::vector<std::size_t> needed;
    for (const GpuInstance& instance : instances)
        needed.push_back(tpcs_needed(instance.profile->name, instance.profile->sm_count_of_machine(), shape));
    const auto all_needed = std::accumulate(needed.begin(), needed.end(), std::size_t{0});
    if (all_needed > shape.tpc_count())
        throw InputError(fmt::format("{} needs {} TPCs, and the machine has {}",
                                     list_profiles(layout.board(), layout.counts()), all_needed,
                                     shape.tpc_count()));

    TpcPool pool(tpcs_by_gpc(shape), instances.size());
    for (std::size_t i = 0; i < instances.size(); ++i)
        if (const auto has = kept.find(instances[i].placement); has != kept.end()) {
            pool.keep(i, has->second);
            needed[i] = 0;
        }
    for (std::size_t i = 0; i < instances.size(); ++i) {
        const Placement& placement = instances[i].placement;
        std::vector<std::uint32_t> gpcs;
        for (std::uint32_t slice = placement.start; slice < placement.end(); ++slice)
            gpcs.insert(gpcs.end(), homes[slice].begin(), homes[slice].end());
        pool.take_from_homes(i, gpcs, instances[i].profile->compute_slices, needed[i]);
    }
    for (std::size_t i = 0; i < instances.size(); ++i) pool.borrow_rest(i, needed[i]);
    return std::move(pool).result();
}

std::vector<std::vector<std::uint32_t>> divide_tpcs(const std::vector<ComputeInstance>& instances,
                                                    const std::vector<std::uint32_t>& tpcs,
                                                    const MachineShape& shape) {
    if (instances.size() == 1 && instances.front().profile->fills_instance) return {tpcs};
    std::vector<std::size_t> needed;
    for (const ComputeInstance& instance : instances)
        needed.push_back(tpcs_needed(instance.profile->name, instance.profile->sm_count, shape));
    const auto all_needed = std::accumulate(needed.begin(), needed.end(), std::size_t{0});
    if (all_needed > tpcs.size())
        throw InputError(fmt::format("the compute instances need {} TPCs, and their GPU instance has {}",
                                     all_needed, tpcs.size()));

    // The GPU instance's own part of each GPC that it has TPCs in.
    std::vector<std::vector<std::uint32_t>> own = tpcs_by_gpc(shape);
    for (std::vector<std::uint32_t>& gpc : own)
        std::erase_if(gpc, [&](std::uint32_t tpc) { return !std::ranges::binary_search(tpcs, tpc); });
    std::erase_if(own, [](const std::vector<std::uint32_t>& gpc) { return gpc.empty(); });

    TpcPool pool(own, instances.size());
    for (std::size_t i = 0; i < instances.size(); ++i) {
        const Placement& placement = instances[i].placement;
        std::vector<std::uint32_t> gpcs;
        for (std::uint32_t slot = placement.start; slot < placement.end() && slot < own.size(); ++slot)
            gpcs.push_back(slot);
        pool.take_from_homes(i, gpcs, instances[i].profile->compute_slices(), needed[i]);
    }
    for (std::size_t i = 0; i < instances.size(); ++i) pool.borrow_rest(i, needed[i]);
    return std::move(pool).result();
}

} // namespace migsim
