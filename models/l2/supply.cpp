// SPDX-License-Identifier: Apache-2.0
// What comes back to the slice, what it drives out, and the queues of what leaves it.
#include <algorithm>
#include <bit>

#include "models/l2/l2_slice.h"

namespace migsim {

namespace {

// A request that joined a fetch `head_start` ps after it left waited only for what the fetch waited beyond
// that.
void forgive(MemoryWaits& waits, std::uint64_t head_start) {
    for (std::uint32_t* wait : {&waits.memory, &waits.link, &waits.l2}) {
        const auto part = static_cast<std::uint32_t>(std::min<std::uint64_t>(*wait, head_start));
        *wait -= part;
        head_start -= part;
    }
}

} // namespace

void L2Slice::fill(Cycle now, const ChannelResponse& response) {
    Mshr& mshr = mshrs_[response.tag >> 2];
    const unsigned number = response.tag & 3;
    deliver(
        now, mshr, number,
        {response.fault, Outcome::NearMiss, mshr.evictor, {0, 0, mshr.fetches[number].wait + response.wait}});
}

void L2Slice::home_answer(Cycle now, const MemoryResponse& response) {
    if (response.tag & transit_flag) {
        const std::uint32_t i = response.tag & ~transit_flag;
        const Transit& transit = transits_[i];
        MemoryResponse passed = response;
        passed.tag = transit.tag;
        passed.requester = transit.requester;
        passed.waits.l2 += transit.l2_wait;
        passed.waits.link += transit.link_wait;
        free_transits_.push_back(i);
        respond(false, now + data_cycles_, passed);
        return;
    }
    Mshr& mshr = mshrs_[response.tag >> 2];
    const unsigned number = response.tag & 3;
    const TenantId evictor = response.evictor != response.tenant ? response.evictor : mshr.evictor;
    MemoryWaits waits = response.waits;
    waits.link += mshr.fetches[number].wait;
    deliver(now, mshr, number, {response.outcome == Outcome::Fault, response.outcome, evictor, waits});
}

void L2Slice::deliver(Cycle now, Mshr& mshr, unsigned number, const Supply& supply) {
    const SectorMask arrived = mshr.fetched[number];
    if (!mshr.closed) {
        LineSet& set = tags_.set_of(mshr.key);
        unsigned way = set.find(mshr.key.value);
        if (supply.fault) {
            if (way != LineSet::max_ways && !set.valid(way)) set.drop(way);
        } else {
            if (way == LineSet::max_ways) { // its place has gone to another line meanwhile
                way = place(now, set, mshr.key, LineOwner::of(mshr.first.instance, mshr.first.tenant));
                tags_.touch(set, way);
            }
            if (mshr.key.is_copy()) copies_filled += !set.valid(way);
            set.add_valid(way, arrived);
        }
    }
    const Cycle issued = earlier(now, mshr.fetches[number].issued);
    mshrs_.arrive(mshr, arrived, [&](const Waiter& waiter) { settle(now, mshr, issued, waiter, supply); });
    if (mshr.pending == 0) mshrs_.release(mshr);
}

void L2Slice::settle(Cycle now, const Mshr& mshr, Cycle issued, const Waiter& waiter, const Supply& supply) {
    MemoryWaits waits = supply.waits;
    const Cycle decided = earlier(now, waiter.decided);
    if (decided != issued) forgive(waits, clock_.edge(decided) - clock_.edge(issued));
    waits.l2 += waiter.l2_wait;

    Outcome outcome = supply.outcome;
    if (supply.fault) {
        outcome = Outcome::Fault;
        faults += 1;
    } else if (waiter.operation == Operation::Atomic) {
        perform_atomic(now, mshr.key, waiter.sectors, LineOwner::of(waiter.instance, waiter.tenant),
                       waiter.from_peer);
    } else if (waiter.from_peer && waiter.operation == Operation::Read) {
        LineSet& set = tags_.set_of(mshr.key);
        const unsigned way = set.find(mshr.key.value);
        if (way != LineSet::max_ways) set.set_copied(way);
    }
    if (waiter.from_peer && outcome == Outcome::NearMiss) outcome = Outcome::FarMiss;
    const bool foreign = supply.evictor != mshr.first.tenant;
    respond(waiter.from_peer, now + data_cycles_,
            {waiter.tag, waiter.requester, supply.fault ? SectorMask{0} : waiter.sectors, outcome,
             waiter.instance, waiter.tenant, foreign ? supply.evictor : waiter.tenant, waits});
}

unsigned L2Slice::place(Cycle now, LineSet& set, LineKey key, LineOwner owner) {
    const unsigned way = tags_.victim(set);
    if (set.valid(way)) evict(now, set, way, owner);
    set.keys[way] = key.value;
    set.sectors[way] = 0;
    set.owners[way] = owner.bits;
    if (!key.is_copy()) set.set_copied(way); // for all we know: it may have been copied and driven out before
    return way;
}

void L2Slice::evict(Cycle now, LineSet& set, unsigned way, LineOwner by) {
    const LineKey key{set.keys[way]};
    evictions += 1;
    if (set.owner(way).tenant() != by.tenant()) TagArray::remember_evictor(set, key, by.tenant());
    if (!set.dirty(way)) return;
    dirty_evictions += 1;
    if (Mshr* mshr = mshrs_.find(key); mshr && mshr->pending & set.dirty(way)) mshrs_.close(*mshr);
    const ChannelLocation to = map_->channel_of(slice_, key.slice_line());
    write_back(now, set, way, to);
    if (row_block_) clean_row(now, key, to);
}

void L2Slice::write_back(Cycle now, LineSet& set, unsigned way, ChannelLocation to) {
    const LineOwner owner = set.owner(way);
    send_to_memory(now, to.channel,
                   {to.channel_line, 0, id, set.dirty(way), true, owner.instance(), owner.tenant()});
    set.clean(way);
}

// The row will be open for the evicted line: its other dirty lines here go along (assumed), and stay, clean.
void L2Slice::clean_row(Cycle now, LineKey evicted, ChannelLocation row) {
    const std::uint32_t first = evicted.slice_line() / row_block_ * row_block_;
    for (std::uint32_t line = first; line < first + row_block_; ++line) {
        const LineKey key = LineKey::home(line);
        LineSet& set = tags_.set_of(key);
        const unsigned way = set.find(key.value);
        if (way == LineSet::max_ways || !set.dirty(way)) continue;
        const ChannelLocation to = map_->channel_of(slice_, line);
        if (to.channel != row.channel ||
            row_lines_.quotient(to.channel_line) != row_lines_.quotient(row.channel_line))
            continue;
        cleaned_lines += 1;
        write_back(now, set, way, to);
    }
}

void L2Slice::send_to_memory(Cycle now, std::uint16_t channel, const ChannelRequest& request) {
    assert(channel < channels_.size());
    ToChannel& out = channels_[channel];
    if (out.queue.empty()) {
        const Credits* credits = to_memory.credits(out.block);
        if (!credits || credits->next() <= clock_.edge(now)) return depart(now, now, out.block, request);
        waiting_channels_.push_back(channel);
        send_at_ = std::min(send_at_, departure(now, credits));
    }
    out.queue.push({now, request});
    waiting_writes_ += request.write;
}

void L2Slice::depart(Cycle now, Cycle ready, BlockId channel, const ChannelRequest& request) {
    if (!request.write) mshrs_[request.tag >> 2].fetches[request.tag & 3].wait = ps(ready, now);
    to_memory[channel].send(clock_.edge(now), request);
    if (Credits* credits = to_memory.credits(channel)) credits->take();
}

void L2Slice::send_to_peer(Cycle now, const MemoryRequest& request) {
    const Credits* credits = to_peer.credits(peer_block_);
    if (peer_queue_.empty() && link_free_ <= now && (!credits || credits->next() <= clock_.edge(now)))
        return depart_to_peer(now, now, request);
    if (peer_queue_.empty()) send_at_ = std::min(send_at_, departure(std::max(now, link_free_), credits));
    peer_queue_.push({now, request});
}

void L2Slice::depart_to_peer(Cycle now, Cycle ready, const MemoryRequest& request) {
    const unsigned sectors = changes_memory(request.operation) ? sectors_in(request.sectors) : 0;
    link_free_ = now + link_cycles_[sectors];
    if (request.operation != Operation::Invalidate) {
        const bool passed_on = request.tag & transit_flag;
        (passed_on ? transits_[request.tag & ~transit_flag].link_wait
                   : mshrs_[request.tag >> 2].fetches[request.tag & 3].wait) = ps(ready, now);
    }
    to_peer[peer_block_].send(clock_.edge(now), request);
    if (Credits* credits = to_peer.credits(peer_block_)) credits->take();
}

// The cycle at which something that is ready leaves; never, while its credit is not known to come in this
// window.
Cycle L2Slice::departure(Cycle ready, const Credits* credits) const {
    if (!credits) return ready;
    const Tick usable = credits->next();
    if (usable >= windows_.end()) return never;
    return usable <= clock_.edge(ready) ? ready : clock_.at_or_after(usable);
}

Cycle L2Slice::next_send() const {
    Cycle next = never;
    if (!peer_queue_.empty())
        next = departure(std::max(peer_queue_.front().first, link_free_), to_peer.credits(peer_block_));
    for (const std::uint16_t channel : waiting_channels_) {
        const ToChannel& out = channels_[channel];
        next = std::min(next, departure(out.queue.front().first, to_memory.credits(out.block)));
    }
    return next;
}

// Everything that can leave at `now`; what waited for room can then be tried again.
void L2Slice::send_waiting(Cycle now) {
    while (!peer_queue_.empty()) {
        const auto [ready, request] = peer_queue_.front();
        if (departure(std::max(ready, link_free_), to_peer.credits(peer_block_)) > now) break;
        depart_to_peer(now, ready, request);
        peer_queue_.pop();
    }
    std::erase_if(waiting_channels_, [&](std::uint16_t channel) {
        ToChannel& out = channels_[channel];
        while (!out.queue.empty()) {
            const auto [ready, request] = out.queue.front();
            if (departure(ready, to_memory.credits(out.block)) > now) return false;
            depart(now, ready, out.block, request);
            waiting_writes_ -= request.write;
            out.queue.pop();
        }
        return true;
    });
    send_at_ = next_send();
    unblock(now);
    if (flushing_ && waiting_writes_ == 0) say_gone(now);
}

// The owner has ended: whoever comes next finds nothing of it. Simplified: looking through the tags takes no
// time, only what is written back does.
void L2Slice::flush(Cycle now) {
    assert(mshrs_.used() == 0 && "the clusters and walkers of an instance are quiet before its slices are");
    tags_.for_each_line([&](LineSet& set, unsigned way) {
        flushed_lines += 1;
        if (!set.dirty(way)) return;
        flushed_dirty_lines += 1;
        const LineKey key{set.keys[way]};
        write_back(now, set, way, map_->channel_of(slice_, key.slice_line()));
    });
    tags_.clear();
    flushing_ = true;
    if (waiting_writes_ == 0) say_gone(now);
}

// The last write has left: gone is the instance when it has arrived, too, since the channel is then
// another's.
void L2Slice::say_gone(Cycle now) {
    flushing_ = false;
    Tick wire = 0;
    for (const ToChannel& out : channels_)
        if (to_memory.reaches(out.block)) wire = std::max(wire, to_memory[out.block].latency());
    to_gsp->send(clock_.edge(now) + wire, {*owner_});
}

} // namespace migsim
