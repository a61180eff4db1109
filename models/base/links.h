// SPDX-License-Identifier: Apache-2.0
// The links of one block to several peers, found by the peer's block id, with the credits of each where the
// far end has a finite buffer.
#pragma once

#include <cassert>
#include <memory>
#include <vector>

#include "models/base/credits.h"
#include "models/base/inbox.h"

namespace migsim {

template <class Message>
class Links {
public:
    void add(BlockId to, Link<Message> link, std::shared_ptr<Credits> credits = nullptr) {
        if (ends_.size() <= index(to)) ends_.resize(index(to) + 1, none);
        assert(ends_[index(to)] == none && "two links to the same block");
        ends_[index(to)] = static_cast<std::uint16_t>(links_.size());
        links_.push_back({link, std::move(credits)});
    }
    bool reaches(BlockId to) const { return index(to) < ends_.size() && ends_[index(to)] != none; }
    const Link<Message>& operator[](BlockId to) const { return end(to).link; }
    Credits* credits(BlockId to) const { return end(to).credits.get(); } // null: unbounded, by pre-allocation
    void fetch_ahead(BlockId to) const { // speed alone: before a message to it
        const End& far = end(to);
        far.link.fetch_ahead();
        if (far.credits) far.credits->fetch_next_ahead();
    }
    const std::shared_ptr<Credits>& shared_credits(BlockId to) const {
        return end(to).credits;
    } // for the far end

private:
    static constexpr std::uint16_t none = 0xffff;
    struct End {
        Link<Message> link;
        std::shared_ptr<Credits> credits;
    };
    const End& end(BlockId to) const {
        assert(reaches(to) && "no link to this block");
        return links_[ends_[index(to)]];
    }
    std::vector<std::uint16_t> ends_;
    std::vector<End> links_;
};

} // namespace migsim
