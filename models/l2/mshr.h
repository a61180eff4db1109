// SPDX-License-Identifier: Apache-2.0
// Miss status holding registers: one per line that is being fetched, with everybody who waits for its
// sectors. The first waiter lies in the register itself; registers are found by hash, not by a walk. Some are
// reserved for the paired slice, so that two slices whose crossbar streams wait for each other still answer
// each other.
#pragma once

#include <cassert>
#include <cstdint>
#include <vector>

#include "models/base/fetch_ahead.h"
#include "models/base/ids.h"
#include "models/base/time.h"
#include "models/l2/tag_array.h"
#include "models/messages/memory.h"

namespace migsim {

struct Waiter {
    std::uint32_t tag;     // the requester's
    std::uint32_t l2_wait; // ps waited in this slice so far
    std::uint32_t decided; // cycle of its lookup, low 32 bits
    std::uint32_t next;
    BlockId requester;
    SectorMask sectors; // asked for
    SectorMask missing; // not there yet
    Operation operation;
    InstanceId instance;
    TenantId tenant;
    bool from_peer;
};

struct Mshr {
    struct Fetch { // of some sectors; numbered by the lowest of them, as those in flight are disjoint
        std::uint32_t issued; // cycle, low 32 bits
        std::uint32_t wait;   // ps it waited to leave this slice
    };

    LineKey key;
    SectorMask pending; // sectors on their way
    bool closed;        // the line has changed since: nobody may join, nothing is kept
    bool for_peer;
    TenantId evictor; // of the line, for the waiter that missed first
    std::uint16_t next_in_bucket;
    std::uint8_t waiters;
    SectorMask fetched[4];
    Fetch fetches[4];
    std::uint32_t others, last_other; // waiters beyond the first, in order
    Waiter first;
};

class Mshrs {
public:
    // peer_reserved < count: registers that the crossbar stream leaves free. max_waiters counts the first.
    Mshrs(std::uint32_t count, std::uint32_t peer_reserved, std::uint32_t max_waiters);

    Mshr* find(LineKey key) {
        for (std::uint16_t i = buckets_[bucket(key)]; i != none; i = mshrs_[i].next_in_bucket)
            if (mshrs_[i].key.value == key.value) return &mshrs_[i];
        return nullptr;
    }
    bool available(bool for_peer) const {
        return !free_.empty() && (for_peer || crossbar_used_ < crossbar_limit_);
    }
    bool can_join(const Mshr& mshr) const { return mshr.waiters < max_waiters_; }

    Mshr& allocate(LineKey key, const Waiter& first);
    void join(Mshr& mshr, const Waiter& waiter);
    void close(Mshr& mshr);   // later requests for the line fetch it anew
    void release(Mshr& mshr); // nobody waits any more

    void fetch_ahead(std::uint32_t i) const { // brings a register into the host's cache
        migsim::fetch_ahead(&mshrs_[i], sizeof(Mshr) + host_line - 1);
    }
    void fetch_ahead(LineKey key) const { // and its bucket
        migsim::fetch_ahead(&buckets_[bucket(key)]);
    }
    std::uint32_t index(const Mshr& mshr) const { return static_cast<std::uint32_t>(&mshr - mshrs_.data()); }
    Mshr& operator[](std::uint32_t i) { return mshrs_[i]; }
    std::uint32_t used() const { return static_cast<std::uint32_t>(mshrs_.size() - free_.size()); }

    // Calls serve(waiter) for each waiter that lacks nothing once `arrived` is there, in order, and forgets
    // it.
    template <class Serve>
    void arrive(Mshr& mshr, SectorMask arrived, Serve serve) {
        mshr.pending &= static_cast<SectorMask>(~arrived);
        if (settles(mshr.first, arrived)) serve(mshr.first); // its place stays empty
        std::uint32_t* link = &mshr.others;
        mshr.last_other = no_waiter;
        while (*link != no_waiter) {
            const std::uint32_t i = *link;
            if (settles(pool_[i], arrived)) {
                const Waiter waiter = pool_[i];
                *link = waiter.next;
                pool_[i].next = free_waiter_;
                free_waiter_ = i;
                --mshr.waiters;
                serve(waiter);
            } else {
                mshr.last_other = i;
                link = &pool_[i].next;
            }
        }
    }

private:
    static constexpr std::uint16_t none = 0xffff;
    static constexpr std::uint32_t no_waiter = 0xffff'ffff;

    static bool settles(Waiter& waiter, SectorMask arrived) {
        if (!(waiter.missing & arrived)) return false; // also a place already empty: nothing is missing there
        waiter.missing &= static_cast<SectorMask>(~arrived);
        return waiter.missing == 0;
    }
    std::size_t bucket(LineKey key) const { return key.value * 0x9e3779b1u >> bucket_shift_; }
    void unlink(const Mshr& mshr);

    std::vector<Mshr> mshrs_;
    std::vector<std::uint16_t> free_; // used last, reused first: few registers stay warm
    std::vector<std::uint16_t> buckets_;
    unsigned bucket_shift_;
    std::vector<Waiter> pool_;
    std::uint32_t free_waiter_ = no_waiter;
    std::uint32_t crossbar_limit_, crossbar_used_ = 0;
    std::uint32_t max_waiters_;
};

} // namespace migsim
