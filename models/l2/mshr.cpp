// SPDX-License-Identifier: Apache-2.0
#include "models/l2/mshr.h"

#include <bit>

namespace migsim {

Mshrs::Mshrs(std::uint32_t count, std::uint32_t peer_reserved, std::uint32_t max_waiters)
    : mshrs_(count), crossbar_limit_(count - peer_reserved), max_waiters_(max_waiters) {
    assert(peer_reserved < count && count < none && max_waiters >= 1 && max_waiters <= 255);
    for (std::uint32_t i = count; i-- > 0;) free_.push_back(static_cast<std::uint16_t>(i));
    const std::uint32_t buckets = std::bit_ceil(2 * count);
    buckets_.assign(buckets, none);
    bucket_shift_ = 32 - static_cast<unsigned>(std::countr_zero(buckets));
}

Mshr& Mshrs::allocate(LineKey key, const Waiter& first) {
    assert(available(first.from_peer) && !find(key));
    const std::uint16_t i = free_.back();
    free_.pop_back();
    crossbar_used_ += !first.from_peer;
    Mshr& mshr = mshrs_[i];
    std::uint16_t& head = buckets_[bucket(key)];
    mshr = Mshr{key, 0, false, first.from_peer, first.tenant, head, 1, {}, {}, no_waiter, no_waiter, first};
    head = i;
    return mshr;
}

void Mshrs::join(Mshr& mshr, const Waiter& waiter) {
    assert(can_join(mshr) && !mshr.closed);
    std::uint32_t i = free_waiter_;
    if (i == no_waiter) {
        i = static_cast<std::uint32_t>(pool_.size());
        pool_.push_back(waiter);
    } else {
        free_waiter_ = pool_[i].next;
        pool_[i] = waiter;
    }
    pool_[i].next = no_waiter;
    (mshr.others == no_waiter ? mshr.others : pool_[mshr.last_other].next) = i;
    mshr.last_other = i;
    ++mshr.waiters;
}

void Mshrs::close(Mshr& mshr) {
    assert(!mshr.closed);
    mshr.closed = true;
    unlink(mshr);
}

void Mshrs::release(Mshr& mshr) {
    assert(mshr.pending == 0 && mshr.others == no_waiter && mshr.first.missing == 0);
    if (!mshr.closed) unlink(mshr);
    crossbar_used_ -= !mshr.for_peer;
    free_.push_back(static_cast<std::uint16_t>(index(mshr)));
}

void Mshrs::unlink(const Mshr& mshr) {
    std::uint16_t* link = &buckets_[bucket(mshr.key)];
    while (&mshrs_[*link] != &mshr) link = &mshrs_[*link].next_in_bucket;
    *link = mshr.next_in_bucket;
}

} // namespace migsim
