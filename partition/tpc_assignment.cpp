// SPDX-License-Identifier: Apache-2.0
#include "partition/tpc_assignment.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "models/base/config/input_errors.h"

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

// The TPCs of every GPC while instances take them.
class TpcPool {
public:
    TpcPool(const MachineShape& shape, std::size_t instances) : taken_(instances), users_(shape.gpcs.size()) {
        std::uint32_t next = 0;
        for (const GpcShape& gpc : shape.gpcs) {
            free_.emplace_back(gpc.tpcs);
            std::iota(free_.back().begin(), free_.back().end(), next);
            next += gpc.tpcs;
        }
    }

    std::size_t free_in(std::uint32_t gpc) const { return free_[gpc].size(); }
    std::size_t free_in(std::span<const std::uint32_t> gpcs) const {
        return std::accumulate(gpcs.begin(), gpcs.end(), std::size_t{0},
                               [&](std::size_t sum, std::uint32_t gpc) { return sum + free_in(gpc); });
    }

    // One TPC each in turn, so that every port carries the same number of SMs.
    void take_evenly(std::size_t instance, std::span<const std::uint32_t> gpcs, std::size_t count) {
        count = std::min(count, free_in(gpcs));
        while (count > 0)
            for (const std::uint32_t gpc : gpcs) {
                if (count == 0) break;
                if (free_[gpc].empty()) continue;
                take(instance, gpc, free_[gpc].begin());
                --count;
            }
    }
    // From the far end of the GPC, so that its CPCs are shared last of all.
    void borrow(std::size_t instance, std::uint32_t gpc, std::size_t count) {
        for (; count > 0 && !free_[gpc].empty(); --count) take(instance, gpc, free_[gpc].end() - 1);
    }
    // A GPC that no instance uses, or else the one with most to spare; the lowest number of equals.
    std::uint32_t best_to_borrow_from() const {
        std::uint32_t best = 0;
        for (std::uint32_t gpc = 1; gpc < free_.size(); ++gpc) {
            const auto rank = [&](std::uint32_t g) { return std::pair(users_[g] == 0, free_[g].size()); };
            if (rank(gpc) > rank(best)) best = gpc;
        }
        return best;
    }

    std::size_t taken_by(std::size_t instance) const { return taken_[instance].size(); }
    std::vector<std::vector<std::uint32_t>> result() && {
        for (auto& tpcs : taken_) std::ranges::sort(tpcs);
        return std::move(taken_);
    }

private:
    void take(std::size_t instance, std::uint32_t gpc, std::vector<std::uint32_t>::iterator tpc) {
        taken_[instance].push_back(*tpc);
        free_[gpc].erase(tpc);
        ++users_[gpc];
    }

    std::vector<std::vector<std::uint32_t>> free_;  // by GPC
    std::vector<std::vector<std::uint32_t>> taken_; // by instance
    std::vector<std::uint32_t> users_;              // by GPC: TPCs in use
};

std::size_t tpcs_needed(const Profile& profile, const MachineShape& shape) {
    if (!profile.sm_count) throw InputError(fmt::format("the number of SMs of {} is unknown", profile.name));
    if (*profile.sm_count % shape.sms_per_tpc != 0)
        throw InputError(fmt::format("{} has {} SMs, which are not whole TPCs of {} SMs", profile.name,
                                     *profile.sm_count, shape.sms_per_tpc));
    return *profile.sm_count / shape.sms_per_tpc;
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

std::vector<std::vector<std::uint32_t>> assign_tpcs(const Layout& layout, const MachineShape& shape) {
    const auto homes = home_gpcs(layout.board(), shape);
    const std::vector<GpuInstance>& instances = layout.instances();
    std::vector<std::size_t> needed;
    for (const GpuInstance& instance : instances) needed.push_back(tpcs_needed(*instance.profile, shape));
    const auto all_needed = std::accumulate(needed.begin(), needed.end(), std::size_t{0});
    if (all_needed > shape.tpc_count())
        throw InputError(fmt::format("{} needs {} TPCs, and the machine has {}",
                                     list_profiles(layout.board(), layout.counts()), all_needed,
                                     shape.tpc_count()));

    TpcPool pool(shape, instances.size());
    for (std::size_t i = 0; i < instances.size(); ++i) {
        const Placement& placement = instances[i].placement;
        std::vector<std::uint32_t> gpcs;
        for (std::uint32_t slice = placement.start; slice < placement.end(); ++slice)
            gpcs.insert(gpcs.end(), homes[slice].begin(), homes[slice].end());

        std::size_t used = std::min<std::size_t>(instances[i].profile->compute_slices, gpcs.size());
        while (used < gpcs.size() && pool.free_in(std::span(gpcs).first(used)) < needed[i]) ++used;
        pool.take_evenly(i, std::span(gpcs).first(used), needed[i]);
    }
    for (std::size_t i = 0; i < instances.size(); ++i)
        while (pool.taken_by(i) < needed[i])
            pool.borrow(i, pool.best_to_borrow_from(), needed[i] - pool.taken_by(i));
    return std::move(pool).result();
}

} // namespace migsim
