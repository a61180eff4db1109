// SPDX-License-Identifier: Apache-2.0
// The SM's load/store unit: accesses in order of arrival, one line per clock, L1 in front of the request
// port.
#include "models/sm/sm.h"

namespace migsim {

// Issues lines of the queue's head, all of them or those before `until`, or blocks until a reply frees what
// the next one needs.
void Sm::issue(Cycle until, std::vector<LineRequest>& requests) {
    const Issue op = queue_.front();
    Strand& strand = strands_[op.strand];
    const CtaProgram& program = strand.launch.kernel->program;
    const Stage& stage = program.stages[op.stage];
    const bool load = is_load(stage.kind);
    const bool multicast = stage.kind == Stage::Kind::MulticastLoad;
    const std::uint32_t step = multicast ? strand.launch.kernel->cluster : 1; // its share of the lines
    Cycle now = lsu_next();
    if (!strand.stopped) {
        if (!cursor_open_ && multicast) {
            cursor_ = shared_lines(strand, stage.access, op.iteration);
            cursor_.advance(strand.launch.rank);
        } else if (!cursor_open_) {
            cursor_ = LineCursor(stage.access, strand.launch, op.iteration, program.iterations, strand.warp);
        }
        cursor_open_ = true;
        for (; !cursor_.done(); cursor_.advance(step), now = lsu_free_) {
            if (now >= until) return;
            const Line line = cursor_.line();
            if (!(load ? issue_load(op, line, now, requests) : issue_store(op, line, now, requests))) {
                stats_.lsu_stalls += 1;
                return;
            }
        }
    }
    queue_.pop();
    cursor_open_ = false;
    --strand.accesses;
    if (load)
        part_done(op.strand, op.flight);
    else if (!strand.stopped)
        schedule(op.strand, lsu_free_);
    end_if_stopped(op.strand, now);
}

bool Sm::issue_load(const Issue& op, const Line& line, Cycle now, std::vector<LineRequest>& requests) {
    Strand& strand = strands_[op.strand];
    const Stage::Kind kind = strand.launch.kernel->program.stages[op.stage].kind;
    const bool gpu_scope = kind == Stage::Kind::GpuLoad, multicast = kind == Stage::Kind::MulticastLoad;
    if (free_records_.empty()) {
        blocked_ = Stall::Load;
        return false;
    }
    std::uint16_t slot = L1Cache::none;
    SectorMask ask = line.sectors;
    if (gpu_scope) {
        stats_.l1_bypasses += 1;
    } else if (multicast) {
        stats_.multicast_loads += 1;
    } else {
        slot = l1_.find_or_allocate(line.address, strand.launch.launch);
        if (slot == L1Cache::none) {
            blocked_ = Stall::Load;
            return false;
        }
        L1Cache::Entry& entry = l1_[slot];
        stats_.l1_lookups += 1;
        lsu_free_ = now + 1;
        if ((line.sectors & ~entry.valid) == 0) {
            stats_.l1_hits += 1;
            line_ready(op.strand, op.flight, now + params_.l1_hit_latency, now, {});
            return true;
        }
        ask = static_cast<SectorMask>(line.sectors & ~entry.valid & ~entry.pending);
        add_waiter(entry, line.sectors, op);
        if (ask == 0) {
            stats_.l1_merges += 1;
            return true;
        }
        stats_.l1_misses += 1;
        entry.pending |= ask;
    }
    const std::uint16_t record = free_records_.back();
    free_records_.pop_back();
    records_[record] = {now, slot, op.strand, op.flight};
    if (slot == L1Cache::none) ++strand.lines;
    if (gpu_scope) ++strand.flight[op.flight].pending; // multicast lines are pending already, in every CTA
    send(op, {line.address, ask}, now, multicast ? multicast_tag | record : record,
         gpu_scope ? Operation::GpuRead : Operation::Read, requests);
    return true;
}

bool Sm::issue_store(const Issue& op, const Line& line, Cycle now, std::vector<LineRequest>& requests) {
    if (stores_in_flight_ == params_.outstanding_stores) {
        blocked_ = Stall::Store;
        return false;
    }
    Strand& strand = strands_[op.strand];
    ++stores_in_flight_;
    ++strand.stores;
    stats_.stores += 1;
    const bool atomic = strand.launch.kernel->program.stages[op.stage].kind == Stage::Kind::Atomic;
    send(op, line, now, store_tag | std::uint32_t{strand.generation} << 8 | op.strand,
         atomic ? Operation::Atomic : Operation::Write, requests);
    return true;
}

// Through the SM's request port, which the load/store unit does not outrun.
void Sm::send(const Issue& op, const Line& line, Cycle now, std::uint32_t tag, Operation operation,
              std::vector<LineRequest>& requests) {
    const Strand& strand = strands_[op.strand];
    const std::uint32_t bytes =
        changes_memory(operation) ? std::max(header_, bytes_of(line.sectors)) : header_;
    const Cycle at = request_port_.pass(now + params_.l1_miss_latency, bytes);
    lsu_free_ = std::max(now + 1, request_port_.free() - params_.l1_miss_latency);
    requests.push_back({at, line.address, tag, 0, line.sectors, operation,
                        strand.launch.kernel->program.stages[op.stage].access.page, strand.launch.space,
                        strand.launch.instance, strand.launch.tenant});
}

void Sm::add_waiter(L1Cache::Entry& entry, SectorMask need, const Issue& op) {
    std::uint16_t waiter = free_waiter_;
    if (waiter == L1Cache::none) {
        waiter = static_cast<std::uint16_t>(waiters_.size());
        waiters_.emplace_back();
    } else {
        free_waiter_ = waiters_[waiter].next;
    }
    waiters_[waiter] = {entry.waiters, need, op.strand, op.flight};
    entry.waiters = waiter;
    ++strands_[op.strand].lines;
    ++strands_[op.strand].flight[op.flight].pending;
}

void Sm::take_reply(const LineReply& reply) {
    const bool store = reply.tag & store_tag;
    last_reply_ = reply.at;
    if (blocked_ == (store ? Stall::Store : Stall::Load)) {
        blocked_ = Stall::None;
        lsu_free_ = std::max(lsu_free_, reply.at);
    }
    if (store) {
        --stores_in_flight_;
        const auto slot = static_cast<std::uint8_t>(reply.tag & 0xff);
        Strand& strand = strands_[slot];
        if (strand.generation != (reply.tag >> 8 & 0xffff)) return;
        if (--strand.stores == 0 && strand.phase == Phase::Fencing && !strand.stopped)
            schedule(slot, reply.at);
        return;
    }
    const auto index = static_cast<std::uint16_t>(reply.tag & 0xffff);
    const Record record = records_[index];
    free_records_.push_back(index);
    const Cycle ready = reply.at + params_.fill_latency;
    const auto deliver = [&](std::uint8_t slot, std::uint8_t flight) {
        --strands_[slot].lines;
        line_ready(slot, flight, ready, record.issued, reply.waits);
        part_done(slot, flight);
        end_if_stopped(slot, reply.at);
    };
    if (record.entry == L1Cache::none) {
        deliver(record.strand, record.flight);
        return;
    }
    L1Cache::Entry& entry = l1_[record.entry];
    // A refusal brings no sectors: nobody may go on waiting for them, since their instance has to end.
    const SectorMask sectors = reply.fault ? entry.pending : reply.sectors;
    entry.pending = static_cast<SectorMask>(entry.pending & ~sectors);
    entry.valid |= sectors;
    for (std::uint16_t* link = &entry.waiters; *link != L1Cache::none;) {
        const std::uint16_t waiter = *link;
        const Waiter satisfied = waiters_[waiter];
        if (satisfied.need & ~entry.valid) {
            link = &waiters_[waiter].next;
            continue;
        }
        *link = satisfied.next;
        waiters_[waiter].next = free_waiter_;
        free_waiter_ = waiter;
        deliver(satisfied.strand, satisfied.flight);
    }
}

} // namespace migsim
