// SPDX-License-Identifier: Apache-2.0
// What a tenant asks of the GPU: requests, each the same chain of dependent kernels, in the order of one
// stream.
#pragma once

#include <cstdint>
#include <vector>

#include "models/base/time.h"
#include "models/messages/cta.h"

namespace migsim {

struct TenantQueue {
    TenantId tenant{};
    InstanceId instance{};
    std::uint8_t compute_instance = 0; // of that instance, in the order of its set-up
    SpaceId space{};
    std::vector<const Kernel*> chain; // run one after the other; they outlive the machine
    bool graph = false;               // launched as one graph, or kernel by kernel into a stream

    std::uint64_t requests = 0; // 0: without end, until the other tenants are done
    std::vector<Tick> arrivals; // open loop: one per request; empty: closed loop, back to back
    Tick think = 0;             // closed loop: from the end of a request to the arrival of the next
    Tick first_arrival = 0;     // closed loop
};

// One request of a tenant. `end` is `never` while it is not complete.
struct RequestRecord {
    TenantId tenant;
    std::uint64_t number; // per tenant, from 0
    Tick arrival;
    Tick end = never;
    bool failed = false; // its instance was stopped by a fault
    Tick slot_wait = 0;  // over its kernels: from ready to the dispatch of the CTA that finished last
    StallTime stalls{};  // of those last CTAs
};

} // namespace migsim
