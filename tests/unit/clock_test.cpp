// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "models/base/clock.h"
#include "models/base/random.h"

using namespace migsim;

namespace {

// The definition, in 128-bit arithmetic.
Tick exact_edge(Cycle n, std::uint32_t mhz) {
    return static_cast<Tick>(Wide{n} * 1'000'000 / mhz);
}

} // namespace

TEST_CASE("edge n of a clock is floor(n * 10^6 / MHz) picoseconds, however late", "[fast][clock]") {
    for (const std::uint32_t mhz : {1u, 3u, 876u, 1215u, 1410u, 1593u, 1755u, 1980u, 2619u, 65535u}) {
        const Clock clock(mhz);
        RandomStream random(mhz, "edges");
        for (int i = 0; i < 20000; ++i) {
            const Cycle n = random.below(std::uint64_t{mhz} * 3'600'000'000); // an hour
            REQUIRE(clock.edge(n) == exact_edge(n, mhz));
        }
    }
}

TEST_CASE("the first edge at or after a tick is the smallest n that is not before it", "[fast][clock]") {
    for (const std::uint32_t mhz : {3u, 876u, 1410u, 1593u, 2619u, 65535u}) {
        const Clock clock(mhz);
        RandomStream random(mhz, "ticks");
        for (int i = 0; i < 20000; ++i) {
            const Tick t = random.below(Tick{1} << (10 + i % 34));
            const Cycle n = clock.at_or_after(t);
            REQUIRE(clock.edge(n) >= t);
            if (n > 0) REQUIRE(clock.edge(n - 1) < t);
        }
        REQUIRE(clock.at_or_after(clock.edge(12345)) == 12345);
    }
}

TEST_CASE("a frequency change keeps edges before it and cycle numbers after it", "[fast][clock]") {
    Clock clock(1410);
    const Tick at = 1'000'001;
    const Cycle first = clock.at_or_after(at);
    const Tick start = clock.edge(first);
    clock.change(at, 705);
    CHECK(clock.mhz() == 705);
    CHECK(clock.edge(first - 1) == exact_edge(first - 1, 1410));
    CHECK(clock.edge(first) == start);
    CHECK(clock.edge(first + 705) == start + us);
    CHECK(clock.at_or_after(start + 1) == first + 1);
    CHECK(clock.at_or_after(start - 1) == first);
}
