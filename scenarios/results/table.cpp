// SPDX-License-Identifier: Apache-2.0
#include "scenarios/results/table.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scenarios/results/percentile.h"
#include "scenarios/results/text_grid.h"

namespace migsim {
namespace {

const char* const nothing = "–";

std::string arm_text(Arm arm) {
    switch (arm) {
    case Arm::Alone:
        return "alone";
    case Arm::AloneSlice:
        return "alone on slice";
    case Arm::Mps:
        return "mps";
    case Arm::Mig:
        return "mig";
    case Arm::Cs:
        return "cs";
    }
    return "";
}

std::string optional_text(const std::optional<double>& value, int decimals = 2) {
    return value ? readable(*value, decimals) : nothing;
}

std::string interval_text(const TenantInArm& t) {
    if (!t.latency) return nothing;
    const PercentileValue& p99_value = t.latency->p99;
    if (!p99_value.low_us) return "too few";
    return "[" + readable(*p99_value.low_us) + ", " + readable(*p99_value.high_us) + "]";
}

struct Column {
    std::string above, below; // the two lines of its head
    std::function<std::string(const TenantInArm&)> cell;
    bool shown = true;
};

std::vector<Column> columns(const Result& result) {
    const auto any = [&](auto has) {
        for (const TenantResult& tenant : result.tenants)
            for (const TenantInArm& t : tenant.arms)
                if (has(t)) return true;
        return false;
    };
    const auto latency = [](double Latency::*field) {
        return [field](const TenantInArm& t) { return t.latency ? readable((*t.latency).*field) : nothing; };
    };
    const auto percentile = [](PercentileValue Latency::*field) {
        return [field](const TenantInArm& t) {
            return t.latency ? readable(((*t.latency).*field).us) : nothing;
        };
    };
    return {
        {"p50", "µs", percentile(&Latency::p50)},
        {"p95", "µs", percentile(&Latency::p95)},
        {"p99", "µs", percentile(&Latency::p99)},
        {"95% interval", "of p99, µs", interval_text},
        {"max", "µs", latency(&Latency::max_us)},
        {"requests", "/s", [](const TenantInArm& t) { return optional_text(t.requests_per_s, 0); }},
        {"DRAM", "GB/s", [](const TenantInArm& t) { return readable(t.dram_gb_per_s, 1); }},
        {"share of", "entitled",
         [](const TenantInArm& t) {
             return t.share_of_entitlement ? fmt::format("{:.0f}%", *t.share_of_entitlement * 100) : nothing;
         },
         any([](const TenantInArm& t) { return t.share_of_entitlement.has_value(); })},
        {"slowdown", "to alone", [](const TenantInArm& t) { return optional_text(t.slowdown_vs_alone); },
         any([](const TenantInArm& t) { return t.slowdown_vs_alone.has_value(); })},
        {"slowdown", "to slice",
         [](const TenantInArm& t) { return optional_text(t.slowdown_vs_alone_slice); },
         any([](const TenantInArm& t) { return t.slowdown_vs_alone_slice.has_value(); })},
        {"SLO", "missed",
         [](const TenantInArm& t) {
             const std::uint64_t all = t.completed + t.unfinished + t.failed;
             return t.slo_missed ? fmt::format("{} of {}", *t.slo_missed, all) : nothing;
         },
         any([](const TenantInArm& t) { return t.slo_missed.has_value(); })},
    };
}

std::string main_table(const Result& result) {
    std::vector<Column> shown = columns(result);
    std::erase_if(shown, [](const Column& column) { return !column.shown; });
    TextGrid grid;
    const auto row = [&](std::string label, auto cell_of) {
        std::vector<std::string> cells{std::move(label)};
        for (const Column& column : shown) cells.push_back(cell_of(column));
        grid.row(std::move(cells));
    };
    row("", [](const Column& column) { return column.above; });
    row("", [](const Column& column) { return column.below; });
    for (const TenantResult& tenant : result.tenants) {
        std::string heading = tenant.name;
        heading += tenant.role == Role::LatencyCritical ? ", latency critical" : ", best effort";
        for (const TenantInArm& t : tenant.arms)
            if (uses_layout(t.arm)) {
                heading += ", its slice is " + t.instance;
                break;
            }
        if (tenant.slo_us) heading += ", SLO " + readable(*tenant.slo_us) + " µs";
        grid.heading(heading);
        for (const TenantInArm& t : tenant.arms)
            row("  " + arm_text(t.arm), [&](const Column& column) { return column.cell(t); });
    }
    return grid.text();
}

std::string added_time_table(const TenantResult& tenant) {
    TextGrid grid;
    grid.row({"", "added", "slot wait", "SM", "crossbar", "L2 misses", "DRAM queue", "L2", "MMU", "other"});
    bool any = false;
    for (const TenantInArm& t : tenant.arms) {
        if (!t.added) continue;
        any = true;
        const AddedTime& a = *t.added;
        std::vector<std::string> cells{"  " + arm_text(t.arm) + " against " + arm_text(baseline_of(t.arm)),
                                       readable(a.all_us)};
        for (const double part :
             {a.slot_wait_us, a.sm_us, a.crossbar_us, a.l2_miss_us, a.dram_us, a.l2_us, a.mmu_us, a.other_us})
            cells.push_back(readable(part));
        grid.row(std::move(cells));
    }
    if (!any) return "";
    return "Time that others add to a request of " + tenant.name +
           ", µs (means; the parts sum to the whole)\n" + grid.text();
}

std::string outages(const Result& result, Arm arm) {
    std::string text;
    for (const TenantResult& tenant : result.tenants)
        if (const TenantInArm* t = tenant.in(arm); t && t->outages)
            for (const Outage& outage : *t->outages)
                text +=
                    outage.all_us
                        ? fmt::format("Moved: in {} {} is away for {} µs until its first request on {} is "
                                      "done: drain {}, destroy {}, create {}, start-up {}, request {}\n",
                                      arm_text(arm), tenant.name, readable(*outage.all_us), outage.to,
                                      readable(*outage.drain_us), readable(*outage.destroy_us),
                                      readable(*outage.create_us), readable(*outage.start_up_us),
                                      readable(*outage.first_request_us))
                        : fmt::format("Moved: in {} {} completes nothing on {} before the end\n",
                                      arm_text(arm), tenant.name, outage.to);
    return text;
}

std::string notes(const Result& result) {
    std::string text;
    for (std::size_t i = 0; i < result.tenants.size(); ++i) {
        const TenantResult& tenant = result.tenants[i];
        std::uint64_t fewest = ~std::uint64_t{0};
        for (const TenantInArm& t : tenant.arms)
            if (!t.latency || !t.latency->p99.low_us) fewest = std::min(fewest, t.completed);
        if (fewest == ~std::uint64_t{0} || tenant.role != Role::LatencyCritical) continue;
        text += fmt::format(
            "Too few: a 95% interval of p99 needs {} completed requests, {} has {}; longer: --set "
            "tenants[{}].requests={}\n",
            samples_for_confidence(p99), tenant.name, fewest, i, samples_for_confidence(p99));
    }
    for (const SimulationSummary& simulation : result.simulations) {
        if (simulation.end == SimulationEnd::TimeLimit && !is_baseline(simulation.arm))
            text += fmt::format("Cut off: {} reached limit_ms after {} µs with requests still to do\n",
                                simulation.name, readable(simulation.simulated_us));
        if (simulation.foreign_touches.value_or(0))
            text +=
                fmt::format("Foreign: the monitor saw {} messages on hardware of another instance in {}\n",
                            *simulation.foreign_touches, simulation.name);
        text += outages(result, simulation.arm);
        if (!simulation.faults.empty())
            text += fmt::format("Refused: {} accesses in {}, the first: {}\n", simulation.faults.size(),
                                simulation.name, simulation.faults.front());
    }
    return text;
}

} // namespace

std::string table_text(const Result& result) {
    std::string text = result.question + "\n" + result.device;
    if (!result.layout.empty())
        text += fmt::format(", layout {}, walls: {}", fmt::join(result.layout, " + "),
                            result.walls.empty() ? "none" : fmt::format("{}", fmt::join(result.walls, " ")));
    text += "\n\n" + main_table(result) + "\n";
    for (const TenantResult& tenant : result.tenants)
        if (tenant.role == Role::LatencyCritical)
            if (const std::string split = added_time_table(tenant); !split.empty()) text += split + "\n";
    if (const std::string more = notes(result); !more.empty()) text += more + "\n";
    return text + result.conclusion + "\n";
}

} // namespace migsim
