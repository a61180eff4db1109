// SPDX-License-Identifier: Apache-2.0
// The host driver of one instance: it owns the instance's physical memory, whose window it is given and does
// not question, and the address spaces of the tenants in it. All its work is done before the run.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "models/driver/address_space.h"
#include "models/driver/physical_window.h"
#include "models/mmu/page_table.h"

namespace migsim {

class Driver {
public:
    // `tables`, which outlive this, get every space added here: it is where the MMUs look. `shuffle`: see
    // PhysicalWindow.
    Driver(PageTables& tables, PageTableFormat format, Address base, Address bytes,
           std::optional<std::uint64_t> shuffle = std::nullopt)
        : tables_(tables), format_(format), window_(base, bytes, shuffle) {}

    // Ids are unique on the whole GPU. Throws std::invalid_argument where one is taken.
    AddressSpace& add_space(SpaceId id);

    Address bytes_left() const { return window_.bytes_left(); }

private:
    PageTables& tables_;
    PageTableFormat format_;
    PhysicalWindow window_;
    std::vector<std::unique_ptr<AddressSpace>> spaces_;
};

} // namespace migsim
