// SPDX-License-Identifier: Apache-2.0
// Page tables as the GPU sees them: a radix tree of tables in physical memory, built by the driver before the
// run and only read during it. This simulator carries no data: the walker sends real requests to the
// addresses of the entries, and what an entry says is looked up here.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "models/base/config/enum_names.h"
#include "models/messages/translation.h"

namespace migsim {

// Which bits of a virtual address index each level. Source: NVIDIA open-gpu-kernel-modules, MMU formats.
enum class PageTableFormat : std::uint8_t {
    Ga100, // 49 bits: PDE3[48:47] PDE2[46:38] PDE1[37:29] PDE0[28:21] PTE[20:16]
    Gh100, // 57 bits: PDE4[56] PDE3[55:47], then the same
};
template <>
struct EnumNames<PageTableFormat> {
    static constexpr std::array table{EnumName{PageTableFormat::Ga100, "ga100"},
                                      EnumName{PageTableFormat::Gh100, "gh100"}};
};

inline constexpr unsigned max_levels = 6;

// Bytes of a leaf entry: a PTE, or the dual PDE0 entry that holds a 2-MiB page or points to a table of PTEs.
constexpr unsigned leaf_bytes(PageSize size) {
    return size == PageSize::M2 ? 16 : 8;
}

// Pages whose entries lie in the 128-byte line that the last read of a walk brings.
constexpr unsigned pages_per_line(PageSize size) {
    return std::min(static_cast<unsigned>(line_bytes) / leaf_bytes(size), pages_per_entry);
}

// What a walker does for one page: the entries it reads, root first, and where that ends.
struct WalkPath {
    std::array<Address, max_levels> entries;    // physical addresses
    std::array<std::uint8_t, max_levels> shift; // the entry stands for 2^shift bytes of virtual addresses
    unsigned count;                             // up to the leaf, or to the first entry that is not valid
    bool mapped;
};

class PageTable {
public:
    // `allocate` returns the physical address of a new table of that many bytes.
    using Allocate = std::function<Address(Address bytes)>;
    PageTable(PageTableFormat format, Allocate allocate);

    // Both addresses are multiples of the page size. Throws std::invalid_argument where something is mapped
    // already, or where an address has more bits than the format.
    void map(Address virtual_address, PageSize size, Address physical);

    // `page` is a virtual address >> shift(size), as in TranslationRequest.
    WalkPath walk(Address page, PageSize size) const;
    std::optional<Address> frame(Address page, PageSize size) const; // physical page number
    std::optional<Address>
    translate(Address virtual_address) const; // physical address, whatever the page size
    bool mapped(Address virtual_address) const { return translate(virtual_address).has_value(); }

    std::vector<Address> tables() const; // their physical addresses, root first

private:
    static constexpr std::uint32_t leaf = 0x8000'0000; // or else the number of a table; 0: not valid

    struct Level {
        std::uint8_t shift, bits, entry_bytes;
    };
    struct Table {
        Address physical;
        std::uint32_t first; // its entries begin here in entries_
    };

    unsigned leaf_level(PageSize size) const; // index into levels_
    std::uint32_t add_table(unsigned level);
    std::uint32_t index_in(unsigned level, Address virtual_address) const {
        return static_cast<std::uint32_t>(virtual_address >> levels_[level].shift) &
               ((1u << levels_[level].bits) - 1);
    }

    std::vector<Level> levels_; // root first
    unsigned address_bits_;
    Allocate allocate_;
    std::vector<Table> tables_;
    std::vector<std::uint32_t> entries_;
};

// The tables of all address spaces: what the page directory base registers point to.
class PageTables {
public:
    void set(SpaceId space, const PageTable& table) { tables_[index(space)] = &table; }
    const PageTable* operator[](SpaceId space) const { return tables_[index(space)]; } // null: no such space

private:
    std::array<const PageTable*, 256> tables_{};
};

} // namespace migsim
