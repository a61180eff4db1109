// SPDX-License-Identifier: Apache-2.0
#include "models/mmu/page_table.h"

#include <stdexcept>
#include <utility>

namespace migsim {

namespace {

std::string hex(Address address) {
    char text[2 + 16 + 1];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(address));
    return text;
}

} // namespace

PageTable::PageTable(PageTableFormat format, Allocate allocate)
    : levels_{{38, 9, 8}, {29, 9, 8}, {21, 8, 16}, {16, 5, 8}}, allocate_(std::move(allocate)) {
    if (format == PageTableFormat::Ga100)
        levels_.insert(levels_.begin(), {{47, 2, 8}});
    else
        levels_.insert(levels_.begin(), {{56, 1, 8}, {47, 9, 8}});
    address_bits_ = levels_[0].shift + levels_[0].bits;
    add_table(0);
}

unsigned PageTable::leaf_level(PageSize size) const {
    unsigned level = 0;
    while (levels_[level].shift != shift(size)) ++level;
    return level;
}

std::uint32_t PageTable::add_table(unsigned level) {
    // Tables of 64-KiB pages have 32 entries; all others take a page of 4 KiB, the roots too.
    const bool last = level + 1 == levels_.size();
    const Address bytes = last ? Address{levels_[level].entry_bytes} << levels_[level].bits : 4096;
    const auto number = static_cast<std::uint32_t>(tables_.size());
    tables_.push_back({allocate_(bytes), static_cast<std::uint32_t>(entries_.size())});
    entries_.resize(entries_.size() + (std::size_t{1} << levels_[level].bits));
    return number;
}

void PageTable::map(Address virtual_address, PageSize size, Address physical) {
    if (virtual_address % bytes_of(size) != 0 || physical % bytes_of(size) != 0)
        throw std::invalid_argument("a page at " + hex(virtual_address) + " -> " + hex(physical) +
                                    " does not begin at a multiple of its size");
    if (virtual_address >> address_bits_ != 0 || physical >> shift(size) >= leaf)
        throw std::invalid_argument("a page at " + hex(virtual_address) + " -> " + hex(physical) +
                                    " has more address bits than the page table");
    std::uint32_t table = 0;
    for (unsigned level = 0; level < leaf_level(size); ++level) {
        const std::uint32_t slot = tables_[table].first + index_in(level, virtual_address);
        if (entries_[slot] & leaf)
            throw std::invalid_argument("virtual address " + hex(virtual_address) + " is mapped already");
        if (entries_[slot] == 0) {
            const std::uint32_t child = add_table(level + 1); // moves entries_
            entries_[slot] = child;
        }
        table = entries_[slot];
    }
    std::uint32_t& entry = entries_[tables_[table].first + index_in(leaf_level(size), virtual_address)];
    if (entry != 0)
        throw std::invalid_argument("virtual address " + hex(virtual_address) + " is mapped already");
    entry = leaf | static_cast<std::uint32_t>(physical >> shift(size));
}

WalkPath PageTable::walk(Address page, PageSize size) const {
    WalkPath path{{}, {}, 0, false};
    const Address address = page << shift(size);
    if (address >> address_bits_ != 0) return path;
    std::uint32_t table = 0;
    for (unsigned level = 0;; ++level) {
        const std::uint32_t position = index_in(level, address);
        path.entries[path.count] = tables_[table].physical + Address{position} * levels_[level].entry_bytes;
        path.shift[path.count] = levels_[level].shift;
        ++path.count;
        const std::uint32_t entry = entries_[tables_[table].first + position];
        const bool last = levels_[level].shift == shift(size);
        if (last) path.mapped = (entry & leaf) != 0;
        if (last || entry == 0 || entry & leaf) return path;
        table = entry;
    }
}

std::optional<Address> PageTable::frame(Address page, PageSize size) const {
    const Address address = page << shift(size);
    if (address >> address_bits_ != 0) return std::nullopt;
    std::uint32_t table = 0;
    for (unsigned level = 0;; ++level) {
        const std::uint32_t entry = entries_[tables_[table].first + index_in(level, address)];
        const bool last = levels_[level].shift == shift(size);
        if (last && entry & leaf) return entry & ~leaf;
        if (last || entry == 0 || entry & leaf) return std::nullopt;
        table = entry;
    }
}

std::optional<Address> PageTable::translate(Address virtual_address) const {
    for (const PageSize size : {PageSize::M2, PageSize::K64})
        if (const auto found = frame(virtual_address >> shift(size), size))
            return *found << shift(size) | (virtual_address & (bytes_of(size) - 1));
    return std::nullopt;
}

std::vector<Address> PageTable::tables() const {
    std::vector<Address> addresses;
    for (const Table& table : tables_) addresses.push_back(table.physical);
    return addresses;
}

} // namespace migsim
