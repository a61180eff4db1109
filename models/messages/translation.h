// SPDX-License-Identifier: Apache-2.0
// What travels between a cluster's TLBs and the GPU-wide L3 TLB with its page walkers.
#pragma once

#include <cstdint>

#include "models/messages/memory.h"

namespace migsim {

enum class SpaceId : std::uint8_t {}; // an address space: one per tenant and instance
constexpr std::size_t index(SpaceId id) {
    return static_cast<std::size_t>(id);
}

enum class PageSize : std::uint8_t { K64 = 16, M2 = 21 }; // value: log2 of the bytes
constexpr unsigned shift(PageSize size) {
    return static_cast<unsigned>(size);
}
constexpr Address bytes_of(PageSize size) {
    return Address{1} << shift(size);
}

inline constexpr unsigned pages_per_entry = 16; // sub-entries that one TLB entry (one walk) covers

struct TranslationRequest {
    Address page;      // virtual page number: address >> shift(size)
    std::uint32_t tag; // the cluster's own handle, returned untouched
    BlockId requester;
    SpaceId space;
    PageSize size;
    InstanceId instance;
    TenantId tenant;
};

struct TranslationResponse {
    Address page;  // as asked
    Address frame; // physical page number of `page`
    std::uint32_t tag;
    std::uint16_t valid; // bit i: sub-entry i of the aligned group of 16 pages was filled by the same walk
    SpaceId space;
    PageSize size;
    InstanceId instance;
    bool fault; // not mapped, or mapped outside the instance's window
};

} // namespace migsim
