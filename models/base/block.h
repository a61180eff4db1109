// SPDX-License-Identifier: Apache-2.0
// A block takes turns: one call per window in which it has work. It sees what arrived in that window and its
// own state, nothing else, and everything it sends arrives in a later window.
#pragma once

#include <string>
#include <vector>

#include "models/base/ids.h"
#include "models/base/time.h"

namespace migsim {

// One queue that holds work back, for the picture printed when a run makes no progress.
struct Wait {
    std::string who;  // the queue that waits
    std::string what; // what it waits for
    TenantId tenant;
    std::uint64_t count;
};

class Block {
public:
    virtual ~Block() = default;

    // Does everything that happens before `end`. Returns the earliest time at or after `end` at which the
    // block has work of its own, `never` when only a message or a credit can bring more.
    virtual Tick turn(Tick end) = 0;

    // Speed alone: called two other blocks' turns before a turn of the same window and again one before it,
    // to fetch ahead what the object points to, and then what that points to.
    virtual void fetch_ahead(unsigned turns_before) const { static_cast<void>(turns_before); }

    virtual std::vector<Wait> waits() const { return {}; }
};

} // namespace migsim
