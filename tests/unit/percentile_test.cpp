// SPDX-License-Identifier: Apache-2.0
#include <boost/multiprecision/cpp_int.hpp>
#include <catch2/catch.hpp>

#include "scenarios/results/percentile.h"

using namespace migsim;
using Exact = boost::multiprecision::cpp_int;

namespace {

// Exactly, in units of 1000^-n: the chance that at least `from` and at most `to` of n samples lie at or below
// the percentile.
Exact chance(std::uint64_t n, Percentile p, std::uint64_t from, std::uint64_t to) {
    Exact sum = 0;
    Exact ways = 1; // n over k
    for (std::uint64_t k = 0; k <= to; ++k) {
        if (k >= from)
            sum += ways * pow(Exact(p.permille), static_cast<unsigned>(k)) *
                   pow(Exact(1000 - p.permille), static_cast<unsigned>(n - k));
        ways = ways * (n - k) / (k + 1);
    }
    return sum;
}

bool at_most_2_5_percent(const Exact& chance, std::uint64_t n) {
    return chance * 40 <= pow(Exact(1000), static_cast<unsigned>(n));
}

} // namespace

TEST_CASE("a percentile is the smallest sample that enough samples do not exceed", "[fast]") {
    CHECK(nearest_rank(1, p50) == 1);
    CHECK(nearest_rank(4, p50) == 2);
    CHECK(nearest_rank(5, p50) == 3);
    CHECK(nearest_rank(100, p99) == 99);
    CHECK(nearest_rank(101, p99) == 100);
    CHECK(nearest_rank(200, p99) == 198);
    CHECK(nearest_rank(200, p95) == 190);
    CHECK(nearest_rank(99, p99) == 99);
}

TEST_CASE("a confidence interval misses the percentile on either side in at most one case of forty",
          "[fast]") {
    for (const Percentile p : {p50, p95, p99})
        for (const std::uint64_t n : {6, 17, 72, 73, 200, 367, 368, 500}) {
            CAPTURE(p.permille, n);
            const auto ranks = confidence_ranks(n, p);
            if (!ranks) {
                CHECK(n < samples_for_confidence(p));
                continue;
            }
            CHECK(n >= samples_for_confidence(p));
            CHECK(at_most_2_5_percent(chance(n, p, 0, ranks->low - 1), n));
            CHECK(at_most_2_5_percent(chance(n, p, ranks->high, n), n));
            // and it is the tightest of its kind
            CHECK_FALSE(at_most_2_5_percent(chance(n, p, 0, ranks->low), n));
            CHECK_FALSE(at_most_2_5_percent(chance(n, p, ranks->high - 1, n), n));
        }
}

TEST_CASE("two hundred samples say nothing certain about the 99th percentile, 368 do", "[fast]") {
    CHECK(samples_for_confidence(p50) == 6);
    CHECK(samples_for_confidence(p95) == 72);
    CHECK(samples_for_confidence(p99) == 368);
    CHECK_FALSE(confidence_ranks(200, p99));
    CHECK_FALSE(confidence_ranks(367, p99));
    CHECK(confidence_ranks(368, p99)->high == 368);
    CHECK_FALSE(confidence_ranks(0, p50));
}

TEST_CASE("the ranks for a median are those of the binomial table", "[fast]") {
    // Any binomial table: of 20 at one half, at most 5 with probability 0.0207 and at most 6 with 0.0577.
    CHECK(confidence_ranks(20, p50) == Ranks{6, 15});
}

TEST_CASE("ranks for a million samples neither underflow nor overflow", "[fast]") {
    const auto ranks = confidence_ranks(1'000'000, p99);
    REQUIRE(ranks);
    // The normal approximation: 990000 -+ 1.96 * sqrt(1e6 * 0.99 * 0.01) = 990000 -+ 195.
    CHECK(ranks->low > 989'800);
    CHECK(ranks->low < 989'810);
    CHECK(ranks->high > 990'190);
    CHECK(ranks->high < 990'200);
}
