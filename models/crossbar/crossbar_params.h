// SPDX-License-Identifier: Apache-2.0
// The crossbar between SMs and L2 slices: a tree of ports SM - TPC - CPC - GPC, one tree for requests and one
// for responses. What lies between a GPC port and a slice is a wire with a latency.
#pragma once

#include "models/base/parameter.h"

namespace migsim {

struct CrossbarParams : Params {
    using Params::Params;
    Param<std::uint32_t> header{
        this, "header", "B", "a request without data on the request network", {1, 128}};
    Param<std::uint32_t> sm_request{this, "sm_request", "B/clk", "request port of an SM", {1, 4096}};
    Param<std::uint32_t> sm_response{this, "sm_response", "B/clk", "response port of an SM", {1, 4096}};
    Param<std::uint32_t> tpc_request{this, "tpc_request", "B/clk", "request port of a TPC", {1, 4096}};
    Param<std::uint32_t> tpc_response{this, "tpc_response", "B/clk", "response port of a TPC", {1, 4096}};
    Param<std::uint32_t> cpc_request{
        this, "cpc_request", "B/clk", "request port of a CPC; 0: no such level", {0, 8192}};
    Param<std::uint32_t> cpc_response{
        this, "cpc_response", "B/clk", "response port of a CPC; 0: no such level", {0, 8192}};
    Param<std::uint32_t> gpc_request{this, "gpc_request", "B/clk", "request port of a GPC", {1, 65536}};
    Param<std::uint32_t> gpc_response{this, "gpc_response", "B/clk", "response port of a GPC", {1, 65536}};
    Param<std::uint32_t> request_latency{
        this, "request_latency", "cycles", "GPC port to the nearest slice", {1, 4096}};
    Param<std::uint32_t> response_latency{
        this, "response_latency", "cycles", "nearest slice to GPC port", {1, 4096}};
    Param<std::uint32_t> latency_spread{
        this, "latency_spread", "cycles", "more to the farthest slice of a partition, each way", {0, 1024}};
    Param<std::uint32_t> slice_buffer{
        this, "slice_buffer", "requests", "that a slice holds for each GPC", {1, 1024}};
};

} // namespace migsim
