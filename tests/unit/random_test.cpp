// SPDX-License-Identifier: Apache-2.0
// Statistical checks allow five standard deviations; seeds are fixed, so a pass today is a pass forever.
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "models/base/random.h"

using namespace migsim;

namespace {

// Chi-squared of counts against equal expectation, in standard deviations from its mean.
double chi_squared_deviation(const std::vector<std::uint64_t>& counts) {
    const double total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
    const double expected = total / static_cast<double>(counts.size());
    double sum = 0;
    for (const std::uint64_t count : counts)
        sum += (static_cast<double>(count) - expected) * (static_cast<double>(count) - expected) / expected;
    const double freedom = static_cast<double>(counts.size() - 1);
    return (sum - freedom) / std::sqrt(2 * freedom);
}

} // namespace

TEST_CASE("random numbers are these and no others, on every machine", "[fast][random]") {
    CHECK(mix64(0) == 0);
    CHECK(mix64(1) == 0x5692161d100b05e5u);
    RandomStream stream(42, "tenant.victim.arrivals");
    const std::array first{stream.bits(), stream.bits(), stream.bits()};
    CHECK(first ==
          std::array<std::uint64_t, 3>{0xeee85b37f53d558cu, 0x3bb7bf116f939968u, 0x70567c8eeafe9f5u});
    CHECK(stream.below(1000) == 191);
    CHECK(stream.exponential(1'000'000) == 350327);
    CHECK(Permutation(1'000'003, 42)(17) == 872107);
}

TEST_CASE("a stream depends on its seed and its name, and on nothing else", "[fast][random]") {
    RandomStream one(1, "a"), same(1, "a"), other_seed(2, "a"), other_name(1, "b");
    std::vector<std::uint64_t> draws;
    for (int i = 0; i < 100; ++i) {
        draws.push_back(one.bits());
        other_name.bits(); // drawing from another stream shifts nothing
        CHECK(same.bits() == draws.back());
    }
    std::set<std::uint64_t> all(draws.begin(), draws.end());
    RandomStream fresh_name(1, "b");
    for (int i = 0; i < 100; ++i) CHECK(all.insert(other_seed.bits()).second);
    for (int i = 0; i < 100; ++i) CHECK(all.insert(fresh_name.bits()).second);
}

TEST_CASE("streams with neighbouring names and seeds are uncorrelated", "[fast][random]") {
    constexpr int draws = 20000;
    const std::vector<RandomStream> streams{{1, "tenant0"},
                                            {1, "tenant1"},
                                            {1, "tenant10"},
                                            {2, "tenant0"},
                                            {0, ""},
                                            {1, ""},
                                            {0, std::string_view("\0", 1)}};
    for (std::size_t i = 0; i < streams.size(); ++i)
        for (std::size_t j = i + 1; j < streams.size(); ++j)
            for (int lag = 0; lag < 3; ++lag) {
                RandomStream a = streams[i], b = streams[j];
                for (int k = 0; k < lag; ++k) b.bits();
                std::int64_t equal_bits = 0;
                for (int k = 0; k < draws; ++k) equal_bits += 64 - std::popcount(a.bits() ^ b.bits());
                CHECK(std::abs(static_cast<double>(equal_bits) - 32.0 * draws) < 5 * std::sqrt(16.0 * draws));
            }
}

TEST_CASE("below() is uniform, also where a remainder would be biased", "[fast][random]") {
    RandomStream stream(3, "uniform");
    for (const std::uint64_t n : {2u, 3u, 7u, 108u, 132u}) {
        std::vector<std::uint64_t> counts(n);
        for (std::uint64_t i = 0; i < 2000 * n; ++i) ++counts.at(stream.below(n));
        CHECK(std::abs(chi_squared_deviation(counts)) < 5);
    }
    // For n = 3 × 2^62 a plain remainder, or a plain high half, favours the first third of the range twofold.
    const std::uint64_t n = std::uint64_t{3} << 62;
    std::vector<std::uint64_t> thirds(3), remainders(3);
    for (int i = 0; i < 30000; ++i) {
        const std::uint64_t draw = stream.below(n);
        REQUIRE(draw < n);
        ++thirds[draw >> 62];
        ++remainders[draw % 3];
    }
    CHECK(std::abs(chi_squared_deviation(thirds)) < 5);
    CHECK(std::abs(chi_squared_deviation(remainders)) < 5);
    CHECK(stream.below(1) == 0);
}

