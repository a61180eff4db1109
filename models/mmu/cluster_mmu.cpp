// SPDX-License-Identifier: Apache-2.0
#include "models/mmu/cluster_mmu.h"

#include <cassert>
#include <utility>

namespace migsim {

ClusterMmu::ClusterMmu(const ClusterMmuParams& params, const Clock& clock, const PageTables& tables,
                       BlockId cluster, unsigned tpcs, bool wall, std::span<const InstanceShare> shares)
    : clock_(clock),
      tables_(tables),
      cluster_(cluster),
      utlb_latency_(params.utlb_latency),
      gpc_latency_(params.gpc_latency),
      params_(params),
      wall_(wall),
      utlbs_(tpcs, Utlb(params.utlb_entries)) {
    for (unsigned tpc = 0; tpc < tpcs; ++tpc)
        group_of_.push_back(static_cast<std::uint16_t>(tpc * params.gpc_groups / tpcs));
    const Split split(wall, shares);
    for (unsigned part = 0; part < split.parts(); ++part) add_part(split, part);
    for (const InstanceShare& share : shares)
        part_of_[index(share.instance)] = static_cast<std::uint8_t>(split.part(share.instance));
}

ClusterMmu::Size ClusterMmu::size_of(const Split& split, unsigned part) const {
    return {split.of(params_.gpc_sets, part, "sets of a GPC TLB"),
            split.of(params_.gpc_misses, part, "misses of a GPC TLB")};
}

void ClusterMmu::check(InstanceId instance, std::span<const InstanceShare> shares) const {
    if (!wall_) return;
    const Split split(wall_, shares);
    size_of(split, split.part(instance));
}

void ClusterMmu::add_part(const Split& split, unsigned part) {
    const auto [sets, misses] = size_of(split, part);
    for (unsigned group = 0; group < params_.gpc_groups; ++group)
        tlbs_.push_back({.tags = TlbArray(sets, params_.gpc_ways),
                         .max_misses = misses,
                         .joined = std::vector<Waiters::List>(misses)});
}

void ClusterMmu::admit(InstanceId instance, std::span<const InstanceShare> shares) {
    if (!wall_) return;
    const Split split(wall_, shares);
    part_of_[index(instance)] = static_cast<std::uint8_t>(tlbs_.size() / params_.gpc_groups);
    add_part(split, split.part(instance));
}

TlbPlace ClusterMmu::place_of(const Lookup& lookup) {
    return migsim::place_of(lookup.space, lookup.instance, lookup.size, page_of(lookup));
}

// Pages whose table entries one walk reads together are one miss.
TlbKey ClusterMmu::line_of(const Lookup& lookup) {
    return tlb_key(lookup.space, lookup.instance, lookup.size, page_of(lookup) / pages_per_line(lookup.size));
}

unsigned ClusterMmu::tlb_of(const Lookup& lookup) const {
    return part_of_[index(lookup.instance)] * params_.gpc_groups + group_of_[lookup.tpc];
}

// One lookup per clock, in order of arrival; returns when the tags have answered.
Tick ClusterMmu::pass(Tlb& tlb, Tick at) {
    const Cycle start = std::max(clock_.at_or_after(at), tlb.port_free);
    tlb.port_free = start + 1;
    return clock_.edge(start + gpc_latency_);
}

// Of a page known to be valid.
Address ClusterMmu::frame_of(const Lookup& lookup) const {
    return *tables_[lookup.space]->frame(page_of(lookup), lookup.size);
}

std::optional<ClusterMmu::Hit> ClusterMmu::utlb_miss(Tick at, const Lookup& lookup, TlbKey key) {
    utlb_misses[lookup.tenant] += 1;
    const unsigned number = tlb_of(lookup);
    Tlb& tlb = tlbs_[number];
    const Tick looked_up = pass(tlb, after_utlb(at));
    if (tlb.tags.lookup(place_of(lookup))) {
        gpc_hits[lookup.tenant] += 1;
        wait[lookup.tenant] += looked_up - at;
        const Address base = frame_of(lookup) << shift(lookup.size);
        utlbs_[lookup.tpc].insert(key, {base, looked_up});
        return Hit{looked_up, base | offset(lookup)};
    }
    gpc_misses[lookup.tenant] += 1;
    const Waiter waiter{lookup, at, looked_up};
    if (!join_or_send(number, waiter)) {
        stalled[lookup.tenant] += 1;
        waiters_.push(tlb.stalled, waiter);
    }
    return std::nullopt;
}

bool ClusterMmu::join_or_send(unsigned number, const Waiter& waiter) {
    const Lookup& lookup = waiter.lookup;
    Tlb& tlb = tlbs_[number];
    const TlbKey key = line_of(lookup);
    if (const auto miss = tlb.misses.find(key)) {
        merged[lookup.tenant] += 1;
        waiters_.push(tlb.joined[*miss], waiter);
        return true;
    }
    if (tlb.misses.size() == tlb.max_misses) return false;
    const std::uint16_t miss = tlb.misses.open(key);
    waiters_.push(tlb.joined[miss], waiter);
    send(number, miss, lookup, waiter.looked_up);
    return true;
}

void ClusterMmu::send(unsigned tlb, std::uint16_t miss, const Lookup& lookup, Tick at) {
    assert(to_l3 && "the cluster's MMU is not wired");
    to_l3->send(at, {.page = page_of(lookup),
                     .tag = tlb << 16 | miss,
                     .requester = cluster_,
                     .space = lookup.space,
                     .size = lookup.size,
                     .instance = lookup.instance,
                     .tenant = lookup.tenant});
}

std::span<const ClusterMmu::Answer> ClusterMmu::fill(Tick at, const TranslationResponse& response) {
    answers_.clear();
    const unsigned number = response.tag >> 16;
    const auto miss = static_cast<std::uint16_t>(response.tag & 0xffff);
    Tlb& tlb = tlbs_[number];
    const Tick now = clock_.edge(clock_.at_or_after(at));
    if (response.valid)
        tlb.tags.fill(migsim::place_of(response.space, response.instance, response.size, response.page),
                      response.valid);

    Waiters::List waiting = std::exchange(tlb.joined[miss], {});
    while (!waiting.empty()) {
        const Waiter waiter = waiters_.pop(waiting);
        const Address page = page_of(waiter.lookup);
        const Tick ready = std::max(now, waiter.looked_up);
        if (page == response.page)
            answer(waiter, ready, response.fault ? std::nullopt : std::optional(response.frame));
        else if (response.valid >> (page % pages_per_entry) & 1)
            answer(waiter, ready, frame_of(waiter.lookup));
        else // not valid in this line of entries: it gets its own refusal
            waiters_.push(tlb.joined[miss], waiter);
    }
    if (tlb.joined[miss].empty())
        tlb.misses.close(miss);
    else
        send(number, miss, waiters_.front(tlb.joined[miss]).lookup, now);
    serve_stalled(number, now);
    return answers_;
}

// A miss became free and a line of entries came: those that wait look again, in order, up to one that finds
// neither its page, nor a miss to join, nor a free one.
void ClusterMmu::serve_stalled(unsigned number, Tick at) {
    Tlb& tlb = tlbs_[number];
    while (!tlb.stalled.empty()) {
        Waiter waiter = waiters_.front(tlb.stalled);
        const Lookup& lookup = waiter.lookup;
        const bool hit = tlb.tags.lookup(place_of(lookup)) != 0;
        if (!hit && tlb.misses.size() == tlb.max_misses && !tlb.misses.find(line_of(lookup))) return;
        waiters_.pop(tlb.stalled);
        waiter.looked_up = pass(tlb, std::max(at, waiter.looked_up));
        if (hit)
            answer(waiter, waiter.looked_up, frame_of(lookup));
        else
            join_or_send(number, waiter);
    }
}

void ClusterMmu::answer(const Waiter& waiter, Tick ready, std::optional<Address> frame) {
    const Lookup& lookup = waiter.lookup;
    wait[lookup.tenant] += ready - waiter.asked;
    if (!frame) {
        faults[lookup.tenant] += 1;
        answers_.push_back({lookup.handle, true, ready, 0});
        return;
    }
    const Address base = *frame << shift(lookup.size);
    utlbs_[lookup.tpc].insert(tlb_key(lookup.space, lookup.instance, lookup.size, page_of(lookup)),
                              {base, ready});
    answers_.push_back({lookup.handle, false, ready, base | offset(lookup)});
}

void ClusterMmu::shootdown(InstanceId instance) {
    for (Utlb& utlb : utlbs_) utlb.drop(instance);
    for (Tlb& tlb : tlbs_) tlb.tags.drop(instance);
}

} // namespace migsim
