// SPDX-License-Identifier: Apache-2.0
#include "models/memory/channel.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

namespace migsim {
namespace {

const MemoryParams& checked(const MemoryParams& params) {
    InputErrors errors;
    check(params, errors);
    errors.throw_if_any();
    return params;
}

} // namespace

Channel::Channel(Windows& windows, const MemoryParams& params, ChannelSetup setup)
    : windows_(windows),
      id(windows.add(*this)),
      from_l2(windows, id),
      params_(checked(params)),
      clock_(params.clock),
      map_(params),
      timing_(params),
      schedule_(params, timing_.banks(), setup.refresh_phase),
      bursts_(bursts(params)),
      front_end_(params.front_end),
      read_tail_(params.nCL + params.nBL + params.back_end),
      enforce_(setup.enforce),
      ingress_(64),
      queues_{RequestQueue(params.read_queue, timing_.banks()),
              RequestQueue(params.write_queue, timing_.banks())},
      rows_(timing_.banks(), closed),
      batch_(params.write_high - params.write_low) {}

void Channel::set_credits(BlockId slice, std::shared_ptr<Credits> credits) {
    if (credits_.size() <= index(slice)) credits_.resize(index(slice) + 1);
    credits_[index(slice)] = std::move(credits);
}

Tick Channel::turn(Tick end) {
    for (const Arrival<ChannelRequest>& arrival : from_l2.take()) {
        if (ingress_.full()) ingress_.set_capacity(ingress_.capacity() * 2);
        ingress_.push_back(
            {clock_.at_or_after(arrival.time), static_cast<std::uint16_t>(arrival.source), arrival.message});
    }
    const Cycle limit = clock_.at_or_after(end);
    while (!idle()) {
        if (queues_[0].empty() && queues_[1].empty())
            refreshes += schedule_.skip_to(ingress_.front().since + front_end_);
        const Cycle now = next();
        if (now >= limit) return clock_.edge(now);
        step(now);
    }
    return never; // refreshes that fall due while idle are made up for when a request comes
}

Cycle Channel::next() const {
    Cycle at = std::min(move_at_, row_at_);
    if (!refreshing_) at = std::min(at, schedule_.due());
    if (!ingress_.empty() && !queues_[ingress_.front().request.write].full())
        at = std::min(at, ingress_.front().since + front_end_);
    return std::max(at, now_);
}

void Channel::step(Cycle now) {
    now_ = now;
    while (!ingress_.empty() && ingress_.front().since + front_end_ <= now &&
           !queues_[ingress_.front().request.write].full()) {
        enter(ingress_.front(), now);
        ingress_.pop_front();
    }
    if (!refreshing_ && schedule_.due() <= now) refresh_due();
    if (move_at_ <= now) move_line(now);
    if (row_at_ <= now) give_row_command(now);
}

// ---- a request enters

void Channel::enter(const Ingress& ingress, Cycle now) {
    const ChannelRequest& request = ingress.request;
    assert(request.sectors != 0 && request.sectors <= all_sectors);
    if (enforce_ && owner_ && *owner_ != request.instance) return refuse(ingress, now);
    (request.write ? writes : reads)[request.tenant] += 1;

    const RowPlace place = map_.place(request.line);
    SectorMask transfer = request.sectors;
    if (write_lines_[request.line % write_lines_.size()] != 0)
        if (const std::optional<unsigned> at = queued_write(request.line, place)) {
            QueuedRequest& write = queues_[1][*at];
            if (request.write) { // one write of both
                combined += 1;
                write.transfer |= request.sectors;
                enlist(queues_[1], *at, banks_of(write.transfer));
                review(place.pair);
                return give_back(ingress.source, clock_.edge(now));
            }
            transfer &= static_cast<SectorMask>(~write.transfer);
            if (transfer == 0) return forward(ingress, now);
        }
    RequestQueue& queue = queues_[request.write];
    const unsigned at = queue.push({ingress.since, now, place.row, request.line, request.tag,
                                    request.requester, ingress.source, place.pair, request.sectors, transfer,
                                    QueuedRequest::Row::Hit, request.tenant, request.instance});
    if (request.write) ++write_lines_[request.line % write_lines_.size()];
    if (enlist(queue, at, banks_of(transfer))) review(place.pair);
    if (current().empty()) move_at_ = now; // the other direction gets its turn
}

// A foreign request never touches a row.
void Channel::refuse(const Ingress& ingress, Cycle now) {
    const ChannelRequest& request = ingress.request;
    foreign_drops += 1;
    give_back(ingress.source, clock_.edge(now));
    if (!request.write)
        to_l2[request.requester].send(clock_.edge(now + params_.back_end),
                                      {request.tag, 0, true, request.instance, request.tenant, 0});
}

void Channel::forward(const Ingress& ingress, Cycle now) {
    const ChannelRequest& request = ingress.request;
    forwarded += 1;
    give_back(ingress.source, clock_.edge(now));
    to_l2[request.requester].send(clock_.edge(now + params_.back_end),
                                  {request.tag, request.sectors, false, request.instance, request.tenant, 0});
}

// There is at most one: a second write to the line joins the first.
std::optional<unsigned> Channel::queued_write(std::uint32_t line, RowPlace place) {
    RequestQueue& queue = queues_[1];
    for (Set left = queue.bank(2u * place.pair).needs | queue.bank(2u * place.pair + 1).needs; left;
         left &= left - 1) {
        const auto at = static_cast<unsigned>(std::countr_zero(left));
        if (queue[at].line == line) return at;
    }
    return std::nullopt;
}

// Says whether it matters now: a request that is no row hit and waits behind older ones in its banks changes
// nothing.
bool Channel::enlist(RequestQueue& queue, unsigned at, unsigned banks) {
    const Set me = RequestQueue::member(at);
    const QueuedRequest& request = queue[at];
    bool hit = true, first = false;
    for (unsigned half = 0; half < 2; ++half) {
        if (!(banks >> half & 1)) continue;
        const unsigned index = 2u * request.pair + half;
        RequestQueue::Bank& bank = queue.bank(index);
        first = first || bank.needs == 0;
        bank.needs |= me;
        if (rows_[index] == request.row)
            bank.matches |= me;
        else
            hit = false;
    }
    return hit || first;
}

void Channel::give_back(std::uint16_t source, Tick at) {
    if (source < credits_.size() && credits_[source]) credits_[source]->give_back(at);
}

// ---- the column bus: the oldest row hit that is ready

void Channel::move_line(Cycle now) {
    if (should_turn(now)) turn_around();
    enforce_age(now);
    RequestQueue& queue = current();
    move_at_ = never;
    if (!queue.hits) return;
    move_at_ = timing_.earliest_column(writing_);
    if (move_at_ > now) return;
    move_at_ = never;
    for (Set left = queue.hits; left;) {
        const unsigned at = queue.oldest(left);
        const Cycle start = ready(queue[at]);
        if (start <= now) return issue_line(at, now);
        move_at_ = std::min(move_at_, start);
        left &= ~RequestQueue::member(at);
    }
}

bool Channel::over_age(RequestQueue& queue, Cycle cap, Cycle now) {
    return !queue.empty() && now >= queue[queue.oldest()].entered + cap;
}

// Either direction keeps the bus for a batch of lines while it has any; writes wait for their marks or their
// age, or for a time without reads.
bool Channel::should_turn(Cycle now) {
    RequestQueue& writes = queues_[1];
    if (queues_[!writing_].empty()) return false;
    if (current().empty()) return true;
    const bool old_writes = over_age(writes, params_.write_age_cap, now);
    if (writing_) return run_ >= batch_ || (writes.used() <= params_.write_low && !old_writes);
    return run_ >= batch_ && (writes.used() >= params_.write_high || old_writes);
}

void Channel::turn_around() {
    writing_ = !writing_;
    run_ = 0;
    over_age_ = 0;
    turnarounds += 1;
    review_all();
}

// Row hits have passed the oldest request, or a refresh that is due, for long enough.
void Channel::enforce_age(Cycle now) {
    RequestQueue& queue = current();
    if (!over_age_ && over_age(queue, params_.age_cap, now)) {
        over_age_ = RequestQueue::member(queue.oldest());
        review(queue[queue.oldest()].pair);
    }
    if (refreshing_ && !refresh_overdue_ && now >= schedule_.due() + params_.age_cap) {
        refresh_overdue_ = true;
        review_all();
    }
}

// When the first burst of a row hit may be commanded so that the others follow without a gap.
Cycle Channel::ready(const QueuedRequest& request) const {
    const Bursts& line = bursts_[request.transfer];
    Cycle start = 0;
    for (unsigned half = 0; half < 2; ++half)
        if (line.banks >> half & 1) {
            const Cycle at = timing_.earliest(column(), 2u * request.pair + half);
            if (at > start + line.first[half]) start = at - line.first[half];
        }
    return start;
}

void Channel::issue_line(unsigned at, Cycle now) {
    RequestQueue& queue = current();
    const QueuedRequest& request = queue[at];
    const Bursts& line = bursts_[request.transfer];
    const unsigned even = 2u * request.pair;
    if (trace_)
        for (unsigned sector = 0; sector < 4; ++sector)
            if (request.transfer >> sector & 1)
                record(now + line.sector[sector], column(), even + sector % 2, request.row, request.line);
    // Of the bursts in one bank the last one binds what follows.
    const unsigned final_half = line.banks == 3 ? line.last[1] > line.last[0] : line.banks - 1u;
    if (line.banks == 3) timing_.issue(column(), even + !final_half, now + line.last[!final_half]);
    timing_.issue(column(), even + final_half, now + line.end);

    switch (request.found) {
    case QueuedRequest::Row::Hit:
        row_hits += 1;
        break;
    case QueuedRequest::Row::Closed:
        row_misses += 1;
        break;
    case QueuedRequest::Row::Conflict:
        row_conflicts += 1;
        break;
    }
    const Tick begin = clock_.edge(now);
    bytes[request.tenant] += line.count * sector_bytes;
    busy += clock_.edge(now + line.count * params_.nBL) - begin;
    give_back(request.source, begin);
    if (writing_)
        --write_lines_[request.line % write_lines_.size()];
    else
        respond(request, clock_.edge(now + line.end + read_tail_));

    const bool was_over_age = over_age_ & RequestQueue::member(at);
    over_age_ &= ~RequestQueue::member(at);
    queue.remove(at);
    ++run_;
    // While its banks have more row hits nothing changes for them.
    for (unsigned half = 0; half < 2; ++half)
        if (was_over_age || ((line.banks >> half & 1) && !(queue.hits & queue.bank(even + half).needs))) {
            review(request.pair);
            break;
        }
    move_at_ = now + line.end + params_.nCCDS;
}

void Channel::respond(const QueuedRequest& request, Tick departure) {
    const Tick unloaded = clock_.edge(request.since + bursts_[request.sectors].unloaded);
    const Tick wait = departure > unloaded ? departure - unloaded : 0;
    queue_wait[request.tenant] += wait;
    to_l2[request.requester].send(departure, {request.tag, request.sectors, false, request.instance,
                                              request.tenant, static_cast<std::uint32_t>(wait)});
}

// ---- the row bus: a due refresh, then activates before precharges, oldest first, the direction of the bus
// first

void Channel::give_row_command(Cycle now) {
    row_at_ = timing_.row_bus();
    if (row_at_ > now) return;
    row_at_ = never;
    RequestQueue& other = queues_[!writing_];
    if ((refreshing_ && refresh(now)) || activate(current(), now) || precharge(current(), now) ||
        activate(other, now) || precharge(other, now))
        row_at_ = timing_.row_bus();
}

void Channel::refresh_due() {
    refreshing_ = params_.refresh == RefreshMode::PerBank ? Set{1} << schedule_.turn()
                                                          : ~Set{0} >> (64 - timing_.banks());
    if (params_.refresh == RefreshMode::PerBank)
        review(schedule_.turn() / 2);
    else
        review_all();
}

// Row hits that are allowed may finish first; then rows are closed and the refresh is given.
bool Channel::refresh(Cycle now) {
    bool open = false;
    for (Set left = refreshing_; left; left &= left - 1) {
        const auto bank = static_cast<unsigned>(std::countr_zero(left));
        if (rows_[bank] == closed) continue;
        open = true;
        if (current().hits & current().bank(bank).needs) continue;
        const Cycle at = timing_.earliest(DramCommand::Precharge, bank);
        if (at <= now) {
            close(bank, now);
            return true;
        }
        row_at_ = std::min(row_at_, at);
    }
    if (open) return false;
    const bool per_bank = params_.refresh == RefreshMode::PerBank;
    const DramCommand command = per_bank ? DramCommand::RefreshBank : DramCommand::RefreshAll;
    const unsigned bank = per_bank ? schedule_.turn() : 0;
    const Cycle at = timing_.earliest(command, bank);
    if (at > now) {
        row_at_ = std::min(row_at_, at);
        return false;
    }
    record(now, command, bank, 0);
    timing_.issue(command, bank, now);
    refreshes += 1;
    schedule_.done();
    refreshing_ = 0;
    refresh_overdue_ = false;
    if (per_bank)
        review(bank / 2);
    else
        review_all();
    return true;
}

bool Channel::activate(RequestQueue& queue, Cycle now) {
    if (!queue.opens) return false;
    if (timing_.earliest_activate() > now) {
        row_at_ = std::min(row_at_, timing_.earliest_activate());
        return false;
    }
    for (Set left = queue.opens; left;) {
        const unsigned at = queue.oldest(left);
        left &= ~RequestQueue::member(at);
        QueuedRequest& request = queue[at];
        for (unsigned bank = 2u * request.pair; bank < 2u * request.pair + 2; ++bank) {
            if (!(queue.open_banks >> bank & 1) || queue.oldest(queue.bank(bank).needs) != at) continue;
            const Cycle earliest = timing_.earliest(DramCommand::Activate, bank);
            if (earliest > now) {
                row_at_ = std::min(row_at_, earliest);
                continue;
            }
            record(now, DramCommand::Activate, bank, request.row);
            timing_.issue(DramCommand::Activate, bank, now);
            activates += 1;
            request.found = std::max(request.found, QueuedRequest::Row::Closed);
            rows_[bank] = request.row;
            for (RequestQueue& each : queues_) each.opened(bank, request.row);
            review(request.pair);
            return true;
        }
    }
    return false;
}

bool Channel::precharge(RequestQueue& queue, Cycle now) {
    for (Set left = queue.closes; left;) {
        const unsigned at = queue.oldest(left);
        left &= ~RequestQueue::member(at);
        QueuedRequest& request = queue[at];
        for (unsigned bank = 2u * request.pair; bank < 2u * request.pair + 2; ++bank) {
            if (!(queue.close_banks >> bank & 1) || queue.oldest(queue.bank(bank).needs) != at) continue;
            const Cycle earliest = timing_.earliest(DramCommand::Precharge, bank);
            if (earliest > now) {
                row_at_ = std::min(row_at_, earliest);
                continue;
            }
            request.found = QueuedRequest::Row::Conflict;
            close(bank, now);
            return true;
        }
    }
    return false;
}

void Channel::close(unsigned bank, Cycle now) {
    record(now, DramCommand::Precharge, bank, rows_[bank]);
    timing_.issue(DramCommand::Precharge, bank, now);
    rows_[bank] = closed;
    for (RequestQueue& queue : queues_) queue.closed(bank);
    review(bank / 2);
}

// ---- what the requests of a pair of banks wait for

// After any change to the pair's requests or rows. A bank works for the direction of the bus as long as that
// has a request for it, and otherwise prepares rows for the other.
void Channel::review(unsigned pair) {
    for (RequestQueue& queue : queues_) review_queue(queue, pair);
    if (refreshing_ >> (2 * pair) & 3) row_at_ = std::min(row_at_, timing_.row_bus());
}

void Channel::review_queue(RequestQueue& queue, unsigned pair) {
    const unsigned even = 2 * pair;
    const bool on_bus = &queue == &current();
    const RequestQueue::Bank* banks = &queue.bank(even);
    const Set members = banks[0].needs | banks[1].needs;
    Set hits = members & (~banks[0].needs | banks[0].matches) & (~banks[1].needs | banks[1].matches);
    for (unsigned half = 0; half < 2; ++half) {
        const Set needs = banks[half].needs;
        if (on_bus && (needs & over_age_)) hits &= ~needs | over_age_;
        if (refresh_overdue_ && (refreshing_ >> (even + half) & 1)) hits &= ~needs;
    }
    queue.hits = (queue.hits & ~members) | hits;
    queue.opens &= ~members;
    queue.closes &= ~members;
    queue.open_banks &= ~(std::uint64_t{3} << even);
    queue.close_banks &= ~(std::uint64_t{3} << even);
    for (unsigned half = 0; half < 2; ++half) {
        const unsigned bank = even + half;
        const auto [needs, matches] = banks[half];
        if (!needs) continue;
        if (on_bus && (hits & needs)) move_at_ = std::min(move_at_, timing_.earliest(column(), bank));
        if (!on_bus && current().bank(bank).needs) continue;
        const Set oldest = RequestQueue::member(queue.oldest(needs));
        if (rows_[bank] == closed) {
            if (refreshing_ >> bank & 1) continue;
            queue.opens |= oldest;
            queue.open_banks |= std::uint64_t{1} << bank;
            row_at_ = std::min(row_at_, timing_.earliest(DramCommand::Activate, bank));
        } else if (!(matches & oldest) && !(hits & needs)) {
            queue.closes |= oldest;
            queue.close_banks |= std::uint64_t{1} << bank;
            row_at_ = std::min(row_at_, timing_.earliest(DramCommand::Precharge, bank));
        }
    }
}

void Channel::review_all() {
    for (unsigned pair = 0; pair < map_.pairs(); ++pair) review(pair);
}

void Channel::record(Cycle at, DramCommand command, unsigned bank, std::uint32_t row, std::uint32_t line) {
    if (trace_) trace_->push_back({at, command, static_cast<std::uint8_t>(bank), row, line});
}

std::vector<Wait> Channel::waits() const {
    std::array<std::uint64_t, max_tenants> count{};
    for (const Ingress& ingress : ingress_) ++count[index(ingress.request.tenant)];
    std::vector<Wait> waits;
    for (std::size_t tenant = 0; tenant < max_tenants; ++tenant)
        if (count[tenant])
            waits.push_back(
                {"memory channel", "a place in its queue", static_cast<TenantId>(tenant), count[tenant]});
    return waits;
}

// ---- the bursts of a line

std::array<Channel::Bursts, 16> Channel::bursts(const MemoryParams& p) {
    std::array<Bursts, 16> table{};
    for (unsigned sectors = 1; sectors < table.size(); ++sectors) {
        Bursts& line = table[sectors];
        line.banks = static_cast<std::uint8_t>(banks_of(static_cast<SectorMask>(sectors)));
        std::array<bool, 2> begun{};
        for (unsigned sector = 0; sector < 4; ++sector) {
            if (!(sectors >> sector & 1)) continue;
            const unsigned half = sector % 2;
            unsigned at = line.count ? line.end + p.nCCDS : 0;
            if (begun[half]) at = std::max(at, line.last[half] + p.nCCDL);
            const auto cycle = static_cast<std::uint8_t>(at);
            if (!begun[half]) line.first[half] = cycle;
            begun[half] = true;
            line.sector[sector] = line.last[half] = line.end = cycle;
            ++line.count;
        }
        // Both activates keep nRRDS, as the banks lie in different groups, and the first burst waits for
        // both.
        unsigned start = p.nRCDRD;
        if (line.banks == 3) {
            const unsigned second = std::max<unsigned>(p.nRRDS, p.row_slot) + p.nRCDRD;
            start = std::max(start, second > line.first[1] ? second - line.first[1] : 0);
        }
        line.unloaded =
            static_cast<std::uint16_t>(p.front_end + start + line.end + p.nCL + p.nBL + p.back_end);
    }
    return table;
}

} // namespace migsim
