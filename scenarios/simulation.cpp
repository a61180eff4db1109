// SPDX-License-Identifier: Apache-2.0
#include "scenarios/simulation.h"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "models/base/random.h"
#include "partition/isolation/monitor.h"
#include "scenarios/seating.h"
#include "scenarios/ticks.h"

namespace migsim {
namespace {

std::string_view reason(FaultReport::Kind kind) {
    switch (kind) {
    case FaultReport::Kind::Unmapped:
        return "that is mapped to nothing";
    case FaultReport::Kind::OutsideWindow:
        return "outside the instance's memory";
    case FaultReport::Kind::NoRoute:
        return "that the crossbar has no route to";
    case FaultReport::Kind::ForeignSlice:
        return "in an L2 slice of another instance";
    case FaultReport::Kind::ForeignChannel:
        return "in a memory channel of another instance";
    }
    return "";
}

Request request_of(const RequestRecord& record) {
    Request request;
    request.tenant = static_cast<std::uint32_t>(index(record.tenant));
    request.number = record.number;
    request.arrival_ps = record.arrival;
    if (record.end != never) request.end_ps = record.end;
    request.failed = record.failed;
    request.slot_wait_ps = record.slot_wait;
    request.unloaded_ps = record.stalls.unloaded;
    request.sm_ps = record.stalls.sm;
    request.crossbar_ps = record.stalls.crossbar;
    request.l2_ps = record.stalls.l2;
    request.dram_ps = record.stalls.memory;
    request.mmu_ps = record.stalls.mmu;
    return request;
}

TenantQueue queue_of(const Tenant& tenant, bool alone) {
    TenantQueue queue;
    queue.graph = tenant.launch == Launch::Graph;
    // An endless tenant does not keep the machine running; alone, somebody has to.
    constexpr std::uint64_t more_than_fit = std::uint64_t{1} << 60;
    if (tenant.requests)
        queue.requests = *tenant.requests + tenant.warmup_requests;
    else if (alone)
        queue.requests = more_than_fit;
    if (const auto* open = std::get_if<OpenLoop>(&tenant.load)) {
        const Tick period = ticks_of_us(open->period_us);
        for (std::uint64_t i = 0; i < queue.requests; ++i) queue.arrivals.push_back(i * period);
    } else {
        queue.think = ticks_of_us(std::get<ClosedLoop>(tenant.load).think_us);
    }
    return queue;
}

// Every random pattern draws from the scenario's seed and its own.
void reseed(Program& program, std::uint64_t seed) {
    for (Kernel& kernel : program.kernels)
        for (Stage& stage : kernel.program.stages) stage.access.seed = mix64(stage.access.seed + mix64(seed));
}

class ArmSimulation {
public:
    ArmSimulation(const LoadedScenario& loaded, const SimulationPlan& plan, unsigned threads)
        : loaded_(loaded), plan_(plan), arrangement_(loaded.arrangement(plan.arm)), machine_(setup(threads)) {
        if (uses_layout(plan.arm)) machine_.watch(monitor_.emplace(setup(threads)));
        for (const Seating& seating : seatings_of(loaded, plan)) seat(seating);
    }

    SimulationResult run(const ReportProgress& report) {
        const Machine::End end = machine_.run(plan_.limit, [&](const Progress& progress) {
            report(fraction(progress), progress.line_transactions);
        });
        if (end == Machine::End::NoProgress) throw std::runtime_error(standstill());
        return result(end == Machine::End::Finished ? SimulationEnd::Finished : SimulationEnd::TimeLimit);
    }

private:
    std::string standstill() const {
        std::string text =
            fmt::format("no progress any more after {} µs of simulated time; who waits on whom",
                        static_cast<double>(machine_.now()) / 1e6);
        for (const std::uint32_t tenant : plan_.tenants)
            text += fmt::format(", tenant {} being {}", tenant, loaded_.scenario.tenants[tenant].name);
        text += ":\n" + machine_.waits();
        while (text.ends_with('\n')) text.pop_back();
        return text;
    }

    MachineSetup setup(unsigned threads) const {
        MachineSetup setup;
        setup.device = loaded_.device.get();
        setup.instances = arrangement_.instances;
        setup.walls = arrangement_.walls;
        if (!is_baseline(plan_.arm))
            for (const ArrangedStep& step : arrangement_.steps) setup.reconfigurations.push_back(step.change);
        setup.windows.threads = threads;
        return setup;
    }

    // Gives a tenant its memory and its work.
    void seat(const Seating& seating) {
        const Tenant& tenant = loaded_.scenario.tenants[seating.tenant];
        TenantQueue queue = queue_of(tenant, is_baseline(plan_.arm));
        queue.tenant = TenantId{static_cast<std::uint8_t>(seating.tenant)};
        queue.instance = seating.seat.instance;
        queue.compute_instance = seating.seat.compute_instance;
        queue.space = seating.space;
        programs_.push_back(seat_tenant(loaded_, plan_, seating, machine_.driver(queue.instance)));
        reseed(programs_.back(), loaded_.scenario.seed);
        for (const Kernel& kernel : programs_.back().kernels) queue.chain.push_back(&kernel);
        if (seating.step)
            machine_.move(*seating.step, queue);
        else
            machine_.submit(queue);
    }

