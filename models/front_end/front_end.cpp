// SPDX-License-Identifier: Apache-2.0
#include "models/front_end/front_end.h"

#include <algorithm>
#include <stdexcept>

namespace migsim {

FrontEnd::FrontEnd(Windows& windows, const FrontEndParams& params, const Clock& clock,
                   const std::vector<SmSlots>& sms, const std::vector<ComputeSms>& compute_instances,
                   bool clusters)
    : clock_(clock),
      id(windows.add(*this)),
      from_clusters(windows, id),
      faults(windows, id),
      clock_changes(windows, id),
      tenant_changes(windows, id),
      params_(params),
      clusters_(clusters) {
    for (const SmSlots& sm : sms) {
        if (sm.sm >= book_of_.size()) book_of_.resize(sm.sm + 1u);
        book_of_[sm.sm] = static_cast<std::uint32_t>(books_.size());
        books_.push_back({sm, sm});
    }
    for (const ComputeSms& compute : compute_instances) {
        Scheduler& scheduler = schedulers_.emplace_back(Scheduler{compute.instance, {}});
        scheduler.may.resize((books_.size() + 63) / 64);
        for (const std::uint16_t sm : compute.sms)
            scheduler.may[book_of_[sm] / 64] |= std::uint64_t{1} << (book_of_[sm] % 64);
    }
}

std::size_t FrontEnd::scheduler_of(const TenantQueue& queue) const {
    std::size_t before = queue.compute_instance;
    for (std::size_t i = 0; i < schedulers_.size(); ++i)
        if (schedulers_[i].instance == queue.instance && before-- == 0) return i;
    throw std::invalid_argument("no such compute instance");
}

void FrontEnd::check(const TenantQueue& queue) const {
    if (queue.chain.empty()) throw std::invalid_argument("a tenant's request must have at least one kernel");
    if (!queue.arrivals.empty() && queue.arrivals.size() != queue.requests)
        throw std::invalid_argument("an open-loop tenant needs one arrival per request");
    for (const Kernel* kernel : queue.chain) check_cluster(*kernel, schedulers_[scheduler_of(queue)]);
}

void FrontEnd::submit(const TenantQueue& queue) {
    check(queue);
    tenants_.push_back({queue, scheduler_of(queue)});
    Tenant& tenant = tenants_.back();
    tenant.due = queue.arrivals.empty() ? queue.first_arrival : queue.arrivals.front();
    if (!queue.requests) return;
    finite_ = true;
    ++unfinished_;
}

std::uint64_t FrontEnd::requests_done(TenantId tenant) const {
    return requests[tenant];
}

// At one tick: faults, ended CTAs, changes of tenants, timers by tenant, schedulers by compute instance.
Tick FrontEnd::turn(Tick end) {
    for (const Arrival<ClockChange>& change : clock_changes.take())
        clock_.change(change.message.at, change.message.mhz);
    const auto fault_arrivals = faults.take();
    const auto done_arrivals = from_clusters.take();
    const auto changes = tenant_changes.take();
    std::size_t fault = 0, done = 0, change = 0;
    while (true) {
        const Tick fault_at = fault < fault_arrivals.size() ? fault_arrivals[fault].time : never;
        const Tick done_at = done < done_arrivals.size() ? done_arrivals[done].time : never;
        const Tick change_at = change < changes.size() ? changes[change].time : never;
        Tick due = never, dispatch_at = never;
        std::size_t due_tenant = 0, dispatcher = 0;
        for (std::size_t i = 0; i < tenants_.size(); ++i)
            if (tenants_[i].due < due) {
                due = tenants_[i].due;
                due_tenant = i;
            }
        for (std::size_t i = 0; i < schedulers_.size(); ++i)
            if (schedulers_[i].pending && clock_.edge(schedulers_[i].at) < dispatch_at) {
                dispatch_at = clock_.edge(schedulers_[i].at);
                dispatcher = i;
            }
        const Tick now = std::min({fault_at, done_at, change_at, due, dispatch_at});
        if (now >= end) return now;
        if (now == fault_at) {
            take_fault(now, fault_arrivals[fault++].message);
        } else if (now == done_at) {
            take_done(done_arrivals[done++]);
        } else if (now == change_at) {
            take_change(changes[change++]);
        } else if (now == due) {
            timer(due_tenant, now);
        } else {
            dispatch(dispatcher);
        }
    }
}

// A request arrives, or the next kernel of the one that runs is ready.
void FrontEnd::timer(std::size_t index_of_tenant, Tick now) {
    Tenant& tenant = tenants_[index_of_tenant];
    if (tenant.running) {
        tenant.due = never;
        start_kernel(index_of_tenant, now);
        return;
    }
    tenant.record = records_.size();
    const Tick arrival = tenant.queue.arrivals.empty() ? now : tenant.queue.arrivals[tenant.next];
    records_.push_back({tenant.queue.tenant, tenant.next, arrival});
    ++tenant.next;
    tenant.running = true;
    tenant.kernel = 0;
    tenant.due = now + (tenant.queue.graph ? params_.graph_launch : params_.stream_launch) * ns;
}

void FrontEnd::start_kernel(std::size_t index_of_tenant, Tick now) {
    const Tenant& tenant = tenants_[index_of_tenant];
    const Kernel& kernel = *tenant.queue.chain[tenant.kernel];
    Launch launch{next_handle_++, index_of_tenant, &kernel, now};
    launch.needs = needs_of(kernel);
    launch.room = schedulers_[tenant.scheduler].may;
    launches_.push_back(std::move(launch));
    wake_scheduler(schedulers_[tenant.scheduler], now);
}

void FrontEnd::wake_scheduler(Scheduler& scheduler, Tick now) {
    scheduler.pending = true;
    scheduler.at = std::max(scheduler.at, clock_.at_or_after(now));
}

void FrontEnd::take_done(const Arrival<CtaDone>& arrival) {
    const CtaDone& done = arrival.message;
    const auto launch = std::find_if(launches_.begin(), launches_.end(), [&](const Launch& candidate) {
        return candidate.handle == done.launch;
    });
    Book& book = books_[book_of_[done.sm]];
    book.free.ctas += launch->needs.ctas;
    book.free.threads += launch->needs.threads;
    book.free.registers += launch->needs.registers;
    book.free.shared_bytes += launch->needs.shared_bytes;
    --book.resident;
    const std::uint32_t entry = book_of_[done.sm];
    for (Launch& other : launches_) {
        const std::vector<std::uint64_t>& may = schedulers_[tenants_[other.tenant].scheduler].may;
        other.room[entry / 64] |= may[entry / 64] & std::uint64_t{1} << (entry % 64);
    }
    ++launch->done;
    const bool stopped = schedulers_[tenants_[launch->tenant].scheduler].stopped;
    if (launch->done == (stopped ? launch->dispatched : launch->kernel->ctas()))
        end_kernel(static_cast<std::size_t>(launch - launches_.begin()), done, arrival.time);
    for (Scheduler& scheduler : schedulers_)
        if (scheduler.may[entry / 64] >> (entry % 64) & 1) wake_scheduler(scheduler, arrival.time);
}

void FrontEnd::end_kernel(std::size_t index_of_launch, const CtaDone& last, Tick now) {
    const Launch launch = launches_[index_of_launch];
    launches_.erase(launches_.begin() + static_cast<std::ptrdiff_t>(index_of_launch));
    Tenant& tenant = tenants_[launch.tenant];
    RequestRecord& record = records_[tenant.record];
    const bool failed = schedulers_[tenant.scheduler].stopped;
    record.slot_wait += last.dispatched - launch.ready;
    record.stalls += last.stalls;
    slot_wait[tenant.queue.tenant] += last.dispatched - launch.ready;
    kernels[tenant.queue.tenant] += 1;
    if (failed || ++tenant.kernel == tenant.queue.chain.size())
        end_request(launch.tenant, now, failed);
    else
        tenant.due = now + (tenant.queue.graph ? params_.graph_gap : params_.stream_gap) * ns;
}

void FrontEnd::end_request(std::size_t index_of_tenant, Tick now, bool failed) {
    Tenant& tenant = tenants_[index_of_tenant];
    RequestRecord& record = records_[tenant.record];
    record.failed = failed;
    if (!failed) {
        record.end = now;
        requests[tenant.queue.tenant] += 1;
    }
    tenant.running = false;
    expect_next(index_of_tenant, now);
    if (tenant.awaited) to_gsp->send(now, {tenant.queue.tenant});
    tenant.awaited = false;
}

void FrontEnd::expect_next(std::size_t index_of_tenant, Tick now) {
    Tenant& tenant = tenants_[index_of_tenant];
    tenant.due = never;
    if (tenant.ended || (tenant.queue.requests && tenant.next == tenant.queue.requests)) {
        tenant.ended = true;
        if (tenant.queue.requests) one_less(now);
    } else if (!tenant.paused) {
        await_arrival(tenant, now, tenant.queue.think);
    }
}

// In an open loop a request that arrived earlier, while the one before it ran, begins now.
void FrontEnd::await_arrival(Tenant& tenant, Tick now, Tick think) {
    const std::vector<Tick>& arrivals = tenant.queue.arrivals;
    tenant.due = arrivals.empty() ? now + think : std::max(now, arrivals[tenant.next]);
}

// No more requests begin; one that runs goes on to its end.
void FrontEnd::end_queue(std::size_t index_of_tenant, Tick now) {
    Tenant& tenant = tenants_[index_of_tenant];
    if (tenant.ended) return;
    tenant.ended = true;
    if (tenant.running) return; // ends with its request
    tenant.due = never;
    if (tenant.queue.requests) one_less(now);
}

void FrontEnd::take_change(const Arrival<TenantChange>& arrival) {
    const TenantChange& change = arrival.message;
    const auto found = std::find_if(tenants_.begin(), tenants_.end(), [&](const Tenant& candidate) {
        return candidate.queue.tenant == change.tenant;
    });
    const auto index_of_tenant = static_cast<std::size_t>(found - tenants_.begin());
    Tenant& tenant = *found;
    switch (change.kind) {
    case TenantChange::Kind::Resume:
        resume(tenant, *change.queue, arrival.time);
        if (schedulers_[tenant.scheduler].stopped) end_queue(index_of_tenant, arrival.time);
        return;
    case TenantChange::Kind::End:
        end_queue(index_of_tenant, arrival.time);
        break;
    case TenantChange::Kind::Pause:
        tenant.paused = true;
        if (!tenant.running) tenant.due = never;
        break;
    }
    tenant.awaited = tenant.running;
    if (!tenant.running) to_gsp->send(arrival.time, {change.tenant});
}

// With the requests that it has not begun yet: those that have arrived meanwhile begin one after the other.
void FrontEnd::resume(Tenant& tenant, const TenantQueue& queue, Tick now) {
    tenant.paused = false;
    tenant.scheduler = scheduler_of(queue);
    tenant.queue.instance = queue.instance;
    tenant.queue.compute_instance = queue.compute_instance;
    tenant.queue.space = queue.space;
    tenant.queue.chain = queue.chain;
    if (!tenant.ended) await_arrival(tenant, now, 0);
}

void FrontEnd::one_less(Tick now) {
    --unfinished_;
    finished_at_ = std::max(finished_at_, now);
}

// A fault stops its own instance, with all its compute instances (NVIDIA promises fault isolation between GPU
// instances only): nothing of it is dispatched any more, what runs is told to end.
void FrontEnd::take_fault(Tick now, const FaultReport& report) {
    fault_reports_.push_back(report);
    bool news = false;
    for (Scheduler& scheduler : schedulers_) {
        if (scheduler.instance != report.instance) continue;
        news = news || !scheduler.stopped;
        scheduler.stopped = true;
    }
    if (!news) return;
    stopped += 1;
    std::vector<BlockId> told;
    for (const Book& book : books_)
        if (std::find(told.begin(), told.end(), book.free.cluster) == told.end()) {
            told.push_back(book.free.cluster);
            stops[book.free.cluster].send(now, {report.instance});
        }
    for (std::size_t i = 0; i < tenants_.size(); ++i) {
        if (tenants_[i].queue.instance != report.instance) continue;
        if (tenants_[i].paused && !tenants_[i].running) continue; // it has left
        end_queue(i, now);
        const auto launch = std::find_if(launches_.begin(), launches_.end(),
                                         [&](const Launch& candidate) { return candidate.tenant == i; });
        if (launch != launches_.end()) {
            if (launch->done != launch->dispatched) continue; // ends with its last CTA
            launches_.erase(launch);
        }
        if (tenants_[i].running) end_request(i, now, true);
    }
}

std::vector<Wait> FrontEnd::waits() const {
    std::vector<Wait> waits;
    for (const Launch& launch : launches_) {
        const std::uint64_t left = launch.kernel->ctas() - launch.done;
        waits.push_back(
            {"kernel " + launch.kernel->name,
             launch.dispatched == launch.kernel->ctas() ? "the end of CTAs on SMs" : "free CTA slots",
             tenants_[launch.tenant].queue.tenant, left});
    }
    return waits;
}

} // namespace migsim
