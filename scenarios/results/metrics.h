// SPDX-License-Identifier: Apache-2.0
// The definitions of every metric, each in one function, over what a simulation recorded.
//
//   latency       end - arrival; in an open loop it includes waiting behind the tenant's own requests.
//   percentiles   nearest rank over requests completed after warm-up; intervals: see percentile.h.
//   requests/s    those completed, by the time from their first arrival to their last completion.
//   GB/s          bytes moved to and from memory for a tenant / simulated time; 1 GB = 10^9 B.
//   entitlement   the requests/s of the tenant alone on its own slice, which is what it asks for or what
//                 the slice can do, whichever is less. 1 - share of entitlement is its starvation.
//   slowdown      mean latency / mean latency in the baseline: normalized turnaround time, Eyerman and
//                 Eeckhout, "System-Level Performance Metrics for Multiprogram Workloads", IEEE Micro
//                 28(3), 2008.
//   SLO missed    requests slower than the objective, and those that were never completed.
//   outage        from the beginning of the step that moves a tenant to its first completion in the new
//                 instance, in the parts that the machine's own account of the step gives.
//   added time    mean latency minus the baseline's, split by the machine's own account of the critical
//                 path of each request: a part is the difference of two means, `other` what they leave.
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
// Of the tenant, in the order of its moves.
std::vector<Outage> outages_of(const SimulationResult& simulation, std::uint32_t tenant);
std::optional<AddedTime> added_time(const std::vector<Request>& measured,
                                    const std::vector<Request>& baseline);

} // namespace migsim
