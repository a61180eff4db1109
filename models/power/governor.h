// SPDX-License-Identifier: Apache-2.0
// The clock governor: commands a new frequency for the domain of SMs, crossbar and L2. A command travels to
// every block of the domain and takes effect at one stated tick, so that all of them change at the same edge.
#pragma once

#include <map>

#include "models/base/links.h"
#include "models/base/statistic.h"
#include "models/messages/cta.h"

namespace migsim {

class Governor final : public Block {
public:
    // effect: ps from a command to the tick at which the new frequency holds; longer than its links.
    Governor(Windows& windows, Tick effect) : effect_(effect), windows_(windows), id(windows.add(*this)) {}

    Links<ClockChange> to_domain;
    std::vector<BlockId> domain;

    // Before the run: at `command` the domain is told to run at `mhz`. Commands must lie further apart than
    // `effect`, so that a block never knows of two.
    void step(Tick command, std::uint32_t mhz) { steps_[command] = mhz; }
    void start() {
        if (!steps_.empty()) windows_.wake(id, steps_.begin()->first, windows_.lane(id));
    }

    Tick turn(Tick end) override {
        while (!steps_.empty() && steps_.begin()->first < end) {
            const auto [command, mhz] = *steps_.begin();
            steps_.erase(steps_.begin());
            changes += 1;
            for (const BlockId block : domain) to_domain[block].send(command, {command + effect_, mhz});
        }
        return steps_.empty() ? never : steps_.begin()->first;
    }

    Statistics stats;
    Counter changes{stats, "clock_changes", "changes", "of frequency commanded"};

private:
    Tick effect_;
    std::map<Tick, std::uint32_t> steps_;
    Windows& windows_;

public:
    const BlockId id;
};

} // namespace migsim
