// SPDX-License-Identifier: Apache-2.0
// Speed alone: asks the host's memory for what is about to be used. A block's state has left the host's near
// caches by the time of its next turn, and the misses of a turn are better waited for together than one by
// one. Surprising: __builtin_prefetch would not do, as g++ drops calls of functions that do nothing else.
#pragma once

#include <cstddef>

namespace migsim {

inline constexpr std::size_t host_line = 64; // bytes

inline void fetch_ahead(const void* at) {
    __asm__ volatile("prefetcht0 %0" : : "m"(*static_cast<const char*>(at)));
}
inline void fetch_ahead(const void* first, std::size_t bytes) {
    for (std::size_t offset = 0; offset < bytes; offset += host_line)
        fetch_ahead(static_cast<const char*>(first) + offset);
}

} // namespace migsim
