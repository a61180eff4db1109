// SPDX-License-Identifier: Apache-2.0
// What an SM is made of, as far as memory traffic, occupancy and pipe throughput need it.
#pragma once

#include "models/base/parameter.h"

namespace migsim {

struct SmParams : Params {
    using Params::Params;
    Param<std::uint32_t> max_ctas{this, "max_ctas", "CTAs", "resident at once", {1, 32}};
    Param<std::uint32_t> max_threads{this, "max_threads", "threads", "resident at once", {32, 8192}};
    Param<std::uint32_t> registers{this, "registers", "32-bit registers", "register file", {1024, 1048576}};
    Param<std::uint32_t> shared_bytes{
        this, "shared_bytes", "B", "shared memory that CTAs can have", {0, 1048576}};
    Param<std::uint32_t> l1_sets{this, "l1_sets", "sets", "of the L1 data cache", {1, 16384}};
    Param<std::uint32_t> l1_ways{this, "l1_ways", "lines", "per L1 set", {1, 64}};
    Param<std::uint32_t> l1_hit_latency{
        this, "l1_hit_latency", "cycles", "issue of a load to use of its data, L1 hit", {1, 1000}};
    Param<std::uint32_t> l1_miss_latency{
        this, "l1_miss_latency", "cycles", "issue of a load to the SM's request port", {1, 1000}};
    Param<std::uint32_t> fill_latency{
        this, "fill_latency", "cycles", "last byte in the SM to use of the data", {0, 1000}};
    Param<std::uint32_t> outstanding_lines{
        this, "outstanding_lines", "lines", "loads in flight per SM", {1, 4096}};
    Param<std::uint32_t> outstanding_stores{
        this, "outstanding_stores", "lines", "posted stores in flight per SM", {1, 4096}};
    Param<std::uint32_t> cta_start{
        this, "cta_start", "cycles", "arrival of a CTA to its first instruction", {0, 10000}};
    Param<std::uint32_t> cta_exit{
        this, "cta_exit", "cycles", "last instruction to the report that the CTA is done", {0, 10000}};
    Param<std::uint32_t> tensor_rate{
        this, "tensor_rate", "FLOP/clk", "dense BF16 on the tensor pipe", {1, 1048576}};
    Param<std::uint32_t> fp32_rate{this, "fp32_rate", "FLOP/clk", "FP32 pipe", {1, 65536}};
    Param<std::uint32_t> fp64_rate{this, "fp64_rate", "FLOP/clk", "FP64 pipe", {1, 65536}};
    Param<std::uint32_t> alu_rate{this, "alu_rate", "op/clk", "integer pipe", {1, 65536}};
    Param<std::uint32_t> pipe_latency{
        this, "pipe_latency", "cycles", "of the last operation of a compute stage", {0, 1000}};
    Param<std::uint32_t> sm_to_sm_latency{
        this,
        "sm_to_sm_latency",
        "cycles",
        "from an SM to another of its GPC; 0: no such network, so no clusters of CTAs",
        {0, 4096}};
};

} // namespace migsim