TEST_CASE("between() reaches both its ends", "[fast][random]") {
    RandomStream stream(4, "between");
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 200; ++i) seen.insert(stream.between(5, 8));
    CHECK(seen == std::set<std::uint64_t>{5, 6, 7, 8});
    CHECK(stream.between(9, 9) == 9);
    stream.between(0, ~std::uint64_t{0}); // the whole range has no size in 64 bits
}

TEST_CASE("a probability is kept, and never and always are exact", "[fast][random]") {
    RandomStream stream(5, "chance");
    const Probability never = Probability::ratio(0, 7), always = Probability::ratio(7, 7),
                      third = Probability::ratio(1, 3);
    int hits = 0;
    for (int i = 0; i < 90000; ++i) {
        CHECK_FALSE(stream.chance(never));
        CHECK(stream.chance(always));
        hits += stream.chance(third);
    }
    CHECK(std::abs(hits - 30000) < 5 * std::sqrt(90000 * 2.0 / 9));
    CHECK(Probability::of(1).scaled() == std::uint64_t{1} << 63);
    CHECK(Probability::of(0.25).scaled() == std::uint64_t{1} << 61);
    CHECK(Probability::ratio(1, 4).scaled() == Probability::of(0.25).scaled());
}

TEST_CASE("the integer logarithm is right to its last bit or two", "[fast][random]") {
    RandomStream stream(6, "log");
    for (int i = 0; i < 20000; ++i) {
        const std::uint64_t x = (stream.bits() >> stream.below(64)) | 1;
        const long double exact = std::log2(static_cast<long double>(x)) * 0x1p48L;
        CHECK(std::abs(static_cast<long double>(log2_fixed48(x)) - exact) <= 2);
    }
    for (unsigned bit = 0; bit < 64; ++bit)
        CHECK(log2_fixed48(std::uint64_t{1} << bit) == std::uint64_t{bit} << 48);
    CHECK(log2_fixed48(~std::uint64_t{0}) < std::uint64_t{64} << 48);
}

TEST_CASE("exponential draws have the mean, variance and shape of the theory", "[fast][random]") {
    for (const std::uint64_t mean :
         {std::uint64_t{1000}, std::uint64_t{60'000'000}, std::uint64_t{1} << 50}) {
        RandomStream stream(7, "exponential");
        constexpr int draws = 200000;
        const auto m = static_cast<double>(mean);
        double sum = 0, squares = 0;
        std::vector<std::uint64_t> deciles(10);
        for (int i = 0; i < draws; ++i) {
            const double x = static_cast<double>(stream.exponential(mean)) / m;
            sum += x;
            squares += (x - 1) * (x - 1);
            ++deciles[std::min<std::size_t>(9, static_cast<std::size_t>((1 - std::exp(-x)) * 10))];
        }
        CHECK(std::abs(sum / draws - 1) < 5 / std::sqrt(draws));           // variance 1
        CHECK(std::abs(squares / draws - 1) < 5 * std::sqrt(8.0 / draws)); // (x - 1)^2 has variance 9 - 1
        if (mean > 1000)
            CHECK(std::abs(chi_squared_deviation(deciles)) < 5); // rounding shows in the deciles of 1000
    }
    RandomStream stream(8, "edge");
    CHECK(stream.exponential(0) == 0);
    for (int i = 0; i < 100; ++i) stream.exponential(~std::uint64_t{0}); // saturates
}

