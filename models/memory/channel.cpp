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
    : id(windows.add(*this)),
      from_l2(windows, id),
      instance_changes(windows, id),
      params_(checked(params)),
      clock_(params.clock),
      map_(params),
      bursts_(line_bursts(params)),
      front_end_(params.front_end),
      read_tail_(params.nCL + params.nBL + params.back_end),
      batch_(params.write_high - params.write_low),
      enforce_(setup.enforce),
      ingress_(64),
      queues_(params.read_queue, params.write_queue, 2 * map_.pairs()),
      timing_(params),
      rows_(params, timing_, queues_, setup.refresh_phase, trace_, activates, refreshes),
      run_(batch_) {}

void Channel::set_credits(BlockId slice, std::shared_ptr<Credits> credits) {
    if (credits_.size() <= index(slice)) credits_.resize(index(slice) + 1);
    credits_[index(slice)] = std::move(credits);
}

Tick Channel::turn(Tick end) {
    const auto changes = instance_changes.take();
    std::size_t change = 0;
    const auto change_owner = [&](Tick until) {
        for (; change < changes.size() && changes[change].time <= until; ++change)
            owner_ = changes[change].message.instance;
    };
    for (const Arrival<ChannelRequest>& arrival : from_l2.take()) {
        change_owner(arrival.time);
        if (ingress_.full()) ingress_.set_capacity(ingress_.capacity() * 2);
        const bool foreign = enforce_ && owner_ && *owner_ != arrival.message.instance;
        ingress_.push_back({clock_.at_or_after(arrival.time), static_cast<std::uint16_t>(arrival.source),
                            foreign, arrival.message});
    }
    change_owner(end);
    const Cycle limit = clock_.at_or_after(end);
    while (!queues_.empty() || !ingress_.empty()) {
        if (queues_.empty()) rows_.idle_until(ingress_.front().since + front_end_);
        const Cycle now = next();
        if (now >= limit) return clock_.edge(now);
        step(now);
    }
    return never; // refreshes that fall due while idle are made up for when a request comes
}

void Channel::fetch_ahead(unsigned turns_before) const {
    if (turns_before == 1) return;
    from_l2.fetch_ahead();
    timing_.fetch_ahead();
}

Cycle Channel::next() const {
    Cycle at = std::min(move_at_, row_at_);
    if (may_enter(never)) at = std::min(at, ingress_.front().since + front_end_);
    return std::max(at, now_);
}

void Channel::step(Cycle now) {
    now_ = now;
    while (may_enter(now)) {
        enter(ingress_.front(), now);
        ingress_.pop_front();
    }
    rows_.check_refresh(now);
    if (move_at_ <= now) move_line(now);
    row_at_ = rows_.next();
    if (row_at_ <= now) {
        if (const std::optional<unsigned> pair = rows_.give(now)) rows_opened(*pair);
        row_at_ = rows_.next();
    }
}

// ---- a request enters

void Channel::enter(const Ingress& ingress, Cycle now) {
    const ChannelRequest& request = ingress.request;
    assert(request.sectors != 0 && request.sectors <= all_sectors);
    if (ingress.foreign) return refuse(ingress, now);
    (request.write ? writes : reads)[request.tenant] += 1;

    const RowPlace place = map_.place(request.line);
    SectorMask transfer = request.sectors;
    std::uint8_t& write_lines = write_lines_[request.line % write_lines_.size()];
    if (write_lines != 0)
        if (const std::optional<unsigned> at = queued_write(request.line, place)) {
            QueuedRequest& write = queues_[true][*at];
            if (request.write) { // one write of both
                combined += 1;
                write.transfer |= request.sectors;
                enlist(queues_[true], *at, banks_of(write.transfer));
                return give_back(ingress.source, clock_.edge(now));
            }
            transfer &= static_cast<SectorMask>(~write.transfer);
            if (transfer == 0) return forward(ingress, now);
        }
    RequestQueue& queue = queues_[request.write];
    const unsigned at = queue.push({ingress.since, now, place.row, request.line, request.tag,
                                    request.requester, ingress.source, place.pair, request.sectors, transfer,
                                    QueuedRequest::Row::Hit, request.tenant, request.instance});
    if (request.write)
        ++write_lines;
    else
        to_l2.fetch_ahead(request.requester);
    if (ingress.source < credits_.size() && credits_[ingress.source])
        credits_[ingress.source]->fetch_give_back_ahead();
    enlist(queue, at, banks_of(transfer));
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
    RequestQueue& queue = queues_[true];
    for (Set left = queue.bank(2u * place.pair).needs | queue.bank(2u * place.pair + 1).needs; left;
         left &= left - 1) {
        const auto at = static_cast<unsigned>(std::countr_zero(left));
        if (queue[at].line == line) return at;
    }
    return std::nullopt;
}

// The request needs these banks.
void Channel::enlist(RequestQueue& queue, unsigned at, unsigned banks) {
    const Set me = RequestQueue::member(at);
    const QueuedRequest& request = queue[at];
    bool hit = true, first = false;
    for (unsigned half = 0; half < 2; ++half) {
        if (!(banks >> half & 1)) continue;
        RequestQueue::Bank& bank = queue.bank(2u * request.pair + half);
        bank.needs |= me;
        first = first || queue.oldest(bank.needs) == at;
        if (rows_.is_open(2u * request.pair + half, request.row))
            bank.matches |= me;
        else
            hit = false;
    }
    if (hit && rows_.settled(request.pair))
        queue.hits |= me;
    else if (hit || first || (queue.hits & me)) // otherwise it waits behind others and changes nothing
        rows_.review(request.pair);
    if (&queue != &queues_.current()) {
        if (queues_.current().empty()) move_at_ = now_; // its direction gets its turn
    } else if ((queue.hits & me) && move_at_ > timing_.any_column(queues_.writing)) {
        move_at_ = std::min(move_at_, ready(request));
    }
}

