// SPDX-License-Identifier: Apache-2.0
// The definitions of every metric, each in one function, over what a simulation recorded.
//
//   latency       end - arrival: for an open loop it includes waiting behind the tenant's own earlier
//   requests. percentiles   nearest rank over requests completed after warm-up; intervals: see percentile.h.
//   requests/s    completed after warm-up, divided by the time from the first such arrival to the last
//   completion. GB/s          bytes a tenant moved to and from memory / simulated time; 1 GB = 10^9 B.
//   entitlement   the smaller of what the tenant's share of the memory system could move at its peak and what
//   the tenant
//                 moves when alone on the whole GPU. Starvation is 1 - share of entitlement.
//   slowdown      mean latency / mean latency in the baseline: the normalized turnaround time of Eyerman and
//   Eeckhout,
//                 "System-Level Performance Metrics for Multiprogram Workloads", IEEE Micro 28(3), 2008.
//   SLO missed    requests slower than the objective, and those that were never completed.
//   added time    mean latency minus the baseline's, split by the machine's own account of each request's
//   critical path:
//                 each part is the difference of the part's means, and `other` is what the parts leave.
#pragma once

#include <optional>
#include <vector>

#include "scenarios/results/result.h"

namespace migsim {

// The requests of one tenant that count: those after its warm-up.
std::vector<Request> measured_requests(const SimulationResult& simulation, std::uint32_t tenant,
                                       std::uint64_t warmup_requests);

std::optional<Latency> latency_of(const std::vector<Request>& measured);
std::optional<double> requests_per_s(const std::vector<Request>& measured);
double dram_gb_per_s(const SimulationResult& simulation, std::uint32_t tenant);
std::uint64_t slo_missed(const std::vector<Request>& measured, double slo_us);
// Nothing where either has no completed request.
std::optional<double> slowdown(const std::vector<Request>& measured, const std::vector<Request>& baseline);
std::optional<AddedTime> added_time(const std::vector<Request>& measured,
                                    const std::vector<Request>& baseline);

} // namespace migsim
