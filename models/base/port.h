// SPDX-License-Identifier: Apache-2.0
// A port of the crossbar, or a pipe of an SM: served first come first served, so many bytes (operations) per
// clock. Its state is one number, the byte time at which it is next free, so waiting costs arithmetic, not
// events.
#pragma once

#include <algorithm>
#include <cstdint>

#include "models/base/time.h"

namespace migsim {

class Port {
public:
    // rate: bytes per clock; 0 leaves the level out: messages pass without a trace.
    explicit Port(std::uint32_t rate = 0) : rate_(rate) {}

    // The cycle at which the head of a message of `bytes` leaves, for messages offered in order of service.
    Cycle pass(Cycle arrival, std::uint64_t bytes) {
        if (rate_ == 0) return arrival;
        const std::uint64_t offered = arrival * rate_;
        const Cycle head = free_ <= offered ? arrival : (free_ + rate_ - 1) / rate_;
        free_ = std::max(free_, offered) + bytes;
        return head;
    }

    // The first cycle at which a message would not wait.
    Cycle free() const { return rate_ == 0 ? 0 : (free_ + rate_ - 1) / rate_; }
    // Cycles a message of `bytes` occupies the port, at least one.
    Cycle occupancy(std::uint32_t bytes) const {
        return rate_ == 0 ? 0 : std::max(1u, (bytes + rate_ - 1) / rate_);
    }

private:
    std::uint32_t rate_;
    std::uint64_t free_ = 0; // in bytes since cycle 0
};

} // namespace migsim