TEST_CASE("rounding to whole ticks keeps the mean of short exponential times", "[fast][random]") {
    RandomStream stream(9, "short");
    constexpr int draws = 200000;
    std::uint64_t sum = 0;
    for (int i = 0; i < draws; ++i) sum += stream.exponential(5);
    // the mean of exp(1/5) rounded to the nearest integer, summed over its tails P(X >= k - 1/2)
    const double theory = std::exp(-0.1) / (1 - std::exp(-0.2));
    CHECK(std::abs(static_cast<double>(sum) / draws - theory) < 5 * 5 / std::sqrt(draws));
}

TEST_CASE("flipping any input bit of mix64 flips half of the output bits", "[fast][random]") {
    RandomStream stream(10, "avalanche");
    constexpr int draws = 2000;
    for (unsigned bit = 0; bit < 64; ++bit) {
        std::uint64_t flips = 0;
        for (int i = 0; i < draws; ++i) {
            const std::uint64_t x = stream.bits();
            flips += static_cast<unsigned>(std::popcount(mix64(x) ^ mix64(x ^ (std::uint64_t{1} << bit))));
        }
        CHECK(std::abs(static_cast<double>(flips) - 32.0 * draws) < 5 * std::sqrt(16.0 * draws));
    }
}

TEST_CASE("a permutation hits every index exactly once", "[fast][random]") {
    for (std::uint64_t n :
         {1u, 2u, 3u, 4u, 5u, 7u, 8u, 9u, 31u, 64u, 100u, 1000u, 4096u, 5000u, 65536u, 65537u, 100003u})
        for (std::uint64_t seed = 0; seed < 4; ++seed) {
            const Permutation permutation(n, seed);
            std::vector<bool> hit(n);
            for (std::uint64_t i = 0; i < n; ++i) {
                const std::uint64_t image = permutation(i);
                REQUIRE(image < n);
                REQUIRE_FALSE(hit[image]);
                hit[image] = true;
            }
        }
}

TEST_CASE("a permutation of a huge range stays inside and does not repeat", "[fast][random]") {
    for (const std::uint64_t n :
         {(std::uint64_t{1} << 33) + 1, std::uint64_t{1'099'511'627'776}, ~std::uint64_t{0}}) {
        const Permutation permutation(n, 11);
        std::set<std::uint64_t> images;
        for (std::uint64_t i = 0; i < 2000; ++i) {
            const std::uint64_t image = permutation(i * (n / 2000));
            CHECK(image < n);
            CHECK(images.insert(image).second);
        }
    }
}

TEST_CASE("a permutation looks like a random one", "[fast][random]") {
    for (const std::uint64_t n : {std::uint64_t{1000}, std::uint64_t{1024}, std::uint64_t{33000}}) {
        constexpr int seeds = 300;
        std::uint64_t fixed_points = 0, successors = 0;
        std::vector<std::uint64_t> first_image(20), step(20);
        for (std::uint64_t seed = 0; seed < seeds; ++seed) {
            const Permutation permutation(n, seed);
            ++first_image[permutation(0) * 20 / n];
            std::uint64_t last = permutation(n - 1);
            for (std::uint64_t i = 0; i < n; ++i) {
                const std::uint64_t image = permutation(i);
                fixed_points += image == i;
                successors += image == (last + 1) % n;
                ++step[(image + n - last) % n * 20 / n];
                last = image;
            }
        }
        // fixed points, and neighbours that stay neighbours,
        // are close to Poisson with mean 1 for each permutation
        CHECK(std::abs(static_cast<double>(fixed_points) - seeds) < 5 * std::sqrt(seeds));
        CHECK(std::abs(static_cast<double>(successors) - seeds) < 5 * std::sqrt(seeds));
        CHECK(std::abs(chi_squared_deviation(first_image)) < 5);
        // the distance from one image to the next is uniform
        CHECK(std::abs(chi_squared_deviation(step)) < 6);
    }
}

TEST_CASE("permutations of different seeds differ", "[fast][random]") {
    const Permutation a(1000, 1), b(1000, 2);
    int equal = 0;
    for (std::uint64_t i = 0; i < 1000; ++i) equal += a(i) == b(i);
    CHECK(equal < 8); // Poisson with mean 1
}
