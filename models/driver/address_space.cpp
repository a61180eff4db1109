// SPDX-License-Identifier: Apache-2.0
#include "models/driver/address_space.h"

#include <stdexcept>
#include <string>

namespace migsim {

AddressSpace::AddressSpace(PageTableFormat format, PhysicalWindow& window)
    : window_(window), table_(format, [&window](Address bytes) { return window.take_table(bytes); }) {}

Buffer AddressSpace::allocate(Address bytes, PageSize page) {
    if (bytes == 0) throw std::invalid_argument("a buffer of 0 bytes cannot be allocated");
    if (bytes > window_.bytes_left()) // in frames: a few 64-KiB pages of a cut frame are not counted
        throw std::invalid_argument("a buffer of " + std::to_string(bytes) + " bytes does not fit into the " +
                                    std::to_string(window_.bytes_left()) +
                                    " bytes that its instance has left");
    const Buffer buffer{next_, bytes, page};
    for (Address offset = 0; offset < bytes; offset += bytes_of(page))
        table_.map(buffer.base + offset, page, window_.take_page(page));
    // An entry of the level above holds a 2-MiB page or a table of 64-KiB pages: buffers never share one.
    const Address step = bytes_of(PageSize::M2);
    next_ += (bytes + step - 1) / step * step;
    return buffer;
}

} // namespace migsim
