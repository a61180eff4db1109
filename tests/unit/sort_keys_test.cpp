// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <catch2/catch.hpp>

#include "models/base/random.h"
#include "models/base/sort_keys.h"

using namespace migsim;

TEST_CASE("every variant the processor has sorts distinct keys alike, at every size", "[fast][isa]") {
    RandomStream random(7, "keys");
    for (const Isa variant : {Isa::Base, Isa::Avx2, Isa::Avx512}) {
        if (!available(variant)) continue;
        for (std::size_t n = 0; n < 300; n += n < 40 ? 1 : 13) {
            std::vector<std::uint64_t> keys;
            for (std::size_t i = 0; i < n; ++i)
                keys.push_back((random.bits() >> 24 << 24 | i) >> (i % 3 == 0 ? 0 : 1));
            std::sort(keys.begin(), keys.end());
            keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
            const std::vector<std::uint64_t> sorted = keys;
            for (std::size_t i = keys.size(); i > 1; --i) std::swap(keys[i - 1], keys[random.below(i)]);
            sort_keys(keys, variant);
            INFO(name(variant) << ", " << n << " keys");
            REQUIRE(keys == sorted);
        }
    }
}
