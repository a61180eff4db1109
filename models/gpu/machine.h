// SPDX-License-Identifier: Apache-2.0
// One simulated GPU, ready to run: the face of models/ towards whoever composes an experiment. SystemC stays
// behind it. SystemC allows one elaboration per process, so a process builds one Machine.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/base/statistic.h"
#include "models/base/windows.h"
#include "models/driver/driver.h"
#include "models/front_end/tenant_queue.h"
#include "models/gpu/device.h"
#include "models/gsp/gsp.h"
#include "models/messages/cta.h"

namespace migsim {

// SMs that run the kernels of their own tenants only, beside others in the same instance.
struct ComputeInstanceSetup {
    std::string name; // "1c.3g.40gb"
    std::vector<std::uint16_t> sms;
};

// Hardware that belongs together. Without MIG there is one: every SM, slice and channel.
struct InstanceSetup {
    InstanceId id{};
    std::string name;                    // "whole", "3g.40gb", ...
    std::vector<std::uint16_t> sms;      // global SM numbers
    std::vector<std::uint16_t> slices;   // L2 slices, partition by partition
    std::vector<std::uint16_t> channels; // memory channels, partition by partition
    unsigned partitions = 1;             // L2 partitions the slices lie in, 1 or 2
    Address base = 0;                    // physical window
    Address bytes = 0;
    double memory_share = 1;                               // of the GPU, for shares of entitlement
    std::vector<ComputeInstanceSetup> compute_instances{}; // none: one with all its SMs

    bool is_divided() const {
        return compute_instances.size() > 1 ||
               (compute_instances.size() == 1 && compute_instances.front().sms != sms);
    }
};

// Which shared resources are split between instances. A wall that is down leaves the resource shared.
struct MachineWalls {
    bool sm = true;
    bool gpc_port = true;
    bool crossbar = true;
    bool l2 = true;
    bool dram = true;
    bool gpc_tlb = true;
    bool l3_tlb = true;
    bool page_walker = true;
};

// The points that refuse what is foreign. One is off only where a test asks who else would notice.
struct MachineEnforcement {
    bool walker = true;
    bool crossbar = true; // route masks
    bool slice = true;
    bool channel = true;
};

// A change of instances during the run, in this order: the tenants named begin no more requests and finish
// the one that runs, instances end, instances are made. What is made anew on the same hardware has an id of
// its own.
struct Reconfiguration {
    Tick at = 0; // or when the one before it is done, if that is later
    std::vector<TenantId> drain;
    std::vector<InstanceId> destroy;
    Tick destroy_time = 0; // at least; what they have in L2 has to reach memory, too
    std::vector<InstanceSetup> create;
    Tick create_time = 0;
    Tick start_up_time = 0; // until the tenants that Machine::move() names begin again
};

// When each part of a reconfiguration was done; `never` while it is not.
using ReconfigurationRecord = GspRecord;

struct MachineSetup {
    const Device* device = nullptr;
    std::vector<InstanceSetup> instances;
    std::vector<Reconfiguration> reconfigurations{}; // in order; they need the walls sm, l2 and dram
    MachineWalls walls;
    MachineEnforcement enforcement;
    WindowOptions windows;
};

struct Progress {
    Tick now;
    std::vector<std::uint64_t> requests_done; // per tenant
    std::uint64_t line_transactions;
};

// Sees what arrives over links inside the machine. Calls for different slices, channels or GPCs may come from
// different threads; those for one never do.
class LinkObserver {
public:
    virtual ~LinkObserver() = default;
    virtual void at_slice(std::uint16_t slice, const MemoryRequest& request) = 0;
    virtual void at_channel(std::uint16_t channel, const ChannelRequest& request) = 0;
    virtual void at_gpc(std::uint16_t gpc, const TranslationResponse& response) = 0;
    virtual void at_gpc(std::uint16_t gpc, const MemoryResponse& response) = 0;
    virtual void at_gpc(std::uint16_t gpc, const CtaLaunch& launch) = 0;
    // The blocks that have a part of an instance learn that it comes or goes; nothing to most observers.
    virtual void at_slice(std::uint16_t, const InstanceChange&) {}
    virtual void at_channel(std::uint16_t, const InstanceChange&) {}
    virtual void at_gpc(std::uint16_t, const InstanceChange&) {}
};

class Machine {
public:
    // Throws std::invalid_argument with one sentence where the set-up cannot be built.
    explicit Machine(const MachineSetup& setup);
    ~Machine();

    // Memory of an instance, also of one that is made later; allocate before run().
    Driver& driver(InstanceId instance);

    // A tenant's queue of requests; before run(). Kernels must outlive the machine.
    void submit(const TenantQueue& queue);
    // Before run(): with the reconfiguration of this number the tenant goes on with the instance, space and
    // kernels of `queue`. One that is drained and never moved has ended.
    void move(std::size_t reconfiguration, const TenantQueue& queue);

    enum class End { Finished, TimeLimit, NoProgress };
    // Before run(): whoever wants to see the links; outlives the machine.
    void watch(LinkObserver& observer);

    // Before run(): control while running. A clock command takes effect a fixed time later, in the whole
    // domain of SMs, crossbar and L2.
    void clock_step(Tick command, std::uint32_t mhz);

    // Runs until every queue with a finite number of requests is done (background queues are cut off then),
    // or until `limit`. `report` is called about every `report_every` windows.
    End run(Tick limit, const std::function<void(const Progress&)>& report = {});

    Tick now() const;
    const std::vector<RequestRecord>& records() const;
    std::vector<FaultReport> faults() const;
    const std::vector<ReconfigurationRecord>& reconfigurations() const; // those begun
    std::string
    waits() const; // which queue waits on which, per tenant: the picture of a run without progress

    // Every statistic of every module: path of the module, statistic.
    void visit(const std::function<void(const std::string& path, const Statistic&)>& visitor) const;
    // DRAM bytes moved per tenant so far, line transactions so far.
    std::uint64_t dram_bytes(TenantId tenant) const;
    std::uint64_t line_transactions() const;

private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

} // namespace migsim
