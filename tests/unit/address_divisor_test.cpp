// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "models/base/divisor.h"
#include "models/base/random.h"

using namespace migsim;

TEST_CASE("a reciprocal divides exactly, at the edges and anywhere", "[fast][address]") {
    RandomStream random(1, "divisor");
    for (std::uint32_t d :
         {1u, 2u, 3u, 5u, 7u, 10u, 24u, 40u, 96u, 320u, 641u, 65535u, 0x7fffffffu, 0x80000000u}) {
        const Divisor divisor(d);
        const auto check = [&](std::uint32_t x) {
            REQUIRE(divisor.quotient(x) == x / d);
            REQUIRE(divisor.remainder(x) == x % d);
        };
        for (const std::uint32_t x : {0u, 1u, d - 1, d, d + 1, 2 * d - 1, 0xffffffffu / d * d - 1,
                                      0xffffffffu / d * d, 0xfffffffeu, 0xffffffffu})
            check(x);
        for (int i = 0; i < 20'000; ++i) check(static_cast<std::uint32_t>(random.bits()));
    }
}
