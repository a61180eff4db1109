// SPDX-License-Identifier: Apache-2.0
#include "models/gpu/machine.h"

#include <algorithm>
#include <deque>
#include <sstream>
#include <stdexcept>

#include "models/gpu/gpu.h"

namespace migsim {

namespace {

// One block's inbox, with its number, for an observer of the whole machine.
template <class Message, void (LinkObserver::*tell)(std::uint16_t, const Message&)>
class NumberedProbe final : public Probe<Message> {
public:
    NumberedProbe(LinkObserver& observer, std::size_t number)
        : observer_(observer), number_(static_cast<std::uint16_t>(number)) {}
    void see(const Message& message) override { (observer_.*tell)(number_, message); }

private:
    LinkObserver& observer_;
    std::uint16_t number_;
};

} // namespace

struct Machine::Implementation {
    explicit Implementation(const MachineSetup& setup) : gpu("gpu", setup) {
        for (const InstanceSetup& instance : setup.instances) add_driver(setup, instance);
        for (const Reconfiguration& reconfiguration : setup.reconfigurations) {
            for (const InstanceSetup& instance : reconfiguration.create) add_driver(setup, instance);
            GspStep& step = steps.emplace_back();
            step.at = reconfiguration.at;
            for (const TenantId tenant : reconfiguration.drain)
                step.drain.push_back({TenantChange::Kind::End, tenant});
            step.destroy = reconfiguration.destroy;
            step.destroy_time = reconfiguration.destroy_time;
            for (const InstanceSetup& instance : reconfiguration.create) step.create.push_back(instance.id);
            step.create_time = reconfiguration.create_time;
            step.start_up_time = reconfiguration.start_up_time;
        }
    }

    void add_driver(const MachineSetup& setup, const InstanceSetup& instance) {
        drivers[index(instance.id)] =
            std::make_unique<Driver>(gpu.tables, setup.device->mmu.format, instance.base, instance.bytes);
    }

    // A tenant that was drained in an earlier step, or is in this one, has not ended after all.
    void move(std::size_t number, const TenantQueue& queue) {
        const TenantQueue& kept = moved.emplace_back(queue);
        steps.at(number).resume.push_back({TenantChange::Kind::Resume, kept.tenant, &kept});
        for (std::size_t i = number + 1; i-- > 0;)
            for (TenantChange& drained : steps[i].drain)
                if (drained.tenant == kept.tenant) {
                    drained.kind = TenantChange::Kind::Pause;
                    return;
                }
        throw std::invalid_argument("a tenant that moves must be drained first");
    }

    Gpu gpu;
    std::array<std::unique_ptr<Driver>, max_instances> drivers;
    std::vector<TenantQueue> queues;
    std::vector<std::pair<Tick, std::uint32_t>> clock_steps;
    std::vector<GspStep> steps;
    std::deque<TenantQueue> moved; // the front end is sent their addresses
    bool started = false;
    std::vector<std::shared_ptr<void>> probes;

    template <class Message, void (LinkObserver::*tell)(std::uint16_t, const Message&)>
    void watch(Inbox<Message>& inbox, LinkObserver& observer, std::size_t number) {
        auto probe = std::make_shared<NumberedProbe<Message, tell>>(observer, number);
        inbox.watch(probe.get());
        probes.push_back(probe);
    }