void Channel::give_back(std::uint16_t source, Tick at) {
    if (source < credits_.size() && credits_[source]) credits_[source]->give_back(at);
}

// ---- the column bus: the oldest row hit that is ready

void Channel::move_line(Cycle now) {
    if (should_turn(now)) turn_around();
    RequestQueue& queue = queues_.current();
    if (!queues_.over_age &&
        queue.oldest_is_older(params_.age_cap, now)) { // row hits have passed it for long enough
        queues_.over_age = RequestQueue::member(queue.oldest());
        rows_.review(queue[queue.oldest()].pair);
    }
    move_at_ = never;
    for (Set left = queue.hits; left;) {
        const unsigned at = queue.oldest(left);
        const Cycle start = ready(queue[at]);
        if (start <= now) return issue_line(at, now);
        move_at_ = std::min(move_at_, start);
        left &= ~queue.same_banks(at); // the oldest speaks for them
    }
}

// Either direction keeps the bus for a batch of lines while it has any; writes wait for their marks or their
// age, or for a time without reads.
bool Channel::should_turn(Cycle now) {
    if (queues_.other().empty()) return false;
    if (queues_.current().empty()) return true;
    const RequestQueue& writes = queues_[true];
    const bool old_writes = writes.oldest_is_older(params_.write_age_cap, now);
    if (queues_.writing) return run_ >= batch_ || (writes.used() <= params_.write_low && !old_writes);
    return run_ >= batch_ && (writes.used() >= params_.write_high || old_writes);
}

void Channel::turn_around() {
    queues_.writing = !queues_.writing;
    queues_.over_age = 0;
    run_ = 0;
    turnarounds += 1;
    rows_.review_all();
}

// When the first burst of a row hit may be commanded so that the others follow without a gap.
Cycle Channel::ready(const QueuedRequest& request) const {
    const LineBursts& line = bursts_[request.transfer];
    Cycle start = 0;
    for (unsigned half = 0; half < 2; ++half)
        if (line.banks >> half & 1) {
            const Cycle at = timing_.column(queues_.writing, 2u * request.pair + half);
            if (at > start + line.first[half]) start = at - line.first[half];
        }
    return start;
}

// The pair may have new row hits, and does not otherwise get any but from new requests.
void Channel::rows_opened(unsigned pair) {
    const RequestQueue& queue = queues_.current();
    const Set hits = queue.hits & (queue.bank(2 * pair).needs | queue.bank(2 * pair + 1).needs);
    if (!hits) return;
    const Cycle soonest = std::has_single_bit(hits)
                              ? ready(queue[queue.oldest(hits)])
                              : std::min(timing_.column(queues_.writing, 2 * pair),
                                         timing_.column(queues_.writing, 2 * pair + 1)); // a bound for all
    move_at_ = std::min(move_at_, soonest);
}

void Channel::issue_line(unsigned at, Cycle now) {
    RequestQueue& queue = queues_.current();
    const QueuedRequest& request = queue[at];
    const LineBursts& line = bursts_[request.transfer];
    command_bursts(request, now);
    (request.found == QueuedRequest::Row::Hit      ? row_hits
     : request.found == QueuedRequest::Row::Closed ? row_misses
                                                   : row_conflicts) += 1;
    const Tick begin = clock_.edge(now);
    bytes[request.tenant] += line.count * sector_bytes;
    busy += line.busy;
    give_back(request.source, begin);
    if (queues_.writing)
        --write_lines_[request.line % write_lines_.size()];
    else
        respond(request, clock_.edge(now + line.end + read_tail_));

    const bool was_over_age = queues_.over_age & RequestQueue::member(at);
    queues_.over_age &= ~RequestQueue::member(at);
    queue.remove(at);
    ++run_;
    const auto has_hits = [&](unsigned half) {
        return queue.hits & queue.bank(2u * request.pair + half).needs;
    };
    const unsigned still_hit = (has_hits(0) ? 1u : 0u) | (has_hits(1) ? 2u : 0u);
    if (was_over_age || (line.banks & ~still_hit))
        rows_.review(request.pair); // otherwise its rows stay in use
    move_at_ = now + line.end + params_.nCCDS;
}

void Channel::command_bursts(const QueuedRequest& request, Cycle now) {
    const LineBursts& line = bursts_[request.transfer];
    const DramCommand command = queues_.writing ? DramCommand::Write : DramCommand::Read;
    const unsigned even = 2u * request.pair;
    if (trace_.on())
        for (unsigned sector = 0; sector < 4; ++sector)
            if (request.transfer >> sector & 1)
                trace_.add(now + line.sector[sector], command, even + sector % 2, request.row, request.line);
    // Of the bursts in one bank the last one binds what follows.
    const unsigned final_half = line.banks == 3 ? line.last[1] > line.last[0] : line.banks - 1u;
    if (line.banks == 3) timing_.issue(command, even + !final_half, now + line.last[!final_half]);
    timing_.issue(command, even + final_half, now + line.end);
}

void Channel::respond(const QueuedRequest& request, Tick departure) {
    const Tick unloaded = clock_.edge(request.since + bursts_[request.sectors].unloaded);
    const Tick wait = departure > unloaded ? departure - unloaded : 0;
    queue_wait[request.tenant] += wait;
    to_l2[request.requester].send(departure, {request.tag, request.sectors, false, request.instance,
                                              request.tenant, static_cast<std::uint32_t>(wait)});
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

} // namespace migsim
