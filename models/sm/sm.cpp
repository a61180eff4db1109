// SPDX-License-Identifier: Apache-2.0
#include "models/sm/sm.h"

#include <cassert>
#include <functional>
#include <stdexcept>

#include "models/base/fetch_ahead.h"

namespace migsim {

Sm::Sm(const SmParams& params, std::uint32_t request_rate, std::uint32_t request_header, SmStatistics& stats)
    : params_(params),
      header_(request_header),
      stats_(stats),
      request_port_(request_rate),
      l1_(params.l1_sets, params.l1_ways),
      ctas_(params.max_ctas),
      strands_(std::max<std::uint32_t>(params.max_ctas, params.max_threads / 32)),
      records_(params.outstanding_lines),
      pipes_{Port(params.tensor_rate), Port(params.fp32_rate), Port(params.fp64_rate),
             Port(params.alu_rate)} {
    for (std::uint32_t i = params.outstanding_lines; i > 0; --i)
        free_records_.push_back(static_cast<std::uint16_t>(i - 1));
}

void Sm::launch(Cycle at, const CtaLaunch& cta) {
    launches_.push({at, cta});
}
// Replies come in order of time but for the rare refusal that overtakes another's way back.
void Sm::reply(const LineReply& reply) {
    replies_.push(reply);
    for (std::size_t i = replies_.items.size() - 1; i > replies_.head && replies_.items[i - 1].at > reply.at;
         --i)
        std::swap(replies_.items[i - 1], replies_.items[i]);
}
void Sm::stop(Cycle at, InstanceId instance) {
    stops_.push({at, instance});
}

void Sm::fetch_ahead() const {
    for (std::size_t i = replies_.head; i < replies_.items.size(); ++i) {
        const std::uint32_t tag = replies_.items[i].tag;
        if (is_store(tag)) continue;
        const Record& record = records_[tag & 0xffff];
        if (record.entry != L1Cache::none) migsim::fetch_ahead(&l1_[record.entry]);
        const Strand& strand = strands_[record.strand];
        migsim::fetch_ahead(&strand);
        migsim::fetch_ahead(&strand.flight[record.flight]);
    }
}

Cycle Sm::next_input() const {
    Cycle next = never;
    if (!launches_.empty()) next = std::min(next, launches_.front().at);
    if (!replies_.empty()) next = std::min(next, replies_.front().at);
    if (!stops_.empty()) next = std::min(next, stops_.front().at);
    if (!from_peers_.empty()) next = std::min(next, from_peers_.front().at);
    if (!events_.empty()) next = std::min(next, events_.front() >> 24);
    return next;
}

Cycle Sm::next() const {
    const Cycle next = next_input();
    return queue_.empty() || blocked_ != Stall::None ? next : std::min(next, lsu_next());
}

// At one cycle: replies, then what peers sent, stops, launches, CTAs, and last the load/store unit.
Cycle Sm::run(Cycle end, std::vector<LineRequest>& requests, std::vector<CtaEnd>& ends,
              std::vector<NewsOut>& news) {
    while (true) {
        const Cycle now = next_input();
        if (!queue_.empty() && blocked_ == Stall::None && lsu_next() < std::min(now, end)) {
            issue(std::min(now, end), requests);
            continue;
        }
        if (now >= end) return next();
        if (!replies_.empty() && replies_.front().at == now) {
            const LineReply reply = replies_.front();
            replies_.pop();
            take_reply(reply);
        } else if (!from_peers_.empty() && from_peers_.front().at == now) {
            const FromPeer message = from_peers_.front();
            from_peers_.pop();
            take_from_peer(message);
        } else if (!stops_.empty() && stops_.front().at == now) {
            take_stop(now, stops_.front().instance);
            stops_.pop();
        } else if (!launches_.empty() && launches_.front().at == now) {
            take_launch(now, launches_.front().cta);
            launches_.pop();
        } else {
            const std::uint64_t event = events_.front();
            std::pop_heap(events_.begin(), events_.end(), std::greater<>());
            events_.pop_back();
            const auto slot = static_cast<std::uint8_t>(event & 0xff);
            if (strands_[slot].generation == (event >> 8 & 0xffff)) advance(slot, now, ends, news);
        }
    }
}

void Sm::schedule(std::uint8_t slot, Cycle at) {
    events_.push_back(at << 24 | std::uint64_t{strands_[slot].generation} << 8 | slot);
    std::push_heap(events_.begin(), events_.end(), std::greater<>());
}

void Sm::take_launch(Cycle at, const CtaLaunch& launch) {
    std::uint8_t cta = 0;
    while (cta < ctas_.size() && ctas_[cta].strands != 0) ++cta;
    const Kernel& kernel = *launch.kernel;
    const std::uint32_t strands = kernel.strands();
    if (cta == ctas_.size() || busy_strands_ + strands > strands_.size())
        throw std::logic_error("the front end launched a CTA on a full SM");
    ctas_[cta] = Cta{};
    ctas_[cta].strands = strands;
    bool loads = false, multicasts = false;
    for (const Stage& stage : kernel.program.stages) {
        multicasts |= stage.kind == Stage::Kind::MulticastLoad;
        loads |= is_load(stage.kind);
    }
    std::uint8_t slot = 0;
    for (std::uint32_t warp = 0; warp < strands; ++warp, ++slot) {
        while (strands_[slot].phase != Phase::Free) ++slot;
        Strand& strand = strands_[slot];
        const std::uint16_t generation = strand.generation;
        strand = Strand{};
        strand.generation = generation;
        strand.phase = Phase::Start;
        strand.cta = cta;
        strand.warp = static_cast<std::uint8_t>(warp);
        strand.launch = launch;
        strand.loads = loads;
        strand.multicasts = multicasts;
        if (launch.cluster) members_.push_back({launch.cluster, launch.rank, slot, {}});
        schedule(slot, at + params_.cta_start);
    }
    busy_strands_ += strands;
    ++resident_;
}

void Sm::take_stop(Cycle at, InstanceId instance) {
    for (std::size_t slot = 0; slot < strands_.size(); ++slot) {
        Strand& strand = strands_[slot];
        if (strand.phase == Phase::Free || strand.launch.instance != instance) continue;
        strand.stopped = true;
        end_if_stopped(static_cast<std::uint8_t>(slot), at);
    }
    blocked_ = Stall::None; // the head may be one to discard
    lsu_free_ = std::max(lsu_free_, at);
}

// The CTA ends with the last of its strands; a stall of one of several counts as much less.
void Sm::end(Strand& strand, Cycle now, std::vector<CtaEnd>& ends) {
    const CtaLaunch& launch = strand.launch;
    Cta& cta = ctas_[strand.cta];
    cta.stopped |= strand.stopped;
    cta.stalls += strand.stalls;
    strand.phase = Phase::Free;
    ++strand.generation; // posted stores may outlive their strand
    --busy_strands_;
    if (--cta.strands != 0) return;
    cta.stalls /= launch.kernel->strands();
    ends.push_back({now, launch.launch, launch.cluster, cta.stopped, launch.instance, launch.tenant,
                    launch.dispatched, cta.stalls});
    if (launch.cluster)
        members_.erase(members_.begin() + (member(launch.cluster, launch.rank) - members_.data()));
    --resident_;
    stats_.ctas += 1;
}

// Goes on with a strand until it has to wait for something; whatever it waits for schedules it again.
void Sm::advance(std::uint8_t slot, Cycle now, std::vector<CtaEnd>& ends, std::vector<NewsOut>& news) {
    Strand& strand = strands_[slot];
    if (strand.stopped && (strand.lines || strand.accesses)) return;
    if (strand.stopped || strand.phase == Phase::Ending) {
        end(strand, now, ends);
        return;
    }
    const Kernel& kernel = *strand.launch.kernel;
    const CtaProgram& program = kernel.program;
    if (strand.phase == Phase::Start) {
        strand.phase = Phase::Loads;
        hand_loads(slot, now, news);
    }
    while (true) {
        if (strand.phase == Phase::Loads) {
            if (strand.loads) {
                const InFlight& flight = strand.flight[strand.back % program.depth];
                if (flight.pending != 0 || flight.ready > now) {
                    strand.waiting = true;
                    strand.blocked_since = now;
                    if (flight.pending == 0) schedule(slot, flight.ready);
                    return;
                }
                if (strand.waiting) book_stall(strand, flight, now);
                strand.waiting = false;
            }
            strand.phase = Phase::Stages;
            strand.stage = 0;
        }
        if (strand.stage == program.stages.size()) { // the iteration is done
            ++strand.back;
            hand_loads(slot, now, news);
            if (strand.back == program.iterations) {
                strand.phase = Phase::Ending;
                schedule(slot, now + params_.cta_exit);
                return;
            }
            strand.phase = Phase::Loads;
            continue;
        }
        const Stage& stage = program.stages[strand.stage];
        switch (stage.kind) {
        case Stage::Kind::Load:
        case Stage::Kind::GpuLoad:
        case Stage::Kind::MulticastLoad:
            break;
        case Stage::Kind::Compute: {
            Port& pipe = pipes_[static_cast<std::size_t>(stage.pipe)];
            const std::uint64_t strands = kernel.strands();
            const Cycle from = pipe.pass(now, (stage.operations + strands - 1) / strands);
            stats_.busy[strand.launch.tenant] += pipe.free() - from;
            ++strand.stage;
            schedule(slot, pipe.free() + params_.pipe_latency);
            return;
        }
        case Stage::Kind::Store:
        case Stage::Kind::Atomic: // the load/store unit goes on with the strand when all lines have left
            queue_.push({now, strand.back, strand.stage, slot, 0});
            ++strand.accesses;
            ++strand.stage;
            return;
        case Stage::Kind::Fence:
            if (strand.stores != 0) { // the last acknowledgement goes on with the strand
                strand.phase = Phase::Fencing;
                return;
            }
            strand.phase = Phase::Stages;
            break;
        }
        ++strand.stage;
    }
}

// Hands the loads of as many iterations to the load/store unit as the pipelining depth allows.
void Sm::hand_loads(std::uint8_t slot, Cycle now, std::vector<NewsOut>& news) {
    Strand& strand = strands_[slot];
    const CtaProgram& program = strand.launch.kernel->program;
    if (!strand.loads) return;
    assert(program.depth >= 1 && program.depth <= max_depth);
    const std::uint32_t front = strand.front;
    for (; strand.front < program.iterations && strand.front < strand.back + program.depth; ++strand.front) {
        const auto index = static_cast<std::uint8_t>(strand.front % program.depth);
        strand.flight[index] = InFlight{};
        for (std::uint16_t stage = 0; stage < program.stages.size(); ++stage) {
            const Stage::Kind kind = program.stages[stage].kind;
            if (!is_load(kind)) continue;
            ++strand.flight[index].pending;
            if (kind == Stage::Kind::MulticastLoad) { // its lines may come from anyone of the cluster
                for (LineCursor lines = shared_lines(strand, program.stages[stage].access, strand.front);
                     !lines.done(); lines.advance())
                    ++strand.flight[index].pending;
                continue;
            }
            queue_.push({now, strand.front, stage, slot, index});
            ++strand.accesses;
        }
    }
    if (!strand.multicasts || strand.front == front) return;
    if (strand.launch.cluster)
        news.push_back({now, {strand.launch.cluster, strand.launch.rank, strand.front}});
    hand_multicasts(slot, now);
}

// A stall lasted from blocked_since to `until` and was ended by flight.last: its latency is split by what it
// waited for, and what of the stall lies before its issue belongs to the load/store unit.
void Sm::book_stall(Strand& strand, const InFlight& flight, Cycle until) const {
    const Cycle stall = until - strand.blocked_since;
    const Cycle latency = flight.ready - flight.issued;
    const Cycle inside = std::min(stall, latency);
    strand.stalls.sm += stall - inside;
    if (inside == 0) return;
    Cycle left = inside;
    const auto book = [&](std::uint64_t& cause, std::uint32_t waited) {
        const Cycle part = std::min(left, inside * waited / latency);
        cause += part;
        left -= part;
    };
    book(strand.stalls.memory, flight.last.memory);
    book(strand.stalls.l2, flight.last.l2);
    book(strand.stalls.crossbar, flight.last.crossbar);
    book(strand.stalls.mmu, flight.last.mmu);
    strand.stalls.unloaded += left;
}

// A line that an iteration waits for has its data at `ready`.
void Sm::line_ready(std::uint8_t slot, std::uint8_t flight, Cycle ready, Cycle issued,
                    const LineWaits& waits) {
    InFlight& in = strands_[slot].flight[flight];
    if (ready < in.ready) return;
    in.ready = ready;
    in.issued = issued;
    in.last = waits;
}

// An access of an iteration was issued to its end, or a line of it came back.
void Sm::part_done(std::uint8_t slot, std::uint8_t flight) {
    Strand& strand = strands_[slot];
    InFlight& in = strand.flight[flight];
    if (--in.pending == 0 && !strand.stopped && strand.waiting &&
        flight == strand.back % strand.launch.kernel->program.depth)
        schedule(slot, in.ready);
}

void Sm::end_if_stopped(std::uint8_t slot, Cycle now) {
    const Strand& strand = strands_[slot];
    if (strand.stopped && !strand.lines && !strand.accesses) schedule(slot, now);
}

} // namespace migsim
