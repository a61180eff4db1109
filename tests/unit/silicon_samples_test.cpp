// SPDX-License-Identifier: Apache-2.0
// The arithmetic of bench/silicon that decides what it reports.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

#include "bench/silicon/permutation.h"
#include "bench/silicon/samples.h"

using namespace migsim::silicon;

TEST_CASE("two clusters of latencies are told apart, and one is not torn in two", "[fast]") {
    std::vector<double> near, both;
    for (unsigned i = 0; i < 400; ++i)
        near.push_back(200 + mixed(i) % 40); // slices lie at distances of their own
    both = near;
    for (unsigned i = 0; i < 300; ++i) both.push_back(350 + mixed(1000 + i) % 60);
    const double threshold = split(both);
    CHECK(threshold > *std::max_element(near.begin(), near.end()));
    CHECK(threshold < 350);
    CHECK(split(near) == 0);

    std::vector<double> few_strays = near;
    for (unsigned i = 0; i < 20; ++i) few_strays.push_back(900);
    CHECK(split(few_strays) == 0);
}

TEST_CASE("SMs that find the same lines near are alike, those that find the others near are opposites",
          "[fast]") {
    const std::vector<double> here{200, 350, 210, 360, 205, 355};
    CHECK(correlation(here, here) == Approx(1));
    CHECK(correlation(here, {350, 200, 340, 190, 345, 195}) == Approx(-1));
    CHECK(std::isnan(correlation(here, std::vector<double>(6, 200))));
}

TEST_CASE("samples come to median, spread and percentiles", "[fast]") {
    CHECK(median({5, 1, 3}) == 3);
    CHECK(median({4, 1, 3, 2}) == 2.5);
    CHECK(spread_percent({90, 100}) == Approx(10));
    CHECK(spread_percent({-1, -0.5}) == Approx(50));
    CHECK(spread_percent({0, 0}) == 0);
    std::vector<double> hundred;
    for (unsigned i = 100; i > 0; --i) hundred.push_back(i);
    CHECK(percentile(hundred, 50) == 50);
    CHECK(percentile(hundred, 99) == 99);
    CHECK(percentile({7}, 1) == 7);
}

TEST_CASE("each position of a random cycle stands in it once, and neighbours lie far apart", "[fast]") {
    for (const std::uint64_t n : {1ull, 2ull, 3ull, 64ull, 1000ull, 65536ull}) {
        CAPTURE(n);
        std::vector<bool> seen(n);
        std::uint64_t near = 0;
        for (std::uint64_t i = 0; i < n; ++i) {
            const std::uint64_t at = permuted(i, n, 1), next = permuted((i + 1) % n, n, 1);
            REQUIRE(at < n);
            REQUIRE_FALSE(seen[at]);
            seen[at] = true;
            near += (at > next ? at - next : next - at) < n / 16;
        }
        if (n >= 1000) CHECK(near < n / 6); // at random, an eighth
    }
    CHECK(permuted(5, 1000, 1) != permuted(5, 1000, 2));
}
