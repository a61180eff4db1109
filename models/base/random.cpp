// SPDX-License-Identifier: Apache-2.0
#include "models/base/random.h"

#include <bit>
#include <cassert>

#include "models/base/wide.h"

namespace migsim {
namespace {

constexpr std::uint64_t golden = 0x9e3779b97f4a7c15u; // 2^64 / golden ratio: SplitMix64's step

std::uint64_t hash(std::string_view name) { // FNV-1a
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return hash;
}

} // namespace

Probability Probability::ratio(std::uint64_t numerator, std::uint64_t denominator) {
    assert(denominator > 0 && numerator <= denominator);
    return Probability(static_cast<std::uint64_t>((Wide{numerator} << 63) / denominator));
}

Probability Probability::of(double p) {
    assert(p >= 0 && p <= 1);
    return Probability(
        static_cast<std::uint64_t>(p * 0x1p63)); // scaling by a power of two is exact on every machine
}

// The name is hashed twice, differently, so that two names
// share a stream only if two 64-bit hashes collide at once.
RandomStream::RandomStream(std::uint64_t seed, std::string_view name) {
    const std::uint64_t once = mix64(seed) ^ mix64(hash(name));
    const std::uint64_t again = mix64(seed + golden) + mix64(hash(name) ^ name.size() * golden);
    state_ = {mix64(once), mix64(once + golden), mix64(again), mix64(again + golden) | 1}; // never all zero
}

std::uint64_t RandomStream::bits() {
    auto& s = state_;
    const std::uint64_t result = std::rotl(s[1] * 5, 7) * 9;
    const std::uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = std::rotl(s[3], 45);
    return result;
}

// Lemire, "Fast random integer generation in an interval" (2019):
// a multiplication, and a division only when rarely needed.
std::uint64_t RandomStream::below(std::uint64_t n) {
    assert(n > 0);
    Wide product = Wide{bits()} * n;
    if (static_cast<std::uint64_t>(product) < n) {
        const std::uint64_t biased = -n % n; // so many low halves are one too many
        while (static_cast<std::uint64_t>(product) < biased) product = Wide{bits()} * n;
    }
    return static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t RandomStream::between(std::uint64_t first, std::uint64_t last) {
    assert(first <= last);
    const std::uint64_t span = last - first + 1;
    return span == 0 ? bits() : first + below(span);
}

// -ln(U) × mean for U = (bits + 1) / 2^64, that is (64 - log2(bits + 1)) × ln 2 × mean.
std::uint64_t RandomStream::exponential(std::uint64_t mean) {
    constexpr std::uint64_t ln2 = 0xb17217f7d1cf79abu; // ln 2 × 2^64
    const std::uint64_t u = bits();
    if (u == max()) return 0; // U = 1
    const std::uint64_t halvings = (std::uint64_t{64} << 48) - log2_fixed48(u + 1);
    const Wide scaled = Wide{multiply_high(halvings << 8, ln2)} * mean; // 56 fraction bits: halvings < 2^55
    const Wide rounded = (scaled + (Wide{1} << 55)) >> 56;
    return rounded > max() ? max() : static_cast<std::uint64_t>(rounded);
}

std::uint64_t log2_fixed48(std::uint64_t x) {
    assert(x > 0);
    const auto whole = static_cast<unsigned>(std::bit_width(x)) - 1;
    std::uint64_t mantissa = x << (63 - whole); // in [1, 2) with 63 fraction bits
    std::uint64_t fraction = 0;
    for (int bit = 0; bit < 48; ++bit) {
        const std::uint64_t square = multiply_high(mantissa, mantissa); // in [1, 4) with 62 fraction bits
        const bool carry = square >> 63;
        fraction = fraction << 1 | carry;
        mantissa = carry ? square : square << 1;
    }
    return (std::uint64_t{whole} << 48) + fraction;
}

Permutation::Permutation(std::uint64_t n, std::uint64_t seed) : n_(n) {
    assert(n > 0);
    const auto bits = static_cast<unsigned>(std::bit_width(n - 1));
    low_bits_ = (bits + 1) / 2;
    low_mask_ = (std::uint64_t{1} << low_bits_) - 1;
    high_mask_ = (std::uint64_t{1} << (bits - low_bits_)) - 1;
    for (std::size_t round = 0; round < keys_.size(); ++round)
        keys_[round] = mix64(mix64(seed) + (round + 1) * golden);
}

std::uint64_t Permutation::operator()(std::uint64_t index) const {
    assert(index < n_);
    // From bit 32 up, each bit of a product with an odd constant depends on all 32 bits a half can have.
    auto scramble = [](std::uint64_t half, std::uint64_t key) { return ((half ^ key) * golden) >> 32; };
    do {
        std::uint64_t low = index & low_mask_;
        std::uint64_t high = index >> low_bits_;
        for (std::size_t round = 0; round < keys_.size(); round += 2) {
            high ^= scramble(low, keys_[round]) & high_mask_;
            low ^= scramble(high, keys_[round + 1]) & low_mask_;
        }
        index = high << low_bits_ | low;
    } while (index >= n_);
    return index;
}

} // namespace migsim
