// SPDX-License-Identifier: Apache-2.0
#include "scenarios/results/evaluate.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "migsim_version.h"
#include "scenarios/results/conclusion.h"
#include "scenarios/results/metrics.h"

namespace migsim {
namespace {

// One tenant through all simulations.
class TenantEvaluation {
public:
    TenantEvaluation(std::uint32_t number, const Tenant& tenant,
                     const std::vector<SimulationResult>& simulations)
        : number_(number), tenant_(tenant), simulations_(simulations) {}

    TenantResult result() const {
        TenantResult result{tenant_.name, tenant_.role, tenant_.slo_us, {}};
        for (const SimulationResult& simulation : simulations_)
            if (const TenantTraffic* traffic = traffic_in(simulation))
                result.arms.push_back(in_arm(simulation, *traffic));
        return result;
    }

private:
    const TenantTraffic* traffic_in(const SimulationResult& simulation) const {
        const auto found =
            std::find_if(simulation.tenants.begin(), simulation.tenants.end(),
                         [&](const TenantTraffic& traffic) { return traffic.tenant == number_; });
        return found == simulation.tenants.end() ? nullptr : &*found;
    }

    const SimulationResult* simulation_of(Arm arm) const {
        for (const SimulationResult& simulation : simulations_)
            if (simulation.arm == arm && traffic_in(simulation)) return &simulation;
        return nullptr;
    }

    std::vector<Request> measured_in(const SimulationResult& simulation) const {
        return measured_requests(simulation, number_, tenant_.warmup_requests);
    }

    TenantInArm in_arm(const SimulationResult& simulation, const TenantTraffic& traffic) const {
        const std::vector<Request> measured = measured_in(simulation);
        TenantInArm t;
        t.arm = simulation.arm;
        t.simulation = simulation.name;
        t.instance = traffic.instance;
        for (const Request& request : measured) {
            if (request.failed)
                ++t.failed;
            else if (request.end_ps)
                ++t.completed;
            else
                ++t.unfinished;
        }
        t.latency = latency_of(measured);
        t.requests_per_s = requests_per_s(measured);
        t.dram_gb_per_s = dram_gb_per_s(simulation, number_);
        if (tenant_.slo_us) t.slo_missed = slo_missed(measured, *tenant_.slo_us);
        if (auto outages = outages_of(simulation, number_); !outages.empty()) t.outages = std::move(outages);
        compare_with_baselines(measured, t);
        return t;
    }

    void compare_with_baselines(const std::vector<Request>& measured, TenantInArm& t) const {
        const SimulationResult* alone = simulation_of(Arm::Alone);
        const SimulationResult* alone_slice = simulation_of(Arm::AloneSlice);
        if (alone_slice) t.share_of_entitlement = share(t, *alone_slice);
        if (alone && t.arm != Arm::Alone) t.slowdown_vs_alone = slowdown(measured, measured_in(*alone));
        if (is_baseline(t.arm)) return;
        if (alone_slice) t.slowdown_vs_alone_slice = slowdown(measured, measured_in(*alone_slice));
        if (const SimulationResult* baseline = simulation_of(baseline_of(t.arm)))
            t.added = added_time(measured, measured_in(*baseline));
    }

    std::optional<double> share(const TenantInArm& t, const SimulationResult& alone_slice) const {
        const auto entitled = requests_per_s(measured_in(alone_slice));
        if (!t.requests_per_s || !entitled) return std::nullopt;
        return *t.requests_per_s / *entitled;
    }

    std::uint32_t number_;
    const Tenant& tenant_;
    const std::vector<SimulationResult>& simulations_;
};

} // namespace

Result evaluate(const Scenario& scenario, const WallSet& walls,
                const std::vector<SimulationResult>& simulations) {
    Result result;
    result.migsim_version = version;
    result.title = scenario.title;
    result.question = scenario.question;
    result.device = scenario.device;
    const bool has_layout =
        std::any_of(simulations.begin(), simulations.end(),
                    [](const SimulationResult& simulation) { return uses_layout(simulation.arm); });
    if (scenario.layout && has_layout) {
        for (const LayoutRequest::Instance& instance : scenario.layout->instances)
            result.layout.push_back(
                instance.compute_instances
                    ? fmt::format("{} ({})", instance.profile, fmt::join(*instance.compute_instances, " + "))
                    : instance.profile);
        for (const Wall wall : walls.list()) result.walls.emplace_back(enum_name(wall));
    }
    const bool has_steps = std::any_of(simulations.begin(), simulations.end(), [](const auto& simulation) {
        return !simulation.reconfiguration.empty();
    });
    if (has_steps) result.reconfiguration_costs = scenario.reconfiguration->costs;
    result.seed = scenario.seed;
    for (const SimulationResult& s : simulations)
        result.simulations.push_back({s.name, s.arm, s.end, static_cast<double>(s.simulated_ps) / 1e6,
                                      s.line_transactions, s.faults, s.foreign_touches});
    for (std::uint32_t i = 0; i < scenario.tenants.size(); ++i)
        result.tenants.push_back(TenantEvaluation(i, scenario.tenants[i], simulations).result());
    result.conclusion = conclusion_of(result);
    return result;
}

} // namespace migsim
