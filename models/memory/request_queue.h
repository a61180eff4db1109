// SPDX-License-Identifier: Apache-2.0
// The queued requests of one direction, in a ring in order of arrival. A set of requests is a 64-bit mask
// over the ring, so "the oldest row hit" is a rotation and a count of zeros. Surprising: a place is free
// again only when all older ones are, as in a reorder buffer; a new request waits outside until then.
#pragma once

#include <array>
#include <bit>
#include <cassert>
#include <cstdint>
#include <vector>

#include "models/base/time.h"
#include "models/messages/memory.h"

namespace migsim {

struct QueuedRequest {
    enum class Row : std::uint8_t { Hit, Closed, Conflict }; // how its banks were found

    Cycle since;   // its arrival at the channel
    Cycle entered; // this queue
    std::uint32_t row;
    std::uint32_t line;
    std::uint32_t tag;
    BlockId requester;
    std::uint16_t source; // who sent it: whose credit it holds
    std::uint8_t pair;
    SectorMask sectors;  // asked for
    SectorMask transfer; // of those, to be moved by the DRAM
    Row found;
    TenantId tenant;
    InstanceId instance;
};

class RequestQueue {
public:
    using Set = std::uint64_t;
    static constexpr Set member(unsigned place) { return Set{1} << place; }

    RequestQueue(unsigned places, unsigned banks) : places_(places), banks_(banks) {}

    bool full() const { return used() == places_; }
    bool empty() const { return held_ == 0; }
    unsigned used() const { return tail_ - head_; } // places, those that wait for older ones included
    QueuedRequest& operator[](unsigned place) { return requests_[place]; }
    const QueuedRequest& operator[](unsigned place) const { return requests_[place]; }

    unsigned oldest() const { return head_ % ring; }
    unsigned oldest(Set set) const {
        assert(set);
        return (static_cast<unsigned>(std::countr_zero(std::rotr(set, static_cast<int>(head_ % ring)))) +
                head_) %
               ring;
    }

    bool oldest_is_older(Cycle cap, Cycle now) const {
        return !empty() && now >= requests_[oldest()].entered + cap;
    }

    unsigned push(const QueuedRequest& request) {
        assert(!full());
        const unsigned place = tail_++ % ring;
        requests_[place] = request;
        held_ |= member(place);
        return place;
    }
    void remove(unsigned place) {
        const Set others = ~member(place);
        held_ &= others;
        hits &= others;
        opens &= others;
        closes &= others;
        for (unsigned half = 0; half < 2; ++half) {
            Bank& bank = banks_[2u * requests_[place].pair + half];
            bank.needs &= others;
            bank.matches &= others;
        }
        if (held_ == 0)
            head_ = tail_;
        else
            head_ +=
                static_cast<unsigned>(std::countr_zero(std::rotr(held_, static_cast<int>(head_ % ring))));
    }

    // The requests that need a bank, and of those the ones whose row it has open.
    struct Bank {
        Set needs = 0, matches = 0;
    };
    Bank& bank(unsigned index) { return banks_[index]; }
    const Bank& bank(unsigned index) const { return banks_[index]; }
    // The requests that need the same banks as this one.
    Set same_banks(unsigned place) const {
        const Bank* pair = &banks_[2u * requests_[place].pair];
        const Set me = member(place);
        return (pair[0].needs & me ? pair[0].needs : ~pair[0].needs) &
               (pair[1].needs & me ? pair[1].needs : ~pair[1].needs);
    }
    void opened(unsigned index, std::uint32_t row) {
        Bank& bank = banks_[index];
        for (Set left = bank.needs; left; left &= left - 1)
            if (requests_[static_cast<unsigned>(std::countr_zero(left))].row == row)
                bank.matches |= left & (~left + 1);
    }
    void closed(unsigned index) { banks_[index].matches = 0; }

    // What the scheduler makes of them; it keeps these up to date.
    Set hits = 0;                  // all rows they need are open
    Set opens = 0;                 // oldest of a bank in open_banks
    Set closes = 0;                // oldest of a bank in close_banks
    std::uint64_t open_banks = 0;  // closed, to be activated for their oldest request
    std::uint64_t close_banks = 0; // to be precharged: nobody may use the open row any more

private:
    static constexpr unsigned ring = 64;

    unsigned places_;
    unsigned head_ = 0, tail_ = 0; // of the ring, counting on
    Set held_ = 0;
    std::vector<Bank> banks_;
    std::array<QueuedRequest, ring> requests_;
};

} // namespace migsim
