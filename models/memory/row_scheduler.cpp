// SPDX-License-Identifier: Apache-2.0
#include "models/memory/row_scheduler.h"

#include <algorithm>
#include <bit>

namespace migsim {

RowScheduler::RowScheduler(const MemoryParams& params, BankTiming& timing, RequestQueues& queues,
                           Cycle refresh_phase, CommandTrace& trace, Counter& activates, Counter& refreshes)
    : timing_(timing),
      queues_(queues),
      trace_(trace),
      activates_(activates),
      refreshes_(refreshes),
      schedule_(params, timing.banks(), refresh_phase),
      per_bank_(params.refresh == RefreshMode::PerBank),
      age_cap_(params.age_cap),
      activate_gap_(std::max<Cycle>(params.nRRDS, params.row_slot)),
      rows_(timing.banks(), closed) {}

std::optional<unsigned> RowScheduler::give(Cycle now) {
    if (timing_.row_bus() > now) return std::nullopt;
    if (refresh_at_ <= now && refresh(now)) return std::nullopt;
    if (std::max(open_at_, timing_.any_activate()) <= now) {
        open_at_ = never;
        for (RequestQueue* queue : {&queues_.current(), &queues_.other()})
            if (const std::optional<unsigned> pair = activate(*queue, now)) {
                if (queues_[false].opens | queues_[true].opens) open_at_ = now; // others were not asked
                return pair;
            }
    }
    if (close_at_ <= now) precharge(now);
    return std::nullopt;
}

// The rows of the oldest request that can have one opened now.
std::optional<unsigned> RowScheduler::activate(RequestQueue& queue, Cycle now) {
    for (Set left = queue.opens; left;) {
        const unsigned at = queue.oldest(left);
        left &= ~RequestQueue::member(at);
        QueuedRequest& request = queue[at];
        bool given = false;
        for (unsigned bank = 2u * request.pair; bank < 2u * request.pair + 2; ++bank) {
            if (!(queue.open_banks & bit(bank))) continue;
            const Cycle cycle =
                given ? timing_.earliest(DramCommand::Activate, bank) : timing_.activate(bank);
            if (cycle > (given ? now + activate_gap_ : now)) {
                open_at_ = std::min(open_at_, cycle);
            } else if (queue.oldest(queue.bank(bank).needs) == at) { // not another request's to open
                open(bank, request, std::max(cycle, now));
                given = true;
            }
        }
        if (given) {
            review(request.pair);
            return request.pair;
        }
    }
    return std::nullopt;
}

// Closes the rows in the way of the oldest request for which that is possible now; sees when others will be.
void RowScheduler::precharge(Cycle now) {
    close_at_ = never;
    const QueuedRequest* chosen = nullptr;
    for (RequestQueue* queue : {&queues_.current(), &queues_.other()})
        for (Set left = queue->closes; left;) {
            const unsigned at = queue->oldest(left);
            left &= ~RequestQueue::member(at);
            QueuedRequest& request = (*queue)[at];
            for (unsigned bank = 2u * request.pair; bank < 2u * request.pair + 2; ++bank) {
                if (!(queue->close_banks & bit(bank))) continue;
                const Cycle cycle = timing_.precharge(bank);
                const Cycle slot = chosen ? timing_.row_bus() : now;
                if (cycle > slot || (chosen && chosen != &request)) {
                    close_at_ = std::min(close_at_, cycle);
                } else if (queue->oldest(queue->bank(bank).needs) == at) { // not in another request's way
                    close(bank, slot);
                    request.found = QueuedRequest::Row::Conflict;
                    chosen = &request;
                }
            }
        }
    if (chosen) review(chosen->pair);
}

void RowScheduler::open(unsigned bank, QueuedRequest& request, Cycle at) {
    trace_.add(at, DramCommand::Activate, bank, request.row);
    timing_.issue(DramCommand::Activate, bank, at);
    activates_ += 1;
    request.found = std::max(request.found, QueuedRequest::Row::Closed);
    rows_[bank] = request.row;
    for (RequestQueue& queue : queues_.by_direction) queue.opened(bank, request.row);
}

void RowScheduler::close(unsigned bank, Cycle at) {
    trace_.add(at, DramCommand::Precharge, bank, rows_[bank]);
    timing_.issue(DramCommand::Precharge, bank, at);
    rows_[bank] = closed;
    for (RequestQueue& queue : queues_.by_direction) queue.closed(bank);
}

void RowScheduler::refresh_falls_due() {
    refreshing_ = per_bank_ ? bit(schedule_.turn()) : ~Banks{0} >> (64 - timing_.banks());
    if (per_bank_)
        review(schedule_.turn() / 2);
    else
        review_all();
}

// Row hits have put it off for as long as they may pass an old request.
void RowScheduler::refresh_is_overdue() {
    overdue_ = true;
    review_all();
}

// Rows in the way are closed once their row hits are done, then the refresh is given.
bool RowScheduler::refresh(Cycle now) {
    refresh_at_ = never;
    bool waits = false;
    for (Banks left = refreshing_; left; left &= left - 1) {
        const auto bank = static_cast<unsigned>(std::countr_zero(left));
        if (rows_[bank] == closed) continue;
        waits = true;
        if (queues_.current().hits & queues_.current().bank(bank).needs) continue; // review() calls again
        const Cycle cycle = timing_.precharge(bank);
        if (cycle <= now) {
            close(bank, now);
            review(bank / 2);
            return true;
        }
        refresh_at_ = std::min(refresh_at_, cycle);
    }
    if (waits) return false;
    const DramCommand command = per_bank_ ? DramCommand::RefreshBank : DramCommand::RefreshAll;
    const unsigned bank = per_bank_ ? schedule_.turn() : 0;
    const Cycle cycle = timing_.earliest(command, bank);
    if (cycle > now) {
        refresh_at_ = cycle;
        return false;
    }
    trace_.add(now, command, bank, 0);
    timing_.issue(command, bank, now);
    refreshes_ += 1;
    schedule_.done();
    refreshing_ = 0;
    overdue_ = false;
    if (per_bank_)
        review(bank / 2);
    else
        review_all();
    return true;
}

void RowScheduler::review(unsigned pair) {
    RequestQueue& current = queues_.current();
    const unsigned current_needs =
        (current.bank(2 * pair).needs ? 1u : 0u) | (current.bank(2 * pair + 1).needs ? 2u : 0u);
    review(current, pair, current_needs, queues_.over_age);
    if (!queues_.other().empty()) review(queues_.other(), pair, ~current_needs, 0);
    if (refreshing_ >> (2 * pair) & 3) refresh_at_ = 0;
}

// working: the banks of the pair, as two bits, that may open and close rows for this queue.
void RowScheduler::review(RequestQueue& queue, unsigned pair, unsigned working, Set over_age) {
    const unsigned even = 2 * pair;
    const RequestQueue::Bank* banks = &queue.bank(even);
    queue.open_banks &= ~(Banks{3} << even);
    queue.close_banks &= ~(Banks{3} << even);
    const Set members = banks[0].needs | banks[1].needs;
    if (!members) return;
    Set hits = members & (~banks[0].needs | banks[0].matches) & (~banks[1].needs | banks[1].matches);
    if (over_age || overdue_)
        for (unsigned half = 0; half < 2; ++half) {
            const Set needs = banks[half].needs;
            if (needs & over_age) hits &= ~needs | over_age;
            if (overdue_ && (refreshing_ & bit(even + half))) hits &= ~needs;
        }
    queue.hits = (queue.hits & ~members) | hits;
    queue.opens &= ~members;
    queue.closes &= ~members;
    for (unsigned half = 0; half < 2; ++half) {
        const unsigned bank = even + half;
        const auto [needs, matches] = banks[half];
        if (!needs || !(working >> half & 1)) continue;
        if (rows_[bank] == closed) {
            if (refreshing_ & bit(bank)) continue;
            queue.opens |= RequestQueue::member(queue.oldest(needs));
            queue.open_banks |= bit(bank);
            open_at_ = std::min(open_at_, timing_.activate(bank));
        } else if (!(hits & needs)) {
            const Set oldest = RequestQueue::member(queue.oldest(needs));
            if (matches & oldest) continue; // its row is open here; it waits for the other bank
            queue.closes |= oldest;
            queue.close_banks |= bit(bank);
            close_at_ = std::min(close_at_, timing_.precharge(bank));
        }
    }
}

void RowScheduler::review_all() {
    for (unsigned pair = 0; pair < rows_.size() / 2; ++pair) review(pair);
}

} // namespace migsim
