// SPDX-License-Identifier: Apache-2.0
#include "models/driver/driver.h"

#include <stdexcept>
#include <string>

namespace migsim {

AddressSpace& Driver::add_space(SpaceId id) {
    if (tables_[id])
        throw std::invalid_argument("address space " + std::to_string(index(id)) + " exists already");
    spaces_.push_back(std::make_unique<AddressSpace>(format_, window_));
    tables_.set(id, spaces_.back()->page_table());
    return *spaces_.back();
}

} // namespace migsim
