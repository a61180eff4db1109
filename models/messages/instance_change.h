// SPDX-License-Identifier: Apache-2.0
// Between the GSP and the blocks that have a part in a change of instances. An instance's id names one life
// of it: what is created anew on the same hardware has another id.
#pragma once

#include <cstdint>

#include "models/base/ids.h"

namespace migsim {

// GSP -> block: from its arrival on the instance is there, or is not. Whoever is told of the end of one
// answers when nothing of it is left.
struct InstanceChange {
    enum class Kind : std::uint8_t { Create, Destroy };
    Kind kind;
    InstanceId instance;
};

struct InstanceGone {
    InstanceId instance;
};

struct TenantQueue;

// GSP -> front end. A tenant that is paused begins no request until it resumes, one that is ended never
// again; of either the front end says when none of its requests runs any more.
struct TenantChange {
    enum class Kind : std::uint8_t { Pause, End, Resume };
    Kind kind;
    TenantId tenant;
    const TenantQueue* queue = nullptr; // to resume: with kernels and memory on its new instance
};

struct TenantIdle {
    TenantId tenant;
};

} // namespace migsim
