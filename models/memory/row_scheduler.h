// SPDX-License-Identifier: Apache-2.0
// The row command bus: which rows are open, and the next activate, precharge or refresh. A due refresh comes
// first, then activates (their rate is what random traffic is bound by), then precharges; of each the oldest
// request's. Surprising: a bank works for the direction of the data bus while that has a request for it, and
// otherwise opens rows for the other, so that they are ready when the bus turns.
#pragma once

#include <optional>
#include <vector>

#include "models/base/statistic.h"
#include "models/memory/bank_timing.h"
#include "models/memory/refresh_schedule.h"
#include "models/memory/request_queues.h"

namespace migsim {

class RowScheduler {
public:
    // All references outlive this.
    RowScheduler(const MemoryParams& params, BankTiming& timing, RequestQueues& queues, Cycle refresh_phase,
                 CommandTrace& trace, Counter& activates, Counter& refreshes);

    bool is_open(unsigned bank, std::uint32_t row) const { return rows_[bank] == row; }

    // The next cycle with something to do, as far as can be told without a new request.
    Cycle next() const {
        const Cycle work =
            std::min(std::min(std::max(open_at_, timing_.any_activate()), close_at_), refresh_at_);
        return std::min(std::max(work, timing_.row_bus()), refreshing_ ? never : schedule_.due());
    }

    // The channel had nothing to do until `now`: refreshes went on.
    void idle_until(Cycle now) { refreshes_ += schedule_.skip_to(now); }

    // Calls a refresh that has fallen due; must precede other work of the cycle.
    void check_refresh(Cycle now) {
        if (!refreshing_ && schedule_.due() <= now) refresh_falls_due();
        if (refreshing_ && !overdue_ && now >= schedule_.due() + age_cap_) refresh_is_overdue();
    }

    // Gives what is possible at `now`: a refresh, or the activates or precharges of one request's banks, the
    // second as soon after the first as the rules allow. Returns the pair of banks in which rows were opened.
    std::optional<unsigned> give(Cycle now);

    // To be called after any change to the requests for a pair of banks.
    void review(unsigned pair);
    // Whether a new row hit in the pair changes nothing for its other requests.
    bool settled(unsigned pair) const {
        const RequestQueue& reads = queues_[false];
        const RequestQueue& writes = queues_[true];
        const Banks waiting = reads.open_banks | reads.close_banks | writes.open_banks | writes.close_banks;
        return !(waiting >> (2 * pair) & 3) && !queues_.over_age && !overdue_;
    }
    void review_all();

private:
    using Set = RequestQueue::Set;
    using Banks = std::uint64_t;                        // a mask
    static constexpr std::uint32_t closed = 0xffffffff; // no row is open
    static constexpr Banks bit(unsigned bank) { return Banks{1} << bank; }

    void refresh_falls_due();
    void refresh_is_overdue();
    bool refresh(Cycle now);
    std::optional<unsigned> activate(RequestQueue& queue, Cycle now);
    void precharge(Cycle now);
    void open(unsigned bank, QueuedRequest& request, Cycle at);
    void close(unsigned bank, Cycle at);
    void review(RequestQueue& queue, unsigned pair, unsigned working, Set over_age);

    BankTiming& timing_;
    RequestQueues& queues_;
    CommandTrace& trace_;
    Counter& activates_;
    Counter& refreshes_;
    RefreshSchedule schedule_;
    const bool per_bank_;
    const Cycle age_cap_, activate_gap_;

    std::vector<std::uint32_t> rows_; // open in each bank
    Banks refreshing_ = 0;            // their refresh is due: no activates
    bool overdue_ = false;            // no row hits either
    // Before these cycles there is nothing to activate, precharge, refresh.
    Cycle open_at_ = never, close_at_ = never, refresh_at_ = never;
};

} // namespace migsim
