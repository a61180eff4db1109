// SPDX-License-Identifier: Apache-2.0
// The front end: each tenant's stream of kernel launches, and the CTA scheduler (work distributor) with its
// own book of free slots, so that it never has to look at an SM. Kernels of all tenants that may use an SM
// share it by the leftover policy: the kernel that became ready first is served first, later ones get what it
// leaves.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "models/base/clock.h"
#include "models/base/links.h"
#include "models/base/parameter.h"
#include "models/base/statistic.h"
#include "models/front_end/tenant_queue.h"
#include "models/messages/instance_change.h"

namespace migsim {

struct FrontEndParams : Params {
    using Params::Params;
    Param<std::uint32_t> stream_launch{
        this,
        "stream_launch",
        "ns",
        "arrival of a request to its first kernel being ready, launched into a stream",
        {0, 1000000}};
    Param<std::uint32_t> stream_gap{
        this, "stream_gap", "ns", "end of a kernel to the next one of the stream being ready", {0, 1000000}};
    Param<std::uint32_t> graph_launch{
        this,
        "graph_launch",
        "ns",
        "arrival of a request to its first kernel being ready, launched as a graph",
        {0, 1000000}};
    Param<std::uint32_t> graph_gap{
        this, "graph_gap", "ns", "end of a kernel to the next node of the graph being ready", {0, 1000000}};
    Param<std::uint32_t> dispatch_interval{
        this, "dispatch_interval", "cycles", "between two CTAs of the CTA scheduler", {1, 1000}};
    Param<std::uint32_t> cluster_latency{
        this, "cluster_latency", "cycles", "front end to a GPC, and back", {1, 100000}};
};

// Room of one SM, and the order in which the scheduler prefers SMs that are equally full.
struct SmSlots {
    std::uint16_t sm; // global number
    BlockId cluster;
    std::uint32_t ctas, threads, registers, shared_bytes;
};

// What one CTA scheduler serves: a compute instance, by the global numbers of the SMs its kernels may use.
struct ComputeSms {
    InstanceId instance;
    std::vector<std::uint16_t> sms;
};

class FrontEnd final : public Block {
public:
    // sms: in order of preference. clusters: whether the device can run clusters of CTAs.
    FrontEnd(Windows& windows, const FrontEndParams& params, const Clock& clock,
             const std::vector<SmSlots>& sms, const std::vector<ComputeSms>& compute_instances,
             bool clusters);

private:
    Clock clock_;

public:
    const BlockId id;
    Inbox<CtaDone> from_clusters;
    Inbox<FaultReport> faults;
    Inbox<ClockChange> clock_changes;
    Inbox<TenantChange> tenant_changes;
    Links<CtaLaunch> to_clusters;
    Links<StopInstance> stops; // to the same clusters
    std::optional<Link<TenantIdle>> to_gsp;

    // Before the run. Throws std::invalid_argument where the request cannot be run.
    void submit(const TenantQueue& queue);
    // Throws what submit() would: for a queue that a tenant is to go on with during the run.
    void check(const TenantQueue& queue) const;

    // True when every queue with an end is at it; never where all go on without end.
    bool finished() const { return finite_ && unfinished_ == 0; }
    Tick finished_at() const { return finished_at_; } // where it is
    const std::vector<RequestRecord>& records() const { return records_; }
    const std::vector<FaultReport>& fault_reports() const { return fault_reports_; }
    std::uint64_t requests_done(TenantId tenant) const;

    Statistics stats;
    PerTenant kernels{stats, "kernels", "kernels", "run to their end"};
    PerTenant ctas{stats, "ctas_dispatched", "CTAs", "sent to SMs"};
    PerTenant slot_wait{stats, "slot_wait", "ps",
                        "of kernels: from ready to the dispatch of the CTA that finished last"};
    PerTenant requests{stats, "requests", "requests", "complete"};
    Counter stopped{stats, "instances_stopped", "instances", "stopped by a fault"};

    Tick turn(Tick end) override;
    std::vector<Wait> waits() const override;

private:
    struct Book { // room of one SM
        SmSlots free, all;
        std::uint32_t resident = 0; // CTAs
    };
    struct Tenant {
        TenantQueue queue;
        std::size_t scheduler;  // of its compute instance
        std::uint64_t next = 0; // request to begin next
        std::size_t record = 0; // of the request that runs
        std::size_t kernel = 0; // in its chain
        bool running = false;
        bool ended = false;   // begins no more requests
        bool paused = false;  // begins none until it resumes
        bool awaited = false; // the GSP waits for the end of its request
        Tick due = never;     // arrival of the next request, or of the next kernel's being ready
    };
    struct Launch { // a kernel that runs
        std::uint32_t handle;
        std::size_t tenant;
        const Kernel* kernel;
        Tick ready;
        std::uint64_t dispatched = 0, done = 0;
        SmSlots needs{};                   // of one CTA, rounded as the hardware allocates
        std::vector<std::uint64_t> room{}; // bit per book entry: may have room for a CTA of this kernel
    };
    struct Scheduler { // of one compute instance
        InstanceId instance;
        std::vector<std::uint64_t> may; // bit per book entry: serves that SM
        bool pending = false;           // has something to try
        Cycle at = 0;                   // when it may next send a CTA
        bool stopped = false;           // by a fault
    };

    void take_done(const Arrival<CtaDone>& arrival);
    void take_fault(Tick now, const FaultReport& report);
    void timer(std::size_t tenant, Tick now);
    void start_kernel(std::size_t tenant, Tick now);
    void end_kernel(std::size_t launch, const CtaDone& last, Tick now);
    void end_request(std::size_t tenant, Tick now, bool failed);
    void expect_next(std::size_t tenant, Tick now);
    static void await_arrival(Tenant& tenant, Tick now, Tick think);
    void end_queue(std::size_t tenant, Tick now);
    void take_change(const Arrival<TenantChange>& arrival);
    void resume(Tenant& tenant, const TenantQueue& queue, Tick now);
    void one_less(Tick now); // unfinished queue
    std::size_t scheduler_of(const TenantQueue& queue) const;
    void wake_scheduler(Scheduler& scheduler, Tick now);
    void dispatch(std::size_t scheduler);
    bool place(Launch& launch, Cycle now);
    void send(Launch& launch, Book& book, Cycle now, std::uint16_t rank);
    Book* emptiest(Launch& launch, const BlockId* gpc);
    std::optional<BlockId> roomiest(const SmSlots& needs, const Scheduler& scheduler, std::uint32_t cluster,
                                    bool empty) const;
    static SmSlots needs_of(const Kernel& kernel);
    static std::uint32_t room_for(const SmSlots& needs, const SmSlots& free);
    void check_cluster(const Kernel& kernel, const Scheduler& scheduler) const;

    const FrontEndParams& params_;
    const bool clusters_;                // of CTAs can run
    std::vector<Book> books_;            // in order of preference
    std::vector<std::uint32_t> book_of_; // by global SM number
    std::vector<Scheduler> schedulers_;
    std::vector<Tenant> tenants_;
    std::vector<Launch> launches_; // in the order in which they became ready
    std::uint32_t next_handle_ = 0;
    std::uint32_t clusters_sent_ = 0;
    bool finite_ = false; // some queue has an end
    std::uint64_t unfinished_ = 0;
    Tick finished_at_ = 0;
    std::vector<RequestRecord> records_;
    std::vector<FaultReport> fault_reports_;
};

} // namespace migsim
