// SPDX-License-Identifier: Apache-2.0
// When refreshes fall due: in each nREFI every bank once, evenly spread, or all together. It is algebra:
// nothing has to wake an idle channel, which catches up when the next request comes as if it had refreshed in
// time.
#pragma once

#include <cstdint>

#include "models/base/time.h"
#include "models/memory/memory_params.h"

namespace migsim {

class RefreshSchedule {
public:
    // phase: cycle in which the first round begins, so that channels need not refresh in step.
    RefreshSchedule(const MemoryParams& params, unsigned banks, Cycle phase)
        : interval_(params.nREFI), turns_(params.refresh == RefreshMode::PerBank ? banks : 1), round_(phase) {
        set_due();
    }

    Cycle due() const { return due_; }
    unsigned turn() const { return turn_; } // which bank's, where banks are refreshed one by one

    void done() {
        if (++turn_ == turns_) {
            turn_ = 0;
            round_ += interval_;
        }
        set_due();
    }

    // Leaves out whole rounds of an idle time that lasts until `now`, and says how many refreshes they held.
    // The two latest rounds stay: after the first of them all rows are closed, in the second all refreshes
    // are on time.
    std::uint64_t skip_to(Cycle now) {
        if (now < round_ + 4 * interval_) return 0;
        const Cycle rounds = (now - round_) / interval_ - 3;
        round_ += rounds * interval_;
        set_due();
        return rounds * turns_;
    }

private:
    void set_due() { due_ = round_ + (turn_ + 1) * interval_ / turns_; }

    Cycle interval_;
    unsigned turns_;
    Cycle round_;
    unsigned turn_ = 0;
    Cycle due_ = 0;
};

} // namespace migsim
