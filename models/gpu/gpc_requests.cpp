// SPDX-License-Identifier: Apache-2.0
// The way out of a GPC cluster: translation, route mask, ports, credits.
#include <algorithm>

#include "models/gpu/gpc_cluster.h"

namespace migsim {

// Brings the requests that left their SM before `end` into order_, by time and then by SM: each SM's are in
// order already, so counting how many fall on each cycle is enough.
void GpcCluster::order_requests(Cycle end) {
    Cycle first = end;
    for (const std::vector<LineRequest>& requests : requests_)
        if (!requests.empty()) first = std::min(first, requests.front().at);
    first_of_cycle_.assign(end - first + 1, 0);
    for (const std::vector<LineRequest>& requests : requests_)
        for (std::size_t i = 0; i < requests.size() && requests[i].at < end; ++i)
            ++first_of_cycle_[requests[i].at - first + 1];
    for (std::size_t cycle = 1; cycle < first_of_cycle_.size(); ++cycle)
        first_of_cycle_[cycle] += first_of_cycle_[cycle - 1];
    order_.resize(first_of_cycle_.back());
    for (std::size_t sm = 0; sm < requests_.size(); ++sm) {
        std::vector<LineRequest>& requests = requests_[sm];
        std::size_t i = 0;
        for (; i < requests.size() && requests[i].at < end; ++i) {
            LineRequest& place = order_[first_of_cycle_[requests[i].at - first]++];
            place = requests[i];
            place.sm = static_cast<std::uint16_t>(sm);
        }
        if (i == requests.size())
            requests.clear();
        else
            requests.erase(requests.begin(), requests.begin() + static_cast<std::ptrdiff_t>(i));
    }
}

// All requests that left their SM before `end`, and all answers of the L3 TLB, in order of time: answers
// first at equal times, then requests by SM.
void GpcCluster::translate_requests(Cycle end) {
    order_requests(end);
    const auto answers = from_mmu.take();
    std::size_t answer = 0;
    const auto take_answers = [&](Cycle until) {
        for (; answer < answers.size() && clock_.at_or_after(answers[answer].time) <= until; ++answer) {
            shoot_down(answers[answer].time);
            for (const ClusterMmu::Answer& found : mmu.fill(answers[answer].time, answers[answer].message)) {
                const LineRequest line = parked_[found.handle];
                free_parked_.push_back(found.handle);
                const Cycle ready = clock_.at_or_after(found.ready);
                if (found.fault)
                    refuse(line, ready);
                else
                    route(line, ready, found.physical);
            }
        }
    };
    for (const LineRequest& line : order_) {
        take_answers(line.at);
        shoot_down(clock_.edge(line.at));
        std::uint32_t handle = static_cast<std::uint32_t>(parked_.size());
        if (!free_parked_.empty()) handle = free_parked_.back();
        const auto hit = mmu.translate(clock_.edge(line.at), {tpc_of_[line.sm], line.space, line.instance,
                                                              line.tenant, line.page, line.line, handle});
        if (hit) {
            route(line, clock_.at_or_after(hit->ready), hit->physical);
        } else if (handle == parked_.size()) {
            parked_.push_back(line);
        } else {
            free_parked_.pop_back();
            parked_[handle] = line;
        }
    }
    take_answers(end);
}

void GpcCluster::shoot_down(Tick until) {
    for (; !shootdowns_.empty() && shootdowns_.front().first <= until; shootdowns_.erase(shootdowns_.begin()))
        mmu.shootdown(shootdowns_.front().second);
}

// A translated request goes to the queue of the GPC port.
void GpcCluster::route(const LineRequest& line, Cycle ready, Address physical) {
    const SliceLocation home = map_->slice_of(physical);
    const bool somewhere = home.slice != Location::nowhere;
    const std::uint16_t slice = somewhere ? map_->near_slice(home.slice, partition_) : home.slice;
    if (!somewhere || (!routes_.empty() && !routes_[index(line.instance)][slice])) {
        no_route += 1;
        faults->send(clock_.edge(ready), {FaultReport::Kind::NoRoute, line.instance, line.tenant, physical});
        return refuse(line, ready);
    }
    const bool write = changes_memory(line.operation);
    const std::uint32_t bytes = write ? std::max(header_, bytes_of(line.sectors)) : header_;
    const std::uint32_t tag = line.tag | std::uint32_t{line.sm} << sm_shift;
    PortLane& out = lane(line.instance);
    const Cycle at = out.tree.to_gpc_port(line.sm, ready, bytes);
    if (!write)
        trip(line.sm, tag) = {static_cast<std::uint32_t>(at - ready),
                              static_cast<std::uint32_t>(ready - line.at)};
    port_wait[line.tenant] += at - ready;
    if (write) bytes_written[line.tenant] += bytes_of(line.sectors);
    to_l2.fetch_ahead(slices_[slice]);
    out.queue.push_back({at,
                         {physical, tag, id, line.sectors, line.operation, line.instance, line.tenant},
                         slices_[slice],
                         bytes});
}

// First come first served: the head waits for the port and for a buffer at its slice.
void GpcCluster::send_requests(PortLane& lane, Tick end) {
    for (; lane.head < lane.queue.size(); ++lane.head) {
        const Outgoing& out = lane.queue[lane.head];
        Cycle at = out.at;
        if (Credits* credits = to_l2.credits(out.slice)) {
            if (credits->next() >= end) break;
            at = std::max(at, clock_.at_or_after(credits->next()));
            credits->take();
        }
        const Cycle leaves = lane.tree.gpc_request().pass(at, out.bytes);
        if (!changes_memory(out.request.operation))
            trip(sm_of(out.request.tag), out.request.tag).crossbar +=
                static_cast<std::uint32_t>(leaves - out.at);
        port_wait[out.request.tenant] += leaves - out.at;
        requests_sent += 1;
        to_l2[out.slice].send(clock_.edge(leaves), out.request);
    }
    if (lane.head == lane.queue.size() || lane.head > 4096) {
        lane.queue.erase(lane.queue.begin(), lane.queue.begin() + static_cast<std::ptrdiff_t>(lane.head));
        lane.head = 0;
    }
}

// A refused request is answered like any other, after the way it would have travelled: its SM must not hang.
void GpcCluster::refuse(const LineRequest& line, Cycle at) {
    const Cycle back = at + refusal_latency_;
    const LineReply reply{back, line.tag, line.sectors, true, {}};
    if (Sm::is_multicast(line.tag)) refuse_peers(line.sm, reply);
    sms_[line.sm].reply(reply);
    next_[line.sm] = std::min(next_[line.sm], back);
}

std::vector<Wait> GpcCluster::waits() const {
    std::vector<Wait> waits;
    for (std::size_t sm = 0; sm < sms_.size(); ++sm)
        if (sms_[sm].resident())
            waits.push_back({"SM " + std::to_string(number_[sm]),
                             "CTAs resident, lines in flight " + std::to_string(sms_[sm].lines_in_flight()),
                             TenantId{}, sms_[sm].resident()});
    for (const PortLane& lane : lanes_)
        if (lane.head < lane.queue.size())
            waits.push_back({"GPC request port",
                             "a buffer at block " + std::to_string(index(lane.queue[lane.head].slice)),
                             lane.queue[lane.head].request.tenant, lane.queue.size() - lane.head});
    if (mmu.waiting()) waits.push_back({"GPC TLB", "translations", TenantId{}, mmu.waiting()});
    return waits;
}

} // namespace migsim
