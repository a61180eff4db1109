// SPDX-License-Identifier: Apache-2.0
#include "scenarios/results/metrics.h"

#include <algorithm>

#include "models/base/wide.h"
#include "scenarios/results/percentile.h"

namespace migsim {
namespace {

double as_us(std::int64_t ps) {
    return static_cast<double>(ps) / 1e6;
}

std::vector<std::uint64_t> sorted_latencies(const std::vector<Request>& requests) {
    std::vector<std::uint64_t> latencies;
    for (const Request& request : requests)
        if (request.end_ps && !request.failed) latencies.push_back(*request.end_ps - request.arrival_ps);
    std::sort(latencies.begin(), latencies.end());
    return latencies;
}

PercentileValue percentile(const std::vector<std::uint64_t>& sorted, Percentile p) {
    const auto sample_us = [&](std::uint64_t rank) {
        return as_us(static_cast<std::int64_t>(sorted[rank - 1]));
    };
    PercentileValue value{sample_us(nearest_rank(sorted.size(), p)), {}, {}};
    if (const auto ranks = confidence_ranks(sorted.size(), p)) {
        value.low_us = sample_us(ranks->low);
        value.high_us = sample_us(ranks->high);
    }
    return value;
}

// Mean over completed requests, to the nearest picosecond, so that sums and differences of means are exact.
template <class Quantity>
std::optional<std::int64_t> mean_ps(const std::vector<Request>& requests, Quantity quantity) {
    Wide sum = 0;
    std::uint64_t count = 0;
    for (const Request& request : requests) {
        if (!request.end_ps || request.failed) continue;
        sum += quantity(request);
        ++count;
    }
    if (!count) return std::nullopt;
    return static_cast<std::int64_t>((sum + count / 2) / count);
}

std::uint64_t latency_ps(const Request& request) {
    return *request.end_ps - request.arrival_ps;
}

} // namespace

std::vector<Request> measured_requests(const SimulationResult& simulation, std::uint32_t tenant,
                                       std::uint64_t warmup_requests) {
    std::vector<Request> measured;
    for (const Request& request : simulation.requests)
        if (request.tenant == tenant && request.number >= warmup_requests) measured.push_back(request);
    return measured;
}

std::optional<Latency> latency_of(const std::vector<Request>& measured) {
    const std::vector<std::uint64_t> sorted = sorted_latencies(measured);
    if (sorted.empty()) return std::nullopt;
    return Latency{as_us(*mean_ps(measured, latency_ps)), percentile(sorted, p50), percentile(sorted, p95),
                   percentile(sorted, p99), as_us(static_cast<std::int64_t>(sorted.back()))};
}

std::optional<double> requests_per_s(const std::vector<Request>& measured) {
    std::uint64_t first = ~std::uint64_t{0}, last = 0, completed = 0;
    for (const Request& request : measured) {
        if (!request.end_ps || request.failed) continue;
        first = std::min(first, request.arrival_ps);
        last = std::max(last, *request.end_ps);
        ++completed;
    }
    if (!completed || last <= first) return std::nullopt;
    return static_cast<double>(completed) * 1e12 / static_cast<double>(last - first);
}

double dram_gb_per_s(const SimulationResult& simulation, std::uint32_t tenant) {
    for (const TenantTraffic& traffic : simulation.tenants)
        if (traffic.tenant == tenant && simulation.simulated_ps > 0)
            return static_cast<double>(traffic.dram_bytes) * 1e3 /
                   static_cast<double>(simulation.simulated_ps);
    return 0;
}

std::uint64_t slo_missed(const std::vector<Request>& measured, double slo_us) {
    return static_cast<std::uint64_t>(
        std::count_if(measured.begin(), measured.end(), [&](const Request& request) {
            return !request.end_ps || request.failed ||
                   static_cast<double>(latency_ps(request)) > slo_us * 1e6;
        }));
}

std::optional<double> slowdown(const std::vector<Request>& measured, const std::vector<Request>& baseline) {
    const auto mean = mean_ps(measured, latency_ps);
    const auto base = mean_ps(baseline, latency_ps);
    if (!mean || !base || *base == 0) return std::nullopt;
    return static_cast<double>(*mean) / static_cast<double>(*base);
}

std::optional<AddedTime> added_time(const std::vector<Request>& measured,
                                    const std::vector<Request>& baseline) {
    const auto added = [&](auto quantity) -> std::optional<std::int64_t> {
        const auto mean = mean_ps(measured, quantity);
        const auto base = mean_ps(baseline, quantity);
        if (!mean || !base) return std::nullopt;
        return *mean - *base;
    };
    const auto all = added(latency_ps);
    if (!all) return std::nullopt;
    std::int64_t rest = *all;
    const auto part_us = [&](std::uint64_t Request::*part) {
        const std::int64_t ps = *added([part](const Request& request) { return request.*part; });
        rest -= ps;
        return as_us(ps);
    };
    AddedTime split;
    split.all_us = as_us(*all);
    split.slot_wait_us = part_us(&Request::slot_wait_ps);
    split.sm_us = part_us(&Request::sm_ps);
    split.crossbar_us = part_us(&Request::crossbar_ps);
    split.l2_miss_us = part_us(&Request::unloaded_ps);
    split.dram_us = part_us(&Request::dram_ps);
    split.l2_us = part_us(&Request::l2_ps);
    split.mmu_us = part_us(&Request::mmu_ps);
    split.other_us = as_us(rest);
    return split;
}

std::vector<Outage> outages_of(const SimulationResult& simulation, std::uint32_t tenant) {
    std::vector<Outage> outages;
    const auto between = [](std::optional<std::uint64_t> from, std::optional<std::uint64_t> to) {
        return from && to ? std::optional(as_us(static_cast<std::int64_t>(*to - *from))) : std::nullopt;
    };
    const auto moves_it = [&](const StepTimes& step) {
        return std::ranges::count(step.moves, tenant, &TenantMove::tenant) != 0;
    };
    const auto& steps = simulation.reconfiguration;
    for (auto step_at = steps.begin(); step_at != steps.end(); ++step_at)
        for (const TenantMove& move : step_at->moves) {
            if (move.tenant != tenant) continue;
            const StepTimes& step = *step_at;
            const auto next = std::find_if(step_at + 1, steps.end(), moves_it);
            const std::uint64_t here_until =
                next == steps.end() ? UINT64_MAX : next->drained_ps.value_or(UINT64_MAX);
            std::optional<std::uint64_t> first;
            for (const Request& request : simulation.requests)
                if (request.tenant == tenant && step.started_ps && request.end_ps &&
                    *request.end_ps > *step.started_ps && *request.end_ps <= here_until)
                    first = std::min(first.value_or(*request.end_ps), *request.end_ps);
            outages.push_back(
                {move.instance, between(step.begun_ps, first), between(step.begun_ps, step.drained_ps),
                 between(step.drained_ps, step.destroyed_ps), between(step.destroyed_ps, step.created_ps),
                 between(step.created_ps, step.started_ps), between(step.started_ps, first)});
        }
    return outages;
}

} // namespace migsim
