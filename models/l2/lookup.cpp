// SPDX-License-Identifier: Apache-2.0
// What a request does at its tag decision. A Stall other than None leaves everything as it was.
#include <algorithm>
#include <bit>

#include "models/l2/l2_slice.h"

namespace migsim {

L2Slice::Stall L2Slice::serve(Visit& visit) {
    const MemoryRequest& request = visit.request;
    const SliceLocation& home = visit.home;
    if (request.operation == Operation::Invalidate) {
        drop_copy(LineKey::copy(home.slice_line));
        return Stall::None;
    }
    // Enforcement: the address need not belong to whom the request claims to come from.
    if (wall_ && owner_ && (request.instance != owner_ || map_->owner(request.address) != owner_))
        return fault(visit);
    if (home.slice == slice_) {
        const LineKey key = LineKey::home(home.slice_line);
        if (request.operation == Operation::Write) return write(visit, key);
        if (request.operation == Operation::Atomic) return atomic(visit, key);
        return read(visit, key);
    }
    if (!paired_ || home.slice != peer_slice_ || visit.from_peer) return fault(visit); // not served here
    const LineKey key = LineKey::copy(home.slice_line);
    return request.operation == Operation::Read ? read(visit, key) : pass_on(visit, key);
}

L2Slice::Stall L2Slice::fault(const Visit& visit) {
    faults += 1;
    answer(visit, 0, Outcome::Fault);
    return Stall::None;
}

L2Slice::Stall L2Slice::read(const Visit& visit, LineKey key) {
    const MemoryRequest& request = visit.request;
    LineSet& set = tags_.set_of(key);
    const unsigned way = set.find(key.value);
    if (way == LineSet::max_ways || request.sectors & ~set.valid(way)) return miss(visit, key, set, way);
    tags_.touch(set, way);
    if (visit.from_peer && request.operation == Operation::Read) set.set_copied(way);
    lookups += 1;
    (key.is_copy() ? copy_hits : home_hits)[request.tenant] += 1;
    answer(visit, request.sectors, visit.from_peer ? Outcome::FarHit : Outcome::NearHit);
    return Stall::None;
}

// Sectors are written whole, so nothing is fetched for them.
L2Slice::Stall L2Slice::write(const Visit& visit, LineKey key) {
    const MemoryRequest& request = visit.request;
    LineSet& set = tags_.set_of(key);
    unsigned way = set.find(key.value);
    const bool placed = way != LineSet::max_ways;
    if (!placed && waiting_writes_ >= write_buffer_) return Stall::WriteBuffer;
    const bool hit = placed && set.valid(way); // not if it is only on its way
    const bool invalidate = !visit.from_peer && may_be_copied(set, way);
    if (invalidate && link_full()) return Stall::Link;

    const LineOwner owner = LineOwner::of(request.instance, request.tenant);
    if (!placed) way = place(visit.now, set, key, owner);
    tags_.touch(set, way);
    set.add_dirty(way, request.sectors);
    set.own(way, owner);
    set.clear_copied(way);
    if (invalidate) invalidate_copy(visit.now, key, request.instance, request.tenant);
    lookups += 1;
    (hit ? home_hits : misses)[request.tenant] += 1;
    answer(visit, 0, Outcome::Done);
    return Stall::None;
}

L2Slice::Stall L2Slice::atomic(Visit& visit, LineKey key) {
    const MemoryRequest& request = visit.request;
    LineSet& set = tags_.set_of(key);
    const unsigned way = set.find(key.value);
    if (way == LineSet::max_ways || request.sectors & ~set.valid(way)) return miss(visit, key, set, way);
    for (const Performed& performed : performed_)
        if (performed.key == key.value && performed.done > visit.now)
            visit.retry = std::max(visit.retry, performed.done);
    if (visit.retry) return Stall::Atomic;
    if (!visit.from_peer && may_be_copied(set, way) && link_full()) return Stall::Link;
    perform_atomic(visit.now, key, request.sectors, LineOwner::of(request.instance, request.tenant),
                   visit.from_peer);
    lookups += 1;
    home_hits[request.tenant] += 1;
    answer(visit, request.sectors, visit.from_peer ? Outcome::FarHit : Outcome::NearHit);
    return Stall::None;
}

// Reads join a fetch of their line that is on its way; an atomic waits at the head of line instead.
L2Slice::Stall L2Slice::miss(const Visit& visit, LineKey key, LineSet& set, unsigned way) {
    const MemoryRequest& request = visit.request;
    const bool placed = way != LineSet::max_ways;
    const SectorMask there = placed ? set.valid(way) : SectorMask{0};
    const auto missing = static_cast<SectorMask>(request.sectors & ~there);
    Mshr* mshr = mshrs_.find(key);
    if (mshr ? request.operation == Operation::Atomic || !mshrs_.can_join(*mshr) : false)
        return Stall::Waiters;
    if (!mshr && !mshrs_.available(visit.from_peer)) return Stall::Mshr;
    const auto wanted = static_cast<SectorMask>(missing & ~(mshr ? mshr->pending : 0));
    if (wanted && waiting_writes_ >= write_buffer_)
        return Stall::WriteBuffer; // the fill may drive a line out
    if (wanted && key.is_copy() && link_full()) return Stall::Link;

    const Waiter waiter{request.tag,
                        visit.waited,
                        static_cast<std::uint32_t>(visit.now),
                        0,
                        request.requester,
                        request.sectors,
                        missing,
                        request.operation,
                        request.instance,
                        request.tenant,
                        visit.from_peer};
    if (placed) tags_.touch(set, way);
    sector_misses += there != 0;
    merges += mshr != nullptr;
    lookups += 1;
    misses[request.tenant] += 1;
    if (mshr) {
        mshrs_.join(*mshr, waiter);
    } else {
        mshr = &mshrs_.allocate(key, waiter);
        if (!placed) {
            mshr->evictor = TagArray::take_evictor(set, key, request.tenant);
            tags_.touch(set, place(visit.now, set, key, LineOwner::of(request.instance, request.tenant)));
        }
    }
    if (wanted) fetch(visit, *mshr, wanted);
    return Stall::None;
}

void L2Slice::fetch(const Visit& visit, Mshr& mshr, SectorMask sectors) {
    const MemoryRequest& request = visit.request;
    const auto number = static_cast<unsigned>(std::countr_zero(sectors));
    mshr.pending |= sectors;
    mshr.fetched[number] = sectors;
    mshr.fetches[number] = {static_cast<std::uint32_t>(visit.now), 0};
    const std::uint32_t tag = mshrs_.index(mshr) << 2 | number;
    if (mshr.key.is_copy()) {
        send_to_peer(visit.now,
                     {request.address, tag, id, sectors, Operation::Read, request.instance, request.tenant});
    } else {
        const ChannelLocation to = map_->channel_of(slice_, mshr.key.slice_line());
        send_to_memory(visit.now, to.channel,
                       {to.channel_line, tag, id, sectors, false, request.instance, request.tenant});
    }
}

// To the home of the line, past our copy of it, which is out of date from here on.
L2Slice::Stall L2Slice::pass_on(const Visit& visit, LineKey copy) {
    if (link_full()) return Stall::Link;
    drop_copy(copy);
    const MemoryRequest& request = visit.request;
    if (free_transits_.empty()) {
        free_transits_.push_back(static_cast<std::uint32_t>(transits_.size()));
        transits_.emplace_back();
    }
    const std::uint32_t i = free_transits_.back();
    free_transits_.pop_back();
    transits_[i] = {request.tag, visit.waited, 0, request.requester};
    passed_on += 1;
    send_to_peer(visit.now, {request.address, transit_flag | i, id, request.sectors, request.operation,
                             request.instance, request.tenant});
    return Stall::None;
}

// Also a copy still on its way: its readers get it, nobody later does.
void L2Slice::drop_copy(LineKey copy) {
    LineSet& set = tags_.set_of(copy);
    const unsigned way = set.find(copy.value);
    if (way != LineSet::max_ways) {
        copies_dropped += set.valid(way) != 0;
        set.drop(way);
    }
    if (Mshr* mshr = mshrs_.find(copy)) mshrs_.close(*mshr);
}

// A line that is not here may have been copied before it left.
bool L2Slice::may_be_copied(const LineSet& set, unsigned way) const {
    return paired_ && (way == LineSet::max_ways || set.copied(way));
}

void L2Slice::invalidate_copy(Cycle now, LineKey key, InstanceId instance, TenantId tenant) {
    invalidates_sent += 1;
    send_to_peer(now, {map_->address_of(slice_, key.slice_line()), 0, id, all_sectors, Operation::Invalidate,
                       instance, tenant});
}

void L2Slice::perform_atomic(Cycle now, LineKey key, SectorMask sectors, LineOwner owner, bool from_peer) {
    LineSet& set = tags_.set_of(key);
    unsigned way = set.find(key.value);
    if (!from_peer && may_be_copied(set, way)) invalidate_copy(now, key, owner.instance(), owner.tenant());
    if (way == LineSet::max_ways) way = place(now, set, key, owner);
    tags_.touch(set, way);
    set.add_dirty(way, sectors);
    set.own(way, owner);
    set.clear_copied(way);
    performed_[next_performed_] = {key.value, now + atomic_cycles_};
    if (++next_performed_ == performed_.size()) next_performed_ = 0;
    atomics += 1;
}

// From this slice's own data, at the decision.
void L2Slice::answer(const Visit& visit, SectorMask sectors, Outcome outcome) {
    const MemoryRequest& request = visit.request;
    respond(visit.from_peer, visit.now + data_cycles_,
            {request.tag,
             request.requester,
             sectors,
             outcome,
             request.instance,
             request.tenant,
             request.tenant,
             {visit.waited, 0, 0}});
}

// Hits and fills are ready the same time after their event, so the ports serve in the order of calls.
void L2Slice::respond(bool to_peer, Cycle ready, MemoryResponse response) {
    ResponsePort& port = to_peer ? peer_out_ : crossbar_out_;
    const Cycle leaves = std::max(ready, port.free);
    port.free = leaves + port.cycles[sectors_in(response.sectors)];
    if (leaves != ready) {
        const std::uint32_t waited = ps(ready, leaves);
        (to_peer ? response.waits.link : response.waits.l2) += waited;
        port_wait[response.tenant] += waited;
    }
    responses += 1;
    if (to_peer) {
        to_near[response.requester].send(clock_.edge(leaves), response);
    } else {
        bytes_out[response.tenant] += bytes_of(response.sectors);
        to_crossbar[response.requester].send(clock_.edge(leaves), response);
    }
}

} // namespace migsim
