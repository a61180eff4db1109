// SPDX-License-Identifier: Apache-2.0
// The order of events in a slice. In one cycle: fills by arrival, then departures of what waited, then one
// lookup.
#include "models/l2/l2_slice.h"

#include <algorithm>
#include <stdexcept>

#include "models/base/fetch_ahead.h"

namespace migsim {

namespace {

std::array<std::uint32_t, 5> port_cycles(std::uint32_t bytes_per_cycle) {
    std::array<std::uint32_t, 5> cycles;
    for (std::uint32_t sectors = 0; sectors < cycles.size(); ++sectors) {
        const auto bytes = sectors * static_cast<std::uint32_t>(sector_bytes);
        cycles[sectors] = std::max(1u, (bytes + bytes_per_cycle - 1) / bytes_per_cycle);
    }
    return cycles;
}

bool contains(const Region& region, std::uint16_t slice) {
    return std::find(region.slices.begin(), region.slices.end(), slice) != region.slices.end();
}

// Channels that lines of one slice may lie in, at most: a DRAM row's lines are found among as many rows'
// worth.
std::uint32_t channels_per_slice(const AddressMap& map, std::uint16_t slice) {
    std::size_t most = 1;
    for (const Region& region : map.regions())
        if (contains(region, slice))
            most = std::max(most, (region.channels.size() + region.slices.size() - 1) / region.slices.size());
    return static_cast<std::uint32_t>(most);
}

} // namespace

L2Slice::L2Slice(Windows& windows, const L2SliceSetup& setup)
    : clock_(setup.clock),
      id(windows.add(*this)),
      from_crossbar(windows, id),
      from_peer(windows, id),
      from_memory(windows, id),
      from_home(windows, id),
      clock_changes(windows, id),
      instance_changes(windows, id),
      windows_(windows),
      slice_(setup.slice),
      later_(setup.later),
      wall_(setup.wall),
      tag_cycles_(setup.params.tag_cycles),
      data_cycles_(setup.params.data_cycles),
      backlog_(setup.params.backlog),
      write_buffer_(setup.params.write_buffer),
      link_buffer_(setup.params.link_buffer),
      atomic_cycles_(setup.params.atomic_cycles),
      write_cycles_(port_cycles(setup.params.write_port)),
      link_cycles_(port_cycles(setup.params.link_port)),
      cleans_rows_(setup.params.row_lines != 0),
      row_lines_(std::max<std::uint32_t>(setup.params.row_lines, 1)),
      tags_(setup.params.sets, setup.params.ways, setup.params.replacement),
      mshrs_(setup.params.mshrs, setup.params.peer_mshrs, setup.params.waiters),
      crossbar_out_{0, port_cycles(setup.params.read_port)},
      peer_out_{0, link_cycles_},
      performed_(std::size_t{2} * atomic_cycles_) {
    belong_to(setup.owner, setup.map);
}

void L2Slice::belong_to(std::optional<InstanceId> owner, const AddressMap& map) {
    owner_ = owner;
    map_ = &map;
    row_block_ = cleans_rows_ ? row_lines_() * channels_per_slice(map, slice_) : 0;
    paired_ = has_peer_ && std::any_of(map.regions().begin(), map.regions().end(), [&](const Region& region) {
                  return region.partitions == 2 && contains(region, slice_);
              });
}

void L2Slice::admit(BlockId sender, std::shared_ptr<Credits> credits) {
    if (admitted_.size() <= index(sender)) admitted_.resize(index(sender) + 1);
    admitted_[index(sender)] = std::move(credits);
}

void L2Slice::connect_channel(std::uint16_t channel, BlockId block) {
    if (channels_.size() <= channel) channels_.resize(channel + std::size_t{1});
    channels_[channel].block = block;
}

void L2Slice::pair(std::uint16_t slice, BlockId block) {
    has_peer_ = true;
    peer_slice_ = slice;
    peer_block_ = block;
    belong_to(owner_, *map_);
}

Tick L2Slice::turn(Tick end) {
    crossbar_arrivals_ = from_crossbar.take();
    peer_arrivals_ = from_peer.take();
    memory_arrivals_ = from_memory.take();
    home_arrivals_ = from_home.take();
    fetch_sets_ahead();
    run_to_changes();
    run(end);
    const Cycle next =
        std::min({next_lookup(crossbar_, crossbar_out_), next_lookup(peer_, peer_out_), send_at_});
    return next == never ? never : clock_.edge(next);
}

// At one tick, of the clock before those of instances.
void L2Slice::run_to_changes() {
    const auto clocks = clock_changes.take();
    const auto instances = instance_changes.take();
    for (std::size_t clock = 0, instance = 0; clock < clocks.size() || instance < instances.size();) {
        if (instance == instances.size() ||
            (clock < clocks.size() && clocks[clock].time <= instances[instance].time)) {
            const auto& change = clocks[clock++];
            assert(change.message.at >= change.time);
            run(change.time);
            clock_.change(change.message.at, change.message.mhz);
        } else {
            const auto& change = instances[instance++];
            run(change.time);
            take_change(clock_.at_or_after(change.time), change.message);
        }
    }
}

void L2Slice::take_change(Cycle now, const InstanceChange& change) {
    if (change.kind == InstanceChange::Kind::Create)
        belong_to(change.instance, *later_.at(change.instance));
    else
        flush(now);
}

// Everything before `limit`.
void L2Slice::run(Tick limit) {
    accept(limit);
    find_fill(limit);
    send_at_ = next_send(); // credits that come back in a window are of use in a later one
    const Cycle end = clock_.at_or_after(limit);
    for (;;) {
        const Cycle send = send_at_;
        const Cycle crossbar = next_lookup(crossbar_, crossbar_out_);
        const Cycle peer = next_lookup(peer_, peer_out_);
        const Cycle next = std::min({send, crossbar, peer});
        // A fill that arrives before `limit` may fall on the edge after it: nothing else in that cycle
        // precedes it.
        if (fill_at_ != never && fill_at_ <= next) {
            take_fill(limit);
            continue;
        }
        if (next >= end) return;
        if (next == send) {
            send_waiting(next);
            continue;
        }
        const auto older = [](const Queued& a, const Queued& b) {
            return a.time != b.time ? a.time < b.time : a.source < b.source;
        };
        const bool peer_first =
            peer == next && (crossbar != next || older(peer_.queue.front(), crossbar_.queue.front()));
        look_up(peer_first ? peer_ : crossbar_, next);
        // The common case, for speed alone: nothing but the crossbar's stream asks for anything.
        if (!peer_.queue.empty()) continue;
        const Cycle alone = std::min(end, fill_at_);
        for (Cycle at; peer_queue_.empty() && waiting_channels_.empty() &&
                       (at = next_lookup(crossbar_, crossbar_out_)) < alone;)
            look_up(crossbar_, at);
    }
}

void L2Slice::fetch_ahead(unsigned turns_before) const {
    if (turns_before == 2) {
        from_crossbar.fetch_ahead();
        from_peer.fetch_ahead();
        from_memory.fetch_ahead();
        from_home.fetch_ahead();
        for (const Ingress* in : {&crossbar_, &peer_})
            if (!in->queue.empty()) migsim::fetch_ahead(&in->queue.front(), sizeof(Queued));
    } else {
        for (const auto& arrival : from_memory.soon()) mshrs_.fetch_ahead(arrival.message.tag >> 2);
        for (const auto& arrival : from_home.soon())
            if (!(arrival.message.tag & transit_flag)) mshrs_.fetch_ahead(arrival.message.tag >> 2);
    }
}

// Where the fills of this turn go.
void L2Slice::fetch_sets_ahead() {
    const auto fetch = [&](std::uint32_t tag) {
        const LineKey key = mshrs_[tag >> 2].key;
        mshrs_.fetch_ahead(key);
        tags_.fetch_ahead(key.slice_line());
    };
    for (const auto& arrival : memory_arrivals_) fetch(arrival.message.tag);
    for (const auto& arrival : home_arrivals_)
        if (!(arrival.message.tag & transit_flag)) fetch(arrival.message.tag);
}

void L2Slice::accept(Tick limit) {
    const auto enqueue = [&](std::span<const Arrival<MemoryRequest>>& arrivals, Ring<Queued>& queue) {
        std::size_t taken = 0;
        for (; taken < arrivals.size() && arrivals[taken].time < limit; ++taken) {
            const Arrival<MemoryRequest>& a = arrivals[taken];
            const SliceLocation home = map_->slice_of(a.message.address);
            const LineKey key =
                home.slice == slice_ ? LineKey::home(home.slice_line) : LineKey::copy(home.slice_line);
            mshrs_.fetch_ahead(key);
            tags_.fetch_ahead(key.slice_line());
            queue.push({a.time, clock_.at_or_after(a.time), a.source, home, a.message});
        }
        arrivals = arrivals.subspan(taken);
    };
    enqueue(crossbar_arrivals_, crossbar_.queue);
    enqueue(peer_arrivals_, peer_.queue);
}

void L2Slice::find_fill(Tick limit) {
    const Tick memory = memory_arrivals_.empty() ? never : memory_arrivals_.front().time;
    const Tick home = home_arrivals_.empty() ? never : home_arrivals_.front().time;
    fill_from_home_ = home < memory;
    const Tick first = std::min(memory, home);
    fill_at_ = first < limit ? clock_.at_or_after(first) : never;
}

void L2Slice::take_fill(Tick limit) {
    if (fill_from_home_) {
        home_answer(fill_at_, home_arrivals_.front().message);
        home_arrivals_ = home_arrivals_.subspan(1);
    } else {
        fill(fill_at_, memory_arrivals_.front().message);
        memory_arrivals_ = memory_arrivals_.subspan(1);
    }
    unblock(fill_at_);
    find_fill(limit);
}

// When the head of `in` would be looked up, if only ports and the pipeline held it back.
Cycle L2Slice::next_lookup(const Ingress& in, const ResponsePort& out) const {
    if (in.blocked || in.queue.empty()) return never;
    const Queued& head = in.queue.front();
    Cycle at = std::max({head.arrival + tag_cycles_, tag_free_, in.retry});
    const Cycle ahead = data_cycles_ + backlog_;
    if (out.free > at + ahead) at = out.free - ahead;
    if (changes_memory(head.request.operation)) at = std::max(at, write_free_);
    return at;
}

void L2Slice::look_up(Ingress& in, Cycle now) {
    const Queued& head = in.queue.front();
    const MemoryRequest& request = head.request;
    const Cycle unloaded = head.arrival + tag_cycles_;
    Visit visit{request, head.home, now, ps(unloaded, now), &in == &peer_};
    const Stall stall = serve(visit);
    if (stall != Stall::None || in.stall != Stall::None) {
        book_stall(in, now);
        in.stall = stall;
        in.stalled_since = now;
        in.blocked = stall != Stall::None && stall != Stall::Atomic;
        in.retry = std::max(in.retry, visit.retry);
        if (stall != Stall::None) return;
    } else if (now != unloaded) {
        const Cycle free = std::max(unloaded, tag_free_);
        port_stall += now > free ? ps(free, now) : 0;
    }
    queue_wait[request.tenant] += visit.waited;
    requests += request.operation != Operation::Invalidate;
    tag_free_ = now + 1;
    if (changes_memory(request.operation)) {
        write_free_ = now + write_cycles_[sectors_in(request.sectors)];
        if (!visit.from_peer) bytes_in[request.tenant] += bytes_of(request.sectors);
    }
    if (head.source < admitted_.size())
        if (Credits* credits = admitted_[head.source].get()) credits->give_back(clock_.edge(now));
    in.queue.pop();
}

// The time since the head was last tried goes to what held it then.
void L2Slice::book_stall(Ingress& in, Cycle now) {
    const std::uint64_t held = ps(in.stalled_since, now);
    switch (in.stall) {
    case Stall::None:
        break;
    case Stall::Mshr:
        mshr_stall += held;
        break;
    case Stall::Waiters:
        waiter_stall += held;
        break;
    case Stall::WriteBuffer:
        write_buffer_stall += held;
        break;
    case Stall::Link:
        link_stall += held;
        break;
    case Stall::Atomic:
        atomic_stall += held;
        break;
    }
}

void L2Slice::unblock(Cycle now) {
    for (Ingress* in : {&crossbar_, &peer_})
        if (in->blocked) {
            in->blocked = false;
            in->retry = now;
        }
}

std::vector<Wait> L2Slice::waits() const {
    static constexpr const char* what[] = {"the lookup port",        "an MSHR",
                                           "a place in a full MSHR", "the write buffer",
                                           "the partition link",     "an atomic to its line"};
    std::vector<Wait> all;
    const auto add = [&](const char* who, const char* what, TenantId tenant) {
        for (Wait& wait : all)
            if (wait.who == who && wait.what == what && wait.tenant == tenant) {
                ++wait.count;
                return;
            }
        all.push_back({who, what, tenant, 1});
    };
    for (std::size_t i = 0; i < crossbar_.queue.size(); ++i)
        add("requests from the crossbar", what[static_cast<unsigned>(crossbar_.stall)],
            crossbar_.queue[i].request.tenant);
    for (std::size_t i = 0; i < peer_.queue.size(); ++i)
        add("requests from the paired slice", what[static_cast<unsigned>(peer_.stall)],
            peer_.queue[i].request.tenant);
    for (std::size_t i = 0; i < peer_queue_.size(); ++i)
        add("requests to the paired slice", "credits", peer_queue_[i].second.tenant);
    for (const std::uint16_t channel : waiting_channels_)
        for (std::size_t i = 0; i < channels_[channel].queue.size(); ++i)
            add("requests to memory", "credits", channels_[channel].queue[i].second.tenant);
    return all;
}

} // namespace migsim
