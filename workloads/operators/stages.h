// SPDX-License-Identifier: Apache-2.0
// The words operators write CTA programs in.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "models/messages/kernel.h"

namespace migsim {

inline Stage load(const Access& access) {
    return {.kind = Stage::Kind::Load, .access = access};
}
inline Stage store(const Access& access) {
    return {.kind = Stage::Kind::Store, .access = access};
}
inline Stage atomic(const Access& access) {
    return {.kind = Stage::Kind::Atomic, .access = access};
}
inline Stage compute(Pipe pipe, std::uint64_t operations) {
    return {.kind = Stage::Kind::Compute, .pipe = pipe, .operations = operations};
}

// One run of bytes that moves by `cta_x` from CTA to CTA along x; 0: all read the same.
inline Access run(Address base, std::uint64_t bytes, std::uint64_t cta_x = 0) {
    return {.base = base, .cta_x = cta_x, .row_bytes = static_cast<std::uint32_t>(bytes)};
}

// For shapes that a kernel cannot have: its grid and its CTAs are rectangles of whole tiles.
inline void require(bool holds, const std::string& kernel, const char* sentence) {
    if (!holds) throw std::invalid_argument(kernel + ": " + sentence);
}

} // namespace migsim
