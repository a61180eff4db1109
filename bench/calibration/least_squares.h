// SPDX-License-Identifier: Apache-2.0
// Least squares inside a box, damped after Levenberg and Marquardt (Marquardt, J. SIAM 11, 1963). Residuals
// are known only as well as simulations repeat, so derivatives are finite differences over wide steps, and a
// parameter of which the residuals say nothing, or nothing that another does not explain, stays where it
// started.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace migsim {

using Values = std::vector<double>;

struct FreeValue {
    double start, least, most; // least < most
    bool whole = false;        // only whole numbers are asked for; bounds and start are such
};

enum class FitOutcome {
    Fitted,
    AtBound,
    NoEffect,    // a step moves the residuals by less than their noise
    Inseparable, // what a step does, a step of another does as well
};

struct Fit {
    Values values;
    std::vector<FitOutcome> outcomes;
    std::vector<std::size_t> like; // for what is inseparable: the fitted one that acts most like it
    double before = 0, after = 0;  // sum of squared residuals
    unsigned rounds = 0;           // in which derivatives were taken
};

class LeastSquares {
public:
    // The residuals at each of these points: as many at each, or none where the model refuses the point.
    // Throws std::invalid_argument where the model refuses the start.
    using Residuals = std::function<std::vector<Values>(const std::vector<Values>& points)>;

    struct Accuracy {
        Values noise; // standard deviation of each residual
        double step;  // of the first finite differences, as a part of a parameter's box; of whole numbers at
                      // least one
    };

    LeastSquares(std::vector<FreeValue> parameters, Residuals residuals, Accuracy accuracy)
        : parameters_(std::move(parameters)), residuals_(std::move(residuals)), accuracy_(accuracy) {}

    Fit fit() const;

private:
    class Search;

    std::vector<FreeValue> parameters_;
    Residuals residuals_;
    Accuracy accuracy_;
};

} // namespace migsim
