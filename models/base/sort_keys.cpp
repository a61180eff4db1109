// SPDX-License-Identifier: Apache-2.0
#include "models/base/sort_keys.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace migsim {
namespace {

// Up to here a key's place is found by counting the smaller ones: quadratic, but without a branch, and the
// compiler turns the inner loop into vector compares of the instruction set each variant is built for.
constexpr std::size_t count_limit = 96;

[[gnu::always_inline]] inline void sort_by_counting(std::vector<std::uint64_t>& keys,
                                                    std::uint64_t* scratch) {
    const std::size_t n = keys.size();
    const std::uint64_t* const data = keys.data();
    for (std::size_t i = 0; i < n; ++i) {
        const std::uint64_t key = data[i];
        std::uint64_t place = 0;
        for (std::size_t j = 0; j < n; ++j) place += data[j] < key;
        scratch[place] = key;
    }
    std::copy_n(scratch, n, keys.data());
}

[[gnu::target("avx512f"), gnu::optimize("O3")]] void count_avx512(std::vector<std::uint64_t>& keys) {
    std::uint64_t scratch[count_limit];
    sort_by_counting(keys, scratch);
}

[[gnu::target("avx2"), gnu::optimize("O3")]] void count_avx2(std::vector<std::uint64_t>& keys) {
    std::uint64_t scratch[count_limit];
    sort_by_counting(keys, scratch);
}

Isa choose() {
    if (const char* forced = std::getenv("MIGSIM_ISA")) {
        for (const Isa isa : {Isa::Base, Isa::Avx2, Isa::Avx512})
            if (name(isa) == forced) {
                if (!available(isa))
                    throw std::invalid_argument("MIGSIM_ISA: this processor has no " + std::string(forced));
                return isa;
            }
        throw std::invalid_argument("MIGSIM_ISA: '" + std::string(forced) +
                                    "' is not an instruction set; legal: base, avx2, avx512");
    }
    return available(Isa::Avx512) ? Isa::Avx512 : available(Isa::Avx2) ? Isa::Avx2 : Isa::Base;
}

} // namespace

bool available(Isa isa) {
    return isa == Isa::Base || (isa == Isa::Avx2 && __builtin_cpu_supports("avx2")) ||
           (isa == Isa::Avx512 && __builtin_cpu_supports("avx512f"));
}

Isa isa() {
    static const Isa chosen = choose();
    return chosen;
}

std::string_view name(Isa isa) {
    switch (isa) {
    case Isa::Base:
        return "base";
    case Isa::Avx2:
        return "avx2";
    case Isa::Avx512:
        return "avx512";
    }
    return "";
}

void sort_keys(std::vector<std::uint64_t>& keys, Isa variant) {
    if (keys.size() <= count_limit) {
        if (variant == Isa::Avx512) return count_avx512(keys);
        if (variant == Isa::Avx2) return count_avx2(keys);
    }
    std::sort(keys.begin(), keys.end());
}

} // namespace migsim
