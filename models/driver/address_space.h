// SPDX-License-Identifier: Apache-2.0
// One tenant's virtual memory in one instance: its buffers, and the page tables that the MMU will walk, which
// lie in the instance's own physical memory. Virtual addresses depend on the tenant's own allocations only.
#pragma once

#include <cstdint>

#include "models/driver/physical_window.h"
#include "models/mmu/page_table.h"

namespace migsim {

struct Buffer {
    Address base; // virtual
    Address bytes;
    PageSize page;
};

class AddressSpace {
public:
    // Several spaces may share a window; it outlives them.
    AddressSpace(PageTableFormat format, PhysicalWindow& window);

    // Mapped in full, at a multiple of 2 MiB. Throws std::invalid_argument with one sentence where it is
    // empty or the window has no room for it.
    Buffer allocate(Address bytes, PageSize page);

    // Maps one page to wherever it is told: refusing what lies outside the window is the walker's part.
    // Throws std::invalid_argument where something is mapped already.
    void map(Address virtual_address, PageSize page, Address physical) {
        table_.map(virtual_address, page, physical);
    }

    const PageTable& page_table() const { return table_; }

private:
    PhysicalWindow& window_;
    PageTable table_;
    Address next_ = Address{1} << 40; // arbitrary, and the same in every space
};

} // namespace migsim
