// SPDX-License-Identifier: Apache-2.0
// The reads and the posted writes of a channel, and which of them the data bus serves now.
#pragma once

#include <array>

#include "models/memory/request_queue.h"

namespace migsim {

struct RequestQueues {
    RequestQueues(unsigned reads, unsigned writes, unsigned banks)
        : by_direction{RequestQueue(reads, banks), RequestQueue(writes, banks)} {}

    std::array<RequestQueue, 2> by_direction; // reads, writes
    bool writing = false;                     // the direction of the bus
    RequestQueue::Set over_age = 0; // of it: the oldest request, once row hits may no longer pass it

    RequestQueue& operator[](bool write) { return by_direction[write]; }
    const RequestQueue& operator[](bool write) const { return by_direction[write]; }
    RequestQueue& current() { return by_direction[writing]; }
    RequestQueue& other() { return by_direction[!writing]; }
    bool empty() const { return by_direction[0].empty() && by_direction[1].empty(); }
};

} // namespace migsim
