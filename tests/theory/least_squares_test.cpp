// SPDX-License-Identifier: Apache-2.0
// The fit on problems whose answer is known.
#include <catch2/catch.hpp>

#include <cmath>

#include "bench/calibration/least_squares.h"

using namespace migsim;

namespace {

LeastSquares::Accuracy exact(std::size_t residuals) {
    return {Values(residuals, 1e-12), 1e-7};
}
LeastSquares::Accuracy of_simulations(std::size_t residuals) {
    return {Values(residuals, 0.001), 0.125};
}

LeastSquares::Residuals model(const std::function<Values(const Values&)>& residuals) {
    return [=](const std::vector<Values>& points) {
        std::vector<Values> all;
        for (const Values& point : points) all.push_back(residuals(point));
        return all;
    };
}

// Latencies add up and a queue divides, as in the machine: what three questions would answer.
Values answers(const Values& p) {
    return {p[0] + p[1], p[0] + 2 * p[1], p[0] + p[1] + p[2], 1000 / p[2], p[0] + 3 * p[1] + p[2]};
}

Values relative(const Values& is, const Values& should) {
    Values residuals;
    for (std::size_t i = 0; i < is.size(); ++i) residuals.push_back(is[i] / should[i] - 1);
    return residuals;
}

} // namespace

TEST_CASE("a linear problem is solved, whatever its start", "[fast]") {
    const Fit fit = LeastSquares({{-40, -50, 50}, {9, -50, 50}}, model([](const Values& x) -> Values {
                                     return {x[0] + x[1] - 3, x[0] - x[1] - 1, 2 * x[0] - 4};
                                 }),
                                 exact(3))
                        .fit();
    CHECK(fit.values[0] == Approx(2));
    CHECK(fit.values[1] == Approx(1));
    CHECK(fit.after < 1e-10);
    CHECK(fit.outcomes == std::vector{FitOutcome::Fitted, FitOutcome::Fitted});
}

TEST_CASE("the valley of Rosenbrock is followed to its end", "[fast]") {
    const Fit fit = LeastSquares({{-1.2, -5, 5}, {1, -5, 5}}, model([](const Values& x) -> Values {
                                     return {10 * (x[1] - x[0] * x[0]), 1 - x[0]};
                                 }),
                                 exact(2))
                        .fit();
    CHECK(fit.values[0] == Approx(1).epsilon(1e-4));
    CHECK(fit.values[1] == Approx(1).epsilon(1e-4));
}

TEST_CASE("a parameter stops at its bound, and the others make the best of it", "[fast]") {
    const Fit fit = LeastSquares({{0, -1, 1}, {0, -10, 10}}, model([](const Values& x) -> Values {
                                     return {x[0] - 2, x[0] + x[1] - 3};
                                 }),
                                 exact(2))
                        .fit();
    CHECK(fit.values[0] == 1);
    CHECK(fit.values[1] == Approx(2));
    CHECK(fit.outcomes == std::vector{FitOutcome::AtBound, FitOutcome::Fitted});
}

TEST_CASE("whole numbers that start 30 % off are found exactly, and the model is asked for no other",
          "[fast]") {
    const Values truth{66, 64, 41};
    const Values should = answers(truth);
    const auto residuals = [&](const Values& p) {
        for (const double value : p) CHECK(value == std::round(value));
        return relative(answers(p), should);
    };
    const Fit fit = LeastSquares({{46, 23, 92, true}, {83, 42, 166, true}, {29, 15, 58, true}},
                                 model(residuals), of_simulations(5))
                        .fit();
    CHECK(fit.values == truth);
    CHECK(fit.after == 0);
    CHECK(fit.rounds <= 4);
}

TEST_CASE("what the data cannot determine stays as it is, and says why", "[fast]") {
    // The first two only ever appear as a sum, the last not at all.
    const Fit fit =
        LeastSquares({{50, 25, 100}, {40, 20, 80}, {7, 3.5, 14}}, model([](const Values& p) -> Values {
                         return {(p[0] + p[1]) / 100 - 1, (p[0] + p[1] + 100) / 200 - 1};
                     }),
                     of_simulations(2))
            .fit();
    CHECK(fit.values[0] == Approx(60).epsilon(1e-3));
    CHECK(fit.values[1] == 40);
    CHECK(fit.values[2] == 7);
    CHECK(fit.outcomes == std::vector{FitOutcome::Fitted, FitOutcome::Inseparable, FitOutcome::NoEffect});
    CHECK(fit.like[1] == 0);
}

TEST_CASE("an effect below the noise of the residuals determines nothing", "[fast]") {
    const auto fit_of = [](double effect) {
        return LeastSquares({{10, 5, 20}}, model([=](const Values& p) -> Values {
                                return {effect * (p[0] / 15 - 1), 0.01};
                            }),
                            of_simulations(2))
            .fit();
    };
    CHECK(fit_of(0.01).outcomes.front() == FitOutcome::NoEffect);
    CHECK(fit_of(0.01).values.front() == 10);
    CHECK(fit_of(0.5).values.front() == Approx(15));
}

TEST_CASE("a point that the model refuses is gone around", "[fast]") {
    const auto residuals = [](const Values& p) -> Values {
        if (p[0] > 10.5) return {};
        return {p[0] / 8 - 1};
    };
    const Fit fit = LeastSquares({{10, 5, 20}}, model(residuals), of_simulations(1)).fit();
    CHECK(fit.values.front() == Approx(8).epsilon(1e-3));
    CHECK_THROWS_AS(LeastSquares({{11, 5, 20}}, model(residuals), of_simulations(1)).fit(),
                    std::invalid_argument);
}
