// SPDX-License-Identifier: Apache-2.0
// Between the front end and the GPC clusters: a CTA to run, its end, and control.
#pragma once

#include <cstdint>

#include "models/base/time.h"
#include "models/messages/kernel.h"

namespace migsim {

struct CtaLaunch {
    const Kernel* kernel; // lives as long as the run; read only
    std::uint32_t x, y, z;
    std::uint32_t launch; // the front end's handle of the kernel launch
    std::uint16_t sm;     // global SM number
    Tick dispatched;      // returned with the CTA's end
    SpaceId space;
    InstanceId instance;
    TenantId tenant;
    // Of a CTA in a cluster of several:
    std::uint32_t cluster = 0; // the cluster's own number, unlike any other's; 0: alone
    std::uint16_t rank = 0;    // among its CTAs
    std::uint64_t first = 0;   // number of the CTA of rank 0
};

// From one CTA of a cluster to the others, over the SM-to-SM network of its GPC: the buffers of all
// iterations before `iteration` are free to be filled here.
struct BufferNews {
    std::uint32_t cluster;
    std::uint16_t rank;
    std::uint32_t iteration;
};

// Stalled time of a CTA by the cause of the request that ended each stall, in ps. The causes tile the time in
// which no stage of the CTA could go on. What more L2 misses cost shows in `unloaded`: a miss has the longer
// path.
struct StallTime {
    std::uint64_t unloaded = 0; // the path itself, at the outcome the request had
    std::uint64_t sm = 0;       // load/store unit, MSHRs and store buffer of the own SM
    std::uint64_t crossbar = 0; // SM, TPC, CPC and GPC ports, and credits
    std::uint64_t l2 = 0;       // slice ports, MSHRs and the partition link
    std::uint64_t memory = 0;   // channel queue, bank, bus, refresh
    std::uint64_t mmu = 0;      // TLB misses and walks

    StallTime& operator+=(const StallTime& other) {
        unloaded += other.unloaded;
        sm += other.sm;
        crossbar += other.crossbar;
        l2 += other.l2;
        memory += other.memory;
        mmu += other.mmu;
        return *this;
    }
    StallTime& operator/=(std::uint64_t parts) {
        for (std::uint64_t* cause : {&unloaded, &sm, &crossbar, &l2, &memory, &mmu}) *cause /= parts;
        return *this;
    }
};

struct CtaDone {
    std::uint32_t launch;
    std::uint16_t sm;
    bool faulted;
    InstanceId instance;
    TenantId tenant;
    Tick dispatched;
    StallTime stalls;
};

// An access that enforcement refused, on its way to the front end, which stops the instance.
struct FaultReport {
    enum class Kind : std::uint8_t { Unmapped, OutsideWindow, NoRoute, ForeignSlice, ForeignChannel };
    Kind kind;
    InstanceId instance;
    TenantId tenant;
    Address address;
};

// Front end -> cluster: from its arrival on, CTAs of the instance issue nothing more; each reports itself
// done.
struct StopInstance {
    InstanceId instance;
};

// Governor -> every block of a clock domain: from tick `at` on, the domain runs at `mhz`.
struct ClockChange {
    Tick at;
    std::uint32_t mhz;
};

} // namespace migsim
