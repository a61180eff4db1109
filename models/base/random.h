// SPDX-License-Identifier: Apache-2.0
// Randomness that is the same on every machine: integers only, no libm, no
// standard distributions. A stream is named; streams of different names
// are independent, so adding a tenant never shifts another tenant's draws.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace migsim {

// A stateless bijective hash of 64 bits in which every input bit reaches every output bit (Stafford's variant
// 13 of the MurmurHash3 finalizer, as in SplitMix64).
constexpr std::uint64_t mix64(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

// A probability as a multiple of 2^-63, so that 0 is never and 1 is always.
class Probability {
public:
    static Probability ratio(std::uint64_t numerator, std::uint64_t denominator); // numerator <= denominator
    static Probability of(double p); // 0 <= p <= 1, exact scaling
    std::uint64_t scaled() const { return scaled_; }

private:
    explicit constexpr Probability(std::uint64_t scaled) : scaled_(scaled) {}
    std::uint64_t scaled_;
};

// xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021). Also a standard
// UniformRandomBitGenerator, for Boost's integer distributions.
class RandomStream {
public:
    RandomStream(std::uint64_t seed, std::string_view name);

    std::uint64_t bits();                 // 64 uniform bits
    std::uint64_t below(std::uint64_t n); // uniform in [0, n), n > 0, no modulo bias
    std::uint64_t between(std::uint64_t first, std::uint64_t last); // uniform in [first, last]
    bool chance(Probability p) { return (bits() >> 1) < p.scaled(); }
    std::uint64_t exponential(std::uint64_t mean); // exponential with this mean, rounded to whole ticks

    using result_type = std::uint64_t;
    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return ~result_type{0}; }
    result_type operator()() { return bits(); }

private:
    std::array<std::uint64_t, 4> state_;
};

// log2(x) for x > 0 as a fixed-point number with 48 fraction bits, by repeated squaring.
std::uint64_t log2_fixed48(std::uint64_t x);

// A random-looking bijection of [0, n), computed index by index without a table:
// a Feistel network over the next power of two, walked until the index falls
// inside (Black and Rogaway, "Ciphers with arbitrary finite domains", 2002).
class Permutation {
public:
    Permutation(std::uint64_t n, std::uint64_t seed); // n > 0
    std::uint64_t size() const { return n_; }
    std::uint64_t operator()(std::uint64_t index) const; // index < n

private:
    std::uint64_t n_;
    std::uint64_t low_mask_;
    std::uint64_t high_mask_;
    unsigned low_bits_;
    std::array<std::uint64_t, 8> keys_;
};

} // namespace migsim
