// SPDX-License-Identifier: Apache-2.0
// What travels between SMs, L2 slices and memory channels. The unit is a 128-byte line with a 4-bit mask of
// 32-byte sectors; data itself is not carried. *Request* goes toward memory, *response* toward the SM.
#pragma once

#include <cstdint>

#include "models/base/ids.h"

namespace migsim {

using Address = std::uint64_t; // bytes; virtual or physical as the name says

inline constexpr Address line_bytes = 128;
inline constexpr Address sector_bytes = 32;
inline constexpr std::uint8_t all_sectors = 0xf;

using SectorMask = std::uint8_t; // bit i: bytes [32 i, 32 i + 32) of the line

constexpr unsigned bytes_of(SectorMask sectors) {
    constexpr std::uint8_t sectors_of[16] = {0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4};
    return sectors_of[sectors & all_sectors] * static_cast<unsigned>(sector_bytes);
}

enum class Operation : std::uint8_t {
    Read,       // may be served by a near copy
    GpuRead,    // gpu-scope load: served at home
    Write,      // every byte of every named sector is written
    Atomic,     // read-modify-write at home, answers with data
    Invalidate, // home -> near slice: drop the copy; not answered
};

constexpr bool changes_memory(Operation op) {
    return op == Operation::Write || op == Operation::Atomic;
}

struct MemoryRequest {
    Address address;   // physical, of the line
    std::uint32_t tag; // the requester's own handle, returned untouched
    BlockId requester; // where the response goes
    SectorMask sectors;
    Operation operation;
    InstanceId instance;
    TenantId tenant;
};

enum class Outcome : std::uint8_t { NearHit, FarHit, NearMiss, FarMiss, Done, Fault };

// Cycles of a request's life that it spent waiting behind others, by cause, in ps. What is left of its
// latency is the unloaded path of its outcome.
struct MemoryWaits {
    std::uint32_t l2;     // slice ingress, tag port, MSHR and response port
    std::uint32_t link;   // between the L2 partitions
    std::uint32_t memory; // channel queue, bank, bus, refresh
};

struct MemoryResponse {
    std::uint32_t tag;
    BlockId requester;
    SectorMask sectors; // sectors delivered; 0 for the acknowledgement of a write
    Outcome outcome;
    InstanceId instance;
    TenantId tenant;
    TenantId evictor; // of a miss on a line that was evicted: who evicted it; its own tenant otherwise
    MemoryWaits waits;
};

// Between an L2 slice and a memory channel. `line` counts 128-byte lines inside the channel.
struct ChannelRequest {
    std::uint32_t line;
    std::uint32_t tag;
    BlockId requester;
    SectorMask sectors;
    bool write; // posted: not answered
    InstanceId instance;
    TenantId tenant;
};

struct ChannelResponse {
    std::uint32_t tag;
    SectorMask sectors;
    bool fault; // dropped by enforcement: the request carried a foreign instance
    InstanceId instance;
    TenantId tenant;
    std::uint32_t wait; // ps beyond the unloaded latency of a closed bank
};

} // namespace migsim