    // After elaboration, before the first window.
    void start() {
        started = true;
        sc_core::sc_start(sc_core::SC_ZERO_TIME);
        FrontEnd& front_end = gpu.front_end->core;
        for (const TenantQueue& queue : queues) front_end.submit(queue);
        for (const TenantQueue& queue : moved) front_end.check(queue);
        gpu.gsp->core.start(steps);
        for (const auto& [command, mhz] : clock_steps) gpu.governor->core.step(command, mhz);
        gpu.governor->core.start();
        Windows& windows = gpu.controller.windows;
        windows.wake(front_end.id, windows.end(), windows.lane(front_end.id));
    }
};

Machine::Machine(const MachineSetup& setup) : implementation_(std::make_unique<Implementation>(setup)) {}
Machine::~Machine() = default;

Driver& Machine::driver(InstanceId instance) {
    if (!implementation_->drivers[index(instance)]) throw std::invalid_argument("no such instance");
    return *implementation_->drivers[index(instance)];
}

void Machine::watch(LinkObserver& observer) {
    Gpu& gpu = implementation_->gpu;
    for (std::size_t i = 0; i < gpu.slices.size(); ++i) {
        implementation_->watch<MemoryRequest, &LinkObserver::at_slice>(gpu.slices[i]->core.from_crossbar,
                                                                       observer, i);
        implementation_->watch<MemoryRequest, &LinkObserver::at_slice>(gpu.slices[i]->core.from_peer,
                                                                       observer, i);
        implementation_->watch<InstanceChange, &LinkObserver::at_slice>(gpu.slices[i]->core.instance_changes,
                                                                        observer, i);
    }
    for (std::size_t i = 0; i < gpu.channels.size(); ++i) {
        implementation_->watch<ChannelRequest, &LinkObserver::at_channel>(gpu.channels[i]->core.from_l2,
                                                                          observer, i);
        implementation_->watch<InstanceChange, &LinkObserver::at_channel>(
            gpu.channels[i]->core.instance_changes, observer, i);
    }
    for (std::size_t i = 0; i < gpu.gpcs.size(); ++i) {
        implementation_->watch<TranslationResponse, &LinkObserver::at_gpc>(gpu.gpcs[i]->core.from_mmu,
                                                                           observer, i);
        implementation_->watch<MemoryResponse, &LinkObserver::at_gpc>(gpu.gpcs[i]->core.from_l2, observer, i);
        implementation_->watch<CtaLaunch, &LinkObserver::at_gpc>(gpu.gpcs[i]->core.from_front_end, observer,
                                                                 i);
        implementation_->watch<InstanceChange, &LinkObserver::at_gpc>(gpu.gpcs[i]->core.instance_changes,
                                                                      observer, i);
    }
}

void Machine::submit(const TenantQueue& queue) {
    implementation_->queues.push_back(queue);
}
void Machine::clock_step(Tick command, std::uint32_t mhz) {
    implementation_->clock_steps.emplace_back(command, mhz);
}
void Machine::move(std::size_t reconfiguration, const TenantQueue& queue) {
    implementation_->move(reconfiguration, queue);
}

Machine::End Machine::run(Tick limit, const std::function<void(const Progress&)>& report) {
    if (!implementation_->started) implementation_->start();
    WindowController& controller = implementation_->gpu.controller;
    const FrontEnd& front_end = implementation_->gpu.front_end->core;
    constexpr std::uint64_t report_every = 4096; // windows
    const auto end = controller.run(limit, [&] {
        if (report && controller.windows.windows_run() % report_every == 0) {
            Progress progress{now(), {}, line_transactions()};
            for (const TenantQueue& queue : implementation_->queues)
                progress.requests_done.push_back(front_end.requests_done(queue.tenant));
            report(progress);
        }
        return !front_end.finished();
    });
    switch (end) {
    case WindowController::End::Asked: {
        // What goes on after the last request is counted up to a tick that no window's length moves.
        constexpr Tick grid = 1 * us; // no window is as long
        controller.run(std::min(limit, (front_end.finished_at() / grid + 2) * grid), [] { return true; });
        return End::Finished;
    }
    case WindowController::End::Limit:
        return End::TimeLimit;
    case WindowController::End::Idle:
        return front_end.finished() ? End::Finished : End::NoProgress;
    }
    return End::NoProgress;
}

Tick Machine::now() const {
    return implementation_->gpu.controller.windows.begin();
}
const std::vector<RequestRecord>& Machine::records() const {
    return implementation_->gpu.front_end->core.records();
}
std::vector<FaultReport> Machine::faults() const {
    return implementation_->gpu.front_end->core.fault_reports();
}
const std::vector<ReconfigurationRecord>& Machine::reconfigurations() const {
    return implementation_->gpu.gsp->core.records();
}

std::string Machine::waits() const {
    std::ostringstream picture;
    const auto add = [&](const BlockModule& module) {
        for (const Wait& wait : module.block().waits())
            picture << module.name() << ": " << wait.who << " (" << wait.count << ", tenant "
                    << index(wait.tenant) << ") waits for " << wait.what << '\n';
    };
    const Gpu& gpu = implementation_->gpu;
    add(*gpu.gsp);
    add(*gpu.front_end);
    for (const auto& module : gpu.gpcs) add(*module);
    add(*gpu.mmu);
    for (const auto& module : gpu.slices) add(*module);
    for (const auto& module : gpu.channels) add(*module);
    return picture.str();
}

void Machine::visit(const std::function<void(const std::string&, const Statistic&)>& visitor) const {
    const std::function<void(const sc_core::sc_object&)> walk = [&](const sc_core::sc_object& object) {
        if (const auto* module = dynamic_cast<const BlockModule*>(&object))
            for (const auto& [part, statistics] : module->statistics())
                for (const Statistic* statistic : statistics->all())
                    visitor(module->name() + part, *statistic);
        for (const sc_core::sc_object* child : object.get_child_objects()) walk(*child);
    };
    walk(implementation_->gpu);
}

std::uint64_t Machine::dram_bytes(TenantId tenant) const {
    std::uint64_t bytes = 0;
    for (const auto& channel : implementation_->gpu.channels) bytes += channel->core.bytes[tenant];
    return bytes;
}

std::uint64_t Machine::line_transactions() const {
    std::uint64_t requests = 0;
    for (const auto& gpc : implementation_->gpu.gpcs) requests += gpc->core.requests_sent.value();
    return requests;
}

} // namespace migsim
