// SPDX-License-Identifier: Apache-2.0
// A pseudo-random permutation that every thread computes for itself, so that no list of 8 GiB has to be made.
// Plain constexpr functions, which nvcc also compiles for the device (--expt-relaxed-constexpr).
#pragma once

#include <cstdint>

namespace migsim::silicon {

constexpr std::uint64_t mixed(std::uint64_t x) { // the finalizer of MurmurHash3
    x ^= x >> 33;
    x *= 0xff51afd7ed558ccdull;
    x ^= x >> 33;
    x *= 0xc4ceb9fe1a85ec53ull;
    return x ^ (x >> 33);
}

// Position i of a permutation of 0..n-1: a Feistel network over the next even power of two, walked until it
// comes back below n.
constexpr std::uint64_t permuted(std::uint64_t i, std::uint64_t n, std::uint64_t seed) {
    unsigned half = 1;
    while ((std::uint64_t{1} << (2 * half)) < n) ++half;
    const std::uint64_t mask = (std::uint64_t{1} << half) - 1;
    do {
        std::uint64_t left = i >> half, right = i & mask;
        for (unsigned round = 0; round < 4; ++round) {
            const std::uint64_t next = left ^ (mixed(right + (seed + round) * 0x9e3779b97f4a7c15ull) & mask);
            left = right;
            right = next;
        }
        i = left << half | right;
    } while (i >= n);
    return i;
}

} // namespace migsim::silicon
