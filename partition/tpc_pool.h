// SPDX-License-Identifier: Apache-2.0
// The TPCs of some GPCs while instances take them: first from the GPCs they are at home in, then from others.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

namespace migsim {

class TpcPool {
public:
    // by_gpc: the numbers of the TPCs to be had in each GPC.
    TpcPool(std::vector<std::vector<std::uint32_t>> by_gpc, std::size_t takers)
        : free_(std::move(by_gpc)), taken_(takers), users_(free_.size()) {}

    // Those it has already; before all others take any.
    void keep(std::size_t instance, const std::vector<std::uint32_t>& tpcs) {
        for (const std::uint32_t tpc : tpcs)
            for (std::uint32_t gpc = 0; gpc < free_.size(); ++gpc)
                if (const auto found = std::ranges::find(free_[gpc], tpc); found != free_[gpc].end()) {
                    take(instance, gpc, found);
                    break;
                }
    }
    // From as many of its homes as it has compute slices, or more where these are too small.
    void take_from_homes(std::size_t instance, std::span<const std::uint32_t> homes, std::size_t slices,
                         std::size_t count) {
        std::size_t used = std::min(slices, homes.size());
        while (used < homes.size() && free_in(homes.first(used)) < count) ++used;
        take_evenly(instance, homes.first(used), count);
    }
    // Until it has `count`; for when all have taken from their homes.
    void borrow_rest(std::size_t instance, std::size_t count) {
        while (taken_[instance].size() < count)
            borrow(instance, best_to_borrow_from(), count - taken_[instance].size());
    }
    std::vector<std::vector<std::uint32_t>> result() && {
        for (auto& tpcs : taken_) std::ranges::sort(tpcs);
        return std::move(taken_);
    }

private:
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
    void take(std::size_t instance, std::uint32_t gpc, std::vector<std::uint32_t>::iterator tpc) {
        taken_[instance].push_back(*tpc);
        free_[gpc].erase(tpc);
        ++users_[gpc];
    }

    std::vector<std::vector<std::uint32_t>> free_;  // by GPC
    std::vector<std::vector<std::uint32_t>> taken_; // by instance
    std::vector<std::uint32_t> users_;              // by GPC: TPCs in use
};

} // namespace migsim
