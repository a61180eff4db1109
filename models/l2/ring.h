// SPDX-License-Identifier: Apache-2.0
// A first-in-first-out queue that keeps its memory: after the busiest moment of a run nothing is allocated.
#pragma once

#include <cassert>
#include <cstddef>
#include <utility>
#include <vector>

namespace migsim {

template <class Item>
class Ring {
public:
    bool empty() const { return first_ == last_; }
    std::size_t size() const { return last_ - first_; }
    const Item& front() const {
        assert(!empty());
        return items_[first_ & mask_];
    }
    const Item& operator[](std::size_t i) const { return items_[(first_ + i) & mask_]; }

    void push(const Item& item) {
        if (size() == items_.size()) grow();
        items_[last_++ & mask_] = item;
    }
    void pop() {
        assert(!empty());
        ++first_;
    }

private:
    void grow() { // the host's memory, not the machine's: here powers of two are free to choose
        std::vector<Item> wider(items_.empty() ? 16 : items_.size() * 2);
        const std::size_t count = size();
        for (std::size_t i = 0; i < count; ++i) wider[i] = (*this)[i];
        items_ = std::move(wider);
        mask_ = items_.size() - 1;
        first_ = 0;
        last_ = count;
    }

    std::vector<Item> items_;
    std::size_t mask_ = 0, first_ = 0, last_ = 0;
};

} // namespace migsim
