// SPDX-License-Identifier: Apache-2.0
// Many small first-in-first-out lists that share one pool of items: who waits for what. After the busiest
// moment of a run nothing is allocated any more.
#pragma once

#include <cassert>
#include <cstdint>
#include <vector>

namespace migsim {

template <class Item>
class ListPool {
    static constexpr std::uint32_t none = 0xffff'ffff;

public:
    class List {
    public:
        bool empty() const { return first_ == none; }

    private:
        friend class ListPool;
        std::uint32_t first_ = none, last_ = none;
    };

    void push(List& list, const Item& item) {
        std::uint32_t place = free_;
        if (place == none) {
            place = static_cast<std::uint32_t>(nodes_.size());
            nodes_.push_back({item, none});
        } else {
            free_ = nodes_[place].next;
            nodes_[place] = {item, none};
        }
        (list.empty() ? list.first_ : nodes_[list.last_].next) = place;
        list.last_ = place;
        ++size_;
    }
    const Item& front(const List& list) const { return nodes_[list.first_].item; }
    Item pop(List& list) {
        assert(!list.empty());
        const std::uint32_t place = list.first_;
        list.first_ = nodes_[place].next;
        nodes_[place].next = free_;
        free_ = place;
        --size_;
        return nodes_[place].item;
    }

    std::uint64_t size() const { return size_; } // of all lists together

private:
    struct Node {
        Item item;
        std::uint32_t next;
    };
    std::vector<Node> nodes_;
    std::uint32_t free_ = none;
    std::uint64_t size_ = 0;
};

} // namespace migsim
