// SPDX-License-Identifier: Apache-2.0
#include "models/gpu/gpc_cluster.h"

#include <algorithm>

#include "models/base/fetch_ahead.h"

namespace migsim {
namespace {

std::vector<SmSeat> seats_of(const ClusterSetup& setup) {
    std::vector<SmSeat> seats;
    for (const ClusterSeat& seat : setup.seats) seats.push_back({seat.tpc, seat.cpc});
    return seats;
}

unsigned tpcs_of(const ClusterSetup& setup) {
    unsigned tpcs = 0;
    for (const ClusterSeat& seat : setup.seats) tpcs = std::max(tpcs, seat.tpc + 1u);
    return tpcs;
}

} // namespace

GpcCluster::GpcCluster(Windows& windows, const ClusterSetup& setup)
    : clock_(setup.clock),
      id(windows.add(*this)),
      from_front_end(windows, id),
      stops(windows, id),
      clock_changes(windows, id),
      instance_changes(windows, id),
      from_l2(windows, id),
      from_mmu(windows, id),
      from_sms(windows, id),
      mmu(setup.mmu, clock_, setup.tables, id, tpcs_of(setup), setup.tlb_wall, setup.tlb_shares),
      map_(&setup.map),
      partition_(setup.partition),
      slices_(setup.slices),
      routes_(setup.routes),
      later_(setup.later),
      crossbar_(setup.crossbar),
      seats_(seats_of(setup)),
      header_(setup.crossbar.header),
      refusal_latency_(setup.crossbar.request_latency + setup.crossbar.response_latency),
      outstanding_(setup.sm.outstanding_lines),
      lane_of_(max_instances, 0),
      trips_(setup.seats.size() * outstanding_) {
    for (const ClusterSeat& seat : setup.seats) {
        if (seat.sm >= local_.size()) local_.resize(seat.sm + 1u);
        local_[seat.sm] = static_cast<std::uint16_t>(sms_.size());
        number_.push_back(seat.sm);
        tpc_of_.push_back(seat.tpc);
        sms_.emplace_back(setup.sm, setup.crossbar.sm_request, header_, sm_stats_);
    }
    next_.assign(sms_.size(), never);
    requests_.resize(sms_.size());
    for (const auto& [instance, numbers] : setup.sms)
        for (const std::uint16_t sm : numbers) sms_of_[instance].push_back(local_[sm]);
    if (setup.port_shares.empty()) lanes_.push_back({PortTree(crossbar_, seats_), {}, 0});
    for (const PortShare& share : setup.port_shares) add_lane(share);
    for (const auto& [instance, later] : later_) mmu.check(instance, later.tlb_shares);
}

void GpcCluster::add_lane(const PortShare& share) {
    lane_of_[index(share.instance)] = static_cast<std::uint8_t>(lanes_.size());
    lanes_.push_back({PortTree(crossbar_, seats_, share.numerator, share.denominator), {}, 0});
}

Tick GpcCluster::turn(Tick end) {
    for (const Arrival<ClockChange>& change : clock_changes.take())
        clock_.change(change.message.at, change.message.mhz);
    const Cycle end_cycle = clock_.at_or_after(end);
    take_changes();
    take_responses();
    take_launches();
    take_news();
    run_sms(end_cycle);
    translate_requests(end_cycle);
    for (PortLane& lane : lanes_) send_requests(lane, end);
    if (!ending_.empty()) let_go();

    Cycle next = *std::min_element(next_.begin(), next_.end());
    for (const std::vector<LineRequest>& requests : requests_)
        if (!requests.empty()) next = std::min(next, requests.front().at);
    return next == never ? never : std::max(end, clock_.edge(next));
}

void GpcCluster::take_changes() {
    for (const Arrival<InstanceChange>& arrival : instance_changes.take())
        if (arrival.message.kind == InstanceChange::Kind::Create)
            create(arrival.message.instance);
        else
            ending_.emplace_back(arrival.time, arrival.message.instance);
}

// Instances that share this GPC with it keep what they have, also where walls split ports and TLBs.
void GpcCluster::create(InstanceId instance) {
    const InstanceInGpc& later = later_.at(instance);
    map_ = later.map;
    if (!routes_.empty()) routes_[index(instance)] = later.routes;
    if (later.port) add_lane(*later.port);
    mmu.admit(instance, later.tlb_shares);
}

// An instance that is to end is gone when its last posted store is acknowledged. Its translations go a link's
// length later, which no window is longer than: instances that share the TLBs see it at one tick.
void GpcCluster::let_go() {
    std::erase_if(ending_, [&](const auto& ending) {
        const auto& [told, instance] = ending;
        const Cycle heard = clock_.at_or_after(told);
        Tick since = told;
        for (const std::uint16_t sm : sms_of_.at(instance)) {
            if (!sms_[sm].quiet()) return false;
            const Cycle last = sms_[sm].last_reply(); // older ones the clock may have forgotten
            if (last >= heard) since = std::max(since, clock_.edge(last));
        }
        if (!routes_.empty()) routes_[index(instance)].assign(slices_.size(), false);
        const std::pair shootdown{since + to_gsp->latency(), instance};
        shootdowns_.insert(std::upper_bound(shootdowns_.begin(), shootdowns_.end(), shootdown), shootdown);
        to_gsp->send(since, {instance});
        return true;
    });
}

void GpcCluster::take_responses() {
    const auto arrivals = from_l2.take();
    for (const Arrival<MemoryResponse>& arrival : arrivals) {
        const MemoryResponse& response = arrival.message;
        const std::uint16_t sm = sm_of(response.tag);
        if (&arrival + trips_ahead < arrivals.data() + arrivals.size()) {
            const std::uint32_t tag = (&arrival + trips_ahead)->message.tag;
            if (!Sm::is_store(tag)) migsim::fetch_ahead(&trip(sm_of(tag), tag));
        }
        const std::uint32_t bytes = response.sectors ? bytes_of(response.sectors) : header_;
        const Cycle at = clock_.at_or_after(arrival.time);
        PortTree& tree = lane(response.instance).tree;
        const Cycle passed = tree.gpc_response().pass(at, bytes);
        const Cycle done = tree.below_gpc_port(sm, passed, bytes);
        const auto waited = static_cast<std::uint32_t>(done - tree.unloaded_to_sm(sm, at, bytes));
        LineReply reply{done,
                        response.tag & ~(0x7fu << sm_shift),
                        response.sectors,
                        response.outcome == Outcome::Fault,
                        {waited, 0, 0, 0}};
        if (!Sm::is_store(response.tag)) { // a load: its trip says what it waited for on the way out
            const Trip& out = trip(sm, response.tag);
            reply.waits = {waited + out.crossbar, cycles(response.waits.l2 + response.waits.link),
                           cycles(response.waits.memory), out.mmu};
        }
        if (Sm::is_multicast(reply.tag)) multicast(sm, reply, response, at, passed);
        sms_[sm].reply(reply);
        next_[sm] = std::min(next_[sm], done);
        responses_received += 1;
        response_wait[response.tenant] += waited;
        bytes_read[response.tenant] += bytes_of(response.sectors);
        if (reply.fault) { // what the response says of its instance may be forged: the SM knows who asked
            const CtaLaunch& asker = sms_[sm].asker(response.tag);
            faults->send(arrival.time, {FaultReport::Kind::ForeignSlice, asker.instance, asker.tenant, 0});
        }
    }
}

void GpcCluster::take_launches() {
    for (const Arrival<CtaLaunch>& arrival : from_front_end.take()) {
        const std::uint16_t sm = local_[arrival.message.sm];
        const Cycle at = clock_.at_or_after(arrival.time);
        if (arrival.message.cluster) { // the CTAs of a cluster arrive together, by rank
            CtaCluster& cluster = cta_clusters_[arrival.message.cluster];
            cluster.sms.push_back(sm);
            ++cluster.running;
        }
        sms_[sm].launch(at, arrival.message);
        next_[sm] = std::min(next_[sm], at);
    }
    for (const Arrival<StopInstance>& arrival : stops.take())
        for (std::size_t sm = 0; sm < sms_.size(); ++sm) {
            const Cycle at = clock_.at_or_after(arrival.time);
            sms_[sm].stop(at, arrival.message.instance);
            next_[sm] = std::min(next_[sm], at);
        }
}

void GpcCluster::run_sms(Cycle end) {
    for (std::size_t sm = 0; sm < sms_.size(); ++sm) {
        if (sm + 1 < sms_.size()) sms_[sm + 1].fetch_ahead();
        if (next_[sm] >= end) continue;
        next_[sm] = sms_[sm].run(end, requests_[sm], ends_, news_);
        for (const NewsOut& out : news_) to_sms->send(clock_.edge(out.at), out.news);
        news_.clear();
        for (const CtaEnd& done : ends_) {
            if (done.cluster && --cta_clusters_[done.cluster].running == 0) cta_clusters_.erase(done.cluster);
            StallTime stalls;
            const auto ps = [&](std::uint64_t stalled) { return stalled * us / clock_.mhz(); };
            stalls.unloaded = ps(done.stalls.unloaded);
            stalls.sm = ps(done.stalls.sm);
            stalls.crossbar = ps(done.stalls.crossbar);
            stalls.l2 = ps(done.stalls.l2);
            stalls.memory = ps(done.stalls.memory);
            stalls.mmu = ps(done.stalls.mmu);
            to_front_end->send(clock_.edge(done.at), {done.launch, number_[sm], done.faulted, done.instance,
                                                      done.tenant, done.dispatched, stalls});
        }
        ends_.clear();
    }
}

} // namespace migsim