    double fraction(const Progress& progress) const {
        double of_requests = 1;
        bool ends_with_requests = false;
        for (std::size_t i = 0; i < plan_.tenants.size(); ++i) {
            const Tenant& tenant = loaded_.scenario.tenants[plan_.tenants[i]];
            if (!tenant.requests) continue;
            ends_with_requests = true;
            const auto all = static_cast<double>(*tenant.requests + tenant.warmup_requests);
            of_requests = std::min(of_requests, static_cast<double>(progress.requests_done[i]) / all);
        }
        const double of_limit = static_cast<double>(progress.now) / static_cast<double>(plan_.limit);
        return ends_with_requests ? std::max(of_requests, of_limit) : of_limit;
    }

    SimulationResult result(SimulationEnd end) const {
        SimulationResult result;
        result.name = plan_.name;
        result.arm = plan_.arm;
        result.end = end;
        for (const RequestRecord& record : machine_.records()) {
            result.requests.push_back(request_of(record));
            if (record.end != never) result.simulated_ps = std::max(result.simulated_ps, record.end);
        }
        if (end == SimulationEnd::TimeLimit) result.simulated_ps = plan_.limit;
        add_requests_not_begun(result);
        result.line_transactions = machine_.line_transactions();
        for (const FaultReport& fault : machine_.faults())
            result.faults.push_back(fmt::format("{} touched address {:#x} {}",
                                                loaded_.scenario.tenants.at(index(fault.tenant)).name,
                                                fault.address, reason(fault.kind)));
        if (monitor_) result.foreign_touches = monitor_->foreign();
        for (const std::uint32_t tenant : plan_.tenants) {
            result.tenants.push_back({tenant, arrangement_.compute_instance(arrangement_.seats[tenant]).name,
                                      machine_.dram_bytes(TenantId{static_cast<std::uint8_t>(tenant)})});
        }
        add_steps(result);
        machine_.visit(
            [&](const std::string& module, const Statistic& s) { add_statistic(module, s, result); });
        return result;
    }

    // In an open loop requests come also while the one before them runs, or when their tenant begins no more.
    void add_requests_not_begun(SimulationResult& result) const {
        std::vector<std::uint64_t> begun(loaded_.scenario.tenants.size());
        for (const Request& request : result.requests) ++begun[request.tenant];
        for (const std::uint32_t number : plan_.tenants) {
            const TenantQueue queue = queue_of(loaded_.scenario.tenants[number], is_baseline(plan_.arm));
            for (std::uint64_t i = begun[number];
                 i < queue.arrivals.size() && queue.arrivals[i] < result.simulated_ps; ++i) {
                Request& request = result.requests.emplace_back();
                request.tenant = number;
                request.number = i;
                request.arrival_ps = queue.arrivals[i];
            }
        }
    }

    void add_steps(SimulationResult& result) const {
        const auto time = [](Tick at) { return at == never ? std::nullopt : std::optional(at); };
        for (std::size_t i = 0; i < machine_.reconfigurations().size(); ++i) {
            const ReconfigurationRecord& record = machine_.reconfigurations()[i];
            StepTimes& step = result.reconfiguration.emplace_back();
            step.begun_ps = record.begun;
            step.drained_ps = time(record.drained);
            step.destroyed_ps = time(record.destroyed);
            step.created_ps = time(record.created);
            step.started_ps = time(record.started);
            for (const auto& [tenant, seat] : arrangement_.steps[i].moves)
                step.moves.push_back({tenant, arrangement_.compute_instance(seat).name});
        }
    }

    // A statistic per tenant has columns for as many tenants as there may be; those there are get one each.
    void add_statistic(const std::string& module, const Statistic& statistic,
                       SimulationResult& result) const {
        const auto* per_tenant = dynamic_cast<const PerTenant*>(&statistic);
        StatisticValue value{module, std::string(statistic.name), {},
                             0,      std::string(statistic.unit), std::string(statistic.meaning)};
        if (per_tenant) {
            for (const std::uint32_t tenant : plan_.tenants) {
                value.tenant = tenant;
                value.value = (*per_tenant)[TenantId{static_cast<std::uint8_t>(tenant)}];
                result.statistics.push_back(value);
            }
            return;
        }
        for (const Statistic::Column& column : statistic.columns()) {
            value.name = std::string(statistic.name) + (column.label.empty() ? "" : "." + column.label);
            value.value = column.value;
            result.statistics.push_back(value);
        }
    }

    const LoadedScenario& loaded_;
    const SimulationPlan& plan_;
    const Arrangement& arrangement_;
    std::vector<Program> programs_; // outlive the machine
    std::optional<Monitor> monitor_;
    Machine machine_;
};

} // namespace

SimulationResult simulate_arm(const LoadedScenario& loaded, const SimulationPlan& plan, unsigned threads,
                              const ReportProgress& report) {
    try {
        return ArmSimulation(loaded, plan, threads).run(report);
    } catch (const std::invalid_argument& error) {
        throw InputError(plan.name + ": " + error.what());
    }
}

} // namespace migsim
