// SPDX-License-Identifier: Apache-2.0
// What partitioning has to know of a machine: how many SMs, L2 slices and channels there are and where they
// sit. TPCs and SMs are numbered through the GPCs in order. L2 slices, channels and bytes of memory are
// numbered along the memory slices, so the first half of each is L2 partition 0.
#pragma once

#include <cstdint>
#include <numeric>
#include <vector>

namespace migsim {

struct GpcShape {
    std::uint32_t tpcs = 0;
    std::uint32_t l2_partition = 0; // the one this GPC is near
};

struct MachineShape {
    std::vector<GpcShape> gpcs;
    std::uint32_t sms_per_tpc = 0;
    std::uint32_t l2_partitions = 0;
    std::uint32_t l2_slices = 0;
    std::uint32_t channels = 0;
    std::uint64_t memory_bytes = 0;

    std::uint32_t tpc_count() const {
        return std::accumulate(gpcs.begin(), gpcs.end(), 0U,
                               [](std::uint32_t sum, const GpcShape& gpc) { return sum + gpc.tpcs; });
    }
};

} // namespace migsim
