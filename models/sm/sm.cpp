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
      records_(params.outstanding_lines) {
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
        const Cta& cta = ctas_[record.cta];
        migsim::fetch_ahead(&cta);
        migsim::fetch_ahead(&cta.flight[record.flight]);
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
            if (ctas_[slot].generation == (event >> 8 & 0xffff)) advance(slot, now, ends, news);
        }
    }
}

void Sm::schedule(std::uint8_t slot, Cycle at) {
    events_.push_back(at << 24 | std::uint64_t{ctas_[slot].generation} << 8 | slot);
    std::push_heap(events_.begin(), events_.end(), std::greater<>());
}

void Sm::take_launch(Cycle at, const CtaLaunch& launch) {
    std::size_t slot = 0;
    while (slot < ctas_.size() && ctas_[slot].phase != Phase::Free) ++slot;
    if (slot == ctas_.size()) throw std::logic_error("the front end launched a CTA on a full SM");
    Cta& cta = ctas_[slot];
    const std::uint16_t generation = cta.generation;
    cta = Cta{};
    cta.generation = generation;
    cta.phase = Phase::Start;
    cta.launch = launch;
    for (const Stage& stage : launch.kernel->program.stages) {
        cta.multicasts |= stage.kind == Stage::Kind::MulticastLoad;
        cta.loads |= is_load(stage.kind);
    }
    if (launch.cluster)
        members_.push_back({launch.cluster, launch.rank, static_cast<std::uint8_t>(slot), {}});
    ++resident_;
    schedule(static_cast<std::uint8_t>(slot), at + params_.cta_start);
}

void Sm::take_stop(Cycle at, InstanceId instance) {
    for (std::size_t slot = 0; slot < ctas_.size(); ++slot) {
        Cta& cta = ctas_[slot];
        if (cta.phase == Phase::Free || cta.launch.instance != instance) continue;
        cta.stopped = true;
        end_if_stopped(static_cast<std::uint8_t>(slot), at);
    }
    blocked_ = Stall::None; // the head may be one to discard
    lsu_free_ = std::max(lsu_free_, at);
}

// Goes on with a CTA until it has to wait for something; whatever it waits for schedules it again.
void Sm::advance(std::uint8_t slot, Cycle now, std::vector<CtaEnd>& ends, std::vector<NewsOut>& news) {
    Cta& cta = ctas_[slot];
    if (cta.stopped && (cta.lines || cta.accesses)) return;
    if (cta.stopped || cta.phase == Phase::Ending) {
        ends.push_back({now, cta.launch.launch, cta.launch.cluster, cta.stopped, cta.launch.instance,
                        cta.launch.tenant, cta.launch.dispatched, cta.stalls});
        if (cta.launch.cluster)
            members_.erase(members_.begin() +
                           (member(cta.launch.cluster, cta.launch.rank) - members_.data()));
        cta.phase = Phase::Free;
        ++cta.generation; // posted stores may outlive their CTA
        --resident_;
        stats_.ctas += 1;
        return;
    }
    const CtaProgram& program = cta.launch.kernel->program;
    if (cta.phase == Phase::Start) {
        cta.phase = Phase::Loads;
        hand_loads(slot, now, news);
    }
    while (true) {
        if (cta.phase == Phase::Loads) {
            if (cta.loads) {
                const InFlight& flight = cta.flight[cta.back % program.depth];
                if (flight.pending != 0 || flight.ready > now) {
                    cta.waiting = true;
                    cta.blocked_since = now;
                    if (flight.pending == 0) schedule(slot, flight.ready);
                    return;
                }
                if (cta.waiting) book_stall(cta, flight, now);
                cta.waiting = false;
            }
            cta.phase = Phase::Stages;
            cta.stage = 0;
        }
        if (cta.stage == program.stages.size()) { // the iteration is done
            ++cta.back;
            hand_loads(slot, now, news);
            if (cta.back == program.iterations) {
                cta.phase = Phase::Ending;
                schedule(slot, now + params_.cta_exit);
                return;
            }
            cta.phase = Phase::Loads;
            continue;
        }
        const Stage& stage = program.stages[cta.stage];
        switch (stage.kind) {
        case Stage::Kind::Load:
        case Stage::Kind::GpuLoad:
        case Stage::Kind::MulticastLoad:
            break;
        case Stage::Kind::Compute: {
            const std::uint32_t rates[pipe_count] = {params_.tensor_rate, params_.fp32_rate,
                                                     params_.fp64_rate, params_.alu_rate};
            const auto pipe = static_cast<std::size_t>(stage.pipe);
            const Cycle service = (stage.operations + rates[pipe] - 1) / rates[pipe];
            pipe_free_[pipe] = std::max(pipe_free_[pipe], now) + service;
            stats_.busy[cta.launch.tenant] += service;
            ++cta.stage;
            schedule(slot, pipe_free_[pipe] + params_.pipe_latency);
            return;
        }
        case Stage::Kind::Store:
        case Stage::Kind::Atomic: // the load/store unit schedules the CTA when all lines have left
            queue_.push({now, cta.back, cta.stage, slot, 0});
            ++cta.accesses;
            ++cta.stage;
            return;
        case Stage::Kind::Fence:
            if (cta.stores != 0) { // the last acknowledgement schedules the CTA
                cta.phase = Phase::Fencing;
                return;
            }
            cta.phase = Phase::Stages;
            break;
        }
        ++cta.stage;
    }
}

