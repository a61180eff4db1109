// SPDX-License-Identifier: Apache-2.0
// The floor plan: how many of each block, where they sit, and how long the wires between them are.
#pragma once

#include "models/base/parameter.h"

namespace migsim {

struct ChipParams : Params {
    using Params::Params;
    Param<std::uint32_t> clock{this, "clock", "MHz", "of SMs, crossbar and L2", {1, 65535}};
    Param<std::vector<std::uint32_t>> gpc_tpcs{this, "gpc_tpcs", "TPCs", "of each GPC", {1, 64}};
    Param<std::vector<std::uint32_t>> gpc_partition{
        this, "gpc_partition", "L2 partition", "that each GPC is near", {0, 1}};
    Param<std::uint32_t> tpcs_per_cpc{
        this, "tpcs_per_cpc", "TPCs", "of a full CPC; 0: the chip has no CPCs", {0, 64}};
    Param<std::uint32_t> sms_per_tpc{this, "sms_per_tpc", "SMs", "of each TPC", {1, 4}};
    Param<std::uint32_t> l2_partitions{this, "l2_partitions", "partitions", "of the L2", {1, 2}};
    Param<std::uint32_t> l2_slices{this, "l2_slices", "slices", "of all partitions", {1, 1024}};
    Param<std::uint32_t> channels{this, "channels", "pseudo channels", "of all HBM stacks", {1, 1024}};
    Param<std::uint64_t> memory_mib{this, "memory_mib", "MiB", "of HBM", {1, 1048576}};
    Param<std::uint32_t> slice_to_channel{
        this, "slice_to_channel", "cycles", "wire from an L2 slice to a channel", {1, 4096}};
    Param<std::uint32_t> channel_to_slice{this, "channel_to_slice", "cycles", "and back", {1, 4096}};
    Param<std::uint32_t> partition_link{this,
                                        "partition_link",
                                        "cycles",
                                        "wire between paired slices of the two L2 partitions, each way",
                                        {1, 4096}};
    Param<std::uint32_t> peer_buffer{
        this, "peer_buffer", "requests", "that a slice holds for its paired slice", {1, 1024}};
    Param<std::uint32_t> channel_buffer{
        this, "channel_buffer", "requests", "that a channel holds for each slice it serves", {1, 128}};
    Param<std::uint32_t> cluster_to_mmu{
        this, "cluster_to_mmu", "cycles", "wire from a GPC to the L3 TLB, and back", {1, 4096}};
    Param<std::uint32_t> mmu_to_slice{
        this, "mmu_to_slice", "cycles", "wire from a page walker to a slice, and back", {1, 4096}};
};

} // namespace migsim