// Hands the loads of as many iterations to the load/store unit as the pipelining depth allows.
void Sm::hand_loads(std::uint8_t slot, Cycle now, std::vector<NewsOut>& news) {
    Cta& cta = ctas_[slot];
    const CtaProgram& program = cta.launch.kernel->program;
    if (!cta.loads) return;
    assert(program.depth >= 1 && program.depth <= max_depth);
    const std::uint32_t front = cta.front;
    for (; cta.front < program.iterations && cta.front < cta.back + program.depth; ++cta.front) {
        const auto index = static_cast<std::uint8_t>(cta.front % program.depth);
        cta.flight[index] = InFlight{};
        for (std::uint16_t stage = 0; stage < program.stages.size(); ++stage) {
            const Stage::Kind kind = program.stages[stage].kind;
            if (!is_load(kind)) continue;
            ++cta.flight[index].pending;
            if (kind == Stage::Kind::MulticastLoad) { // its lines may come from anyone of the cluster
                for (LineCursor lines = shared_lines(cta, program.stages[stage].access, cta.front);
                     !lines.done(); lines.advance())
                    ++cta.flight[index].pending;
                continue;
            }
            queue_.push({now, cta.front, stage, slot, index});
            ++cta.accesses;
        }
    }
    if (!cta.multicasts || cta.front == front) return;
    if (cta.launch.cluster) news.push_back({now, {cta.launch.cluster, cta.launch.rank, cta.front}});
    hand_multicasts(slot, now);
}

// A stall lasted from blocked_since to `until` and was ended by flight.last: its latency is split by what it
// waited for, and what of the stall lies before its issue belongs to the load/store unit.
void Sm::book_stall(Cta& cta, const InFlight& flight, Cycle until) const {
    const Cycle stall = until - cta.blocked_since;
    const Cycle latency = flight.ready - flight.issued;
    const Cycle inside = std::min(stall, latency);
    cta.stalls.sm += stall - inside;
    if (inside == 0) return;
    Cycle left = inside;
    const auto book = [&](std::uint64_t& cause, std::uint32_t waited) {
        const Cycle part = std::min(left, inside * waited / latency);
        cause += part;
        left -= part;
    };
    book(cta.stalls.memory, flight.last.memory);
    book(cta.stalls.l2, flight.last.l2);
    book(cta.stalls.crossbar, flight.last.crossbar);
    book(cta.stalls.mmu, flight.last.mmu);
    cta.stalls.unloaded += left;
}

// A line that an iteration waits for has its data at `ready`.
void Sm::line_ready(std::uint8_t slot, std::uint8_t flight, Cycle ready, Cycle issued,
                    const LineWaits& waits) {
    InFlight& in = ctas_[slot].flight[flight];
    if (ready < in.ready) return;
    in.ready = ready;
    in.issued = issued;
    in.last = waits;
}

// An access of an iteration was issued to its end, or a line of it came back.
void Sm::part_done(std::uint8_t slot, std::uint8_t flight) {
    Cta& cta = ctas_[slot];
    InFlight& in = cta.flight[flight];
    if (--in.pending == 0 && !cta.stopped && cta.waiting &&
        flight == cta.back % cta.launch.kernel->program.depth)
        schedule(slot, in.ready);
}

void Sm::end_if_stopped(std::uint8_t slot, Cycle now) {
    const Cta& cta = ctas_[slot];
    if (cta.stopped && !cta.lines && !cta.accesses) schedule(slot, now);
}

} // namespace migsim
