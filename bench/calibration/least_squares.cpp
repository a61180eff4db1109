// SPDX-License-Identifier: Apache-2.0
#include "bench/calibration/least_squares.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include <Eigen/Dense>

namespace migsim {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr unsigned most_rounds = 100;
constexpr double finest_step = 1.0 / 16; // of the first one
constexpr double deviations = 3;         // of noise, that what is new in a column must be above
constexpr double enough = 1e-2;          // a round that gains less than this part of the sum is the last

double sum_of_squares(const Values& residuals) {
    double sum = 0;
    for (const double r : residuals) sum += r * r;
    return sum;
}

VectorXd vector_of(const Values& values) {
    return Eigen::Map<const VectorXd>(values.data(), static_cast<Index>(values.size()));
}

} // namespace

// Columns of the Jacobian are per box: what moving a parameter from one end of its box to the other would do.
class LeastSquares::Search {
public:
    explicit Search(const LeastSquares& problem)
        : parameters_(problem.parameters_),
          problem_(problem),
          downhill_(parameters_.size(), 0),
          step_(problem.accuracy_.step) {
        for (const FreeValue& parameter : parameters_) at_.push_back(parameter.start);
        residuals_ = problem_.residuals_({at_}).front();
        if (residuals_.empty()) throw std::invalid_argument("the model refuses the point to start from");
        fit_.before = fit_.after = sum_of_squares(residuals_);
        fit_.outcomes.assign(at_.size(), FitOutcome::Fitted);
        fit_.like.assign(at_.size(), 0);
    }

    Fit run() {
        for (std::size_t i = 0; i < at_.size(); ++i) moving_.push_back(i);
        while (fit_.rounds < most_rounds && !moving_.empty() && fit_.after > 0) {
            MatrixXd jacobian = derivatives();
            if (fit_.rounds++ == 0) jacobian = keep_what_is_determined(jacobian);
            const bool finest = steps_are_finest();
            const double before = fit_.after;
            descend(jacobian);
            if (best_trial_.sum < fit_.after) go_to(best_trial_);
            if (before - fit_.after <= enough * before && finest) break;
            step_ = std::max(step_ / 4, problem_.accuracy_.step * finest_step);
        }
        for (const std::size_t i : moving_)
            if (at_[i] == parameters_[i].least || at_[i] == parameters_[i].most)
                fit_.outcomes[i] = FitOutcome::AtBound;
        fit_.values = at_;
        return fit_;
    }

private:
    struct Step {
        std::size_t column; // of the Jacobian
        double size;
    };
    struct Trial {
        Values at, residuals;
        double sum = std::numeric_limits<double>::infinity();
    };

    void go_to(Trial trial) {
        at_ = std::move(trial.at);
        residuals_ = std::move(trial.residuals);
        fit_.after = trial.sum;
    }

    double box(std::size_t i) const { return parameters_[i].most - parameters_[i].least; }

    double step_of(std::size_t i) const {
        const double step = step_ * box(i);
        return parameters_[i].whole ? std::max(1.0, std::round(step)) : step;
    }

    bool steps_are_finest() const {
        return std::all_of(moving_.begin(), moving_.end(),
                           [&](std::size_t i) { return !parameters_[i].whole || step_of(i) == 1; }) ||
               step_ <= problem_.accuracy_.step * finest_step;
    }

    // Of the residuals by what moves. At first both ways, and the one with more effect counts: a port that is
    // wide enough matters only when made narrower. Then downhill, so that a step may itself be a gain: a
    // single one often is where the joint one meets a bump. Where the model refuses a step, it has no effect.
    MatrixXd derivatives() {
        std::vector<Step> steps;
        for (std::size_t k = 0; k < moving_.size(); ++k) {
            const std::size_t i = moving_[k];
            const double downhill = std::copysign(step_of(i), downhill_[i]);
            for (const double way : {downhill, -downhill}) {
                const double size = inside(i, way);
                if (size != 0) steps.push_back({k, size});
                if (size != 0 && fit_.rounds > 0) break;
            }
        }
        std::vector<Values> points(steps.size(), at_);
        for (std::size_t s = 0; s < steps.size(); ++s) points[s][moving_[steps[s].column]] += steps[s].size;
        const std::vector<Values> moved = problem_.residuals_(points);

        best_trial_ = {};
        MatrixXd jacobian = MatrixXd::Zero(rows(), static_cast<Index>(moving_.size()));
        for (std::size_t s = 0; s < steps.size(); ++s) {
            if (moved[s].empty()) continue;
            const std::size_t i = moving_[steps[s].column];
            const VectorXd column = (vector_of(moved[s]) - vector_of(residuals_)) * (box(i) / steps[s].size);
            auto best = jacobian.col(static_cast<Index>(steps[s].column));
            if (column.norm() > best.norm()) best = column;
            downhill_[i] = -best.dot(vector_of(residuals_));
            if (const double sum = sum_of_squares(moved[s]); sum < best_trial_.sum)
                best_trial_ = {points[s], moved[s], sum};
        }
        return jacobian;
    }

    double inside(std::size_t i, double step) const {
        return std::clamp(at_[i] + step, parameters_[i].least, parameters_[i].most) - at_[i];
    }

    Index rows() const { return static_cast<Index>(residuals_.size()); }

    // Takes the columns by what is new in them, the most first, as long as that is more than noise (QR with
    // column pivoting; rows in units of their noise). The others stay as they are from here on.
    MatrixXd keep_what_is_determined(const MatrixXd& jacobian) {
        const VectorXd noise = vector_of(problem_.accuracy_.noise);
        const MatrixXd weighted = noise.cwiseInverse().asDiagonal() * jacobian;
        // The length of a vector of differences of two, over a step of this part of the box.
        const double least_norm =
            (std::sqrt(2.0 * static_cast<double>(rows())) + deviations) / problem_.accuracy_.step;
        const Eigen::ColPivHouseholderQR<MatrixXd> qr(weighted);
        const auto order = qr.colsPermutation().indices();
        std::vector<std::size_t> kept;
        for (Index k = 0; k < std::min(jacobian.rows(), jacobian.cols()); ++k)
            if (std::abs(qr.matrixR()(k, k)) > least_norm) kept.push_back(static_cast<std::size_t>(order[k]));
        std::sort(kept.begin(), kept.end());
        MatrixXd columns(rows(), static_cast<Index>(kept.size()));
        for (std::size_t k = 0; k < kept.size(); ++k)
            columns.col(static_cast<Index>(k)) = jacobian.col(static_cast<Index>(kept[k]));
        const MatrixXd alike = noise.cwiseInverse().asDiagonal() * columns;
        for (std::size_t i = 0; i < moving_.size(); ++i) {
            if (std::binary_search(kept.begin(), kept.end(), i)) continue;
            const VectorXd column = weighted.col(static_cast<Index>(i));
            fit_.outcomes[i] = column.norm() > least_norm ? FitOutcome::Inseparable : FitOutcome::NoEffect;
            if (fit_.outcomes[i] == FitOutcome::NoEffect) continue;
            Index most_alike = 0;
            (alike.colwise().normalized().transpose() * column).cwiseAbs().maxCoeff(&most_alike);
            fit_.like[i] = kept[static_cast<std::size_t>(most_alike)];
        }
        moving_ = kept;
        best_trial_ = {}; // it may have moved one that stays
        return columns;
    }

    // One step, damped until it helps; none where even the shortest does not.
    void descend(const MatrixXd& jacobian) {
        for (double damping = damping_; damping < 1e12; damping *= 10) {
            Trial next{after_step(jacobian, damping), {}};
            if (next.at == at_) return;
            next.residuals = problem_.residuals_({next.at}).front();
            next.sum = sum_of_squares(next.residuals);
            if (!next.residuals.empty() && next.sum < fit_.after) {
                go_to(std::move(next));
                damping_ = damping / 10;
                return;
            }
        }
    }

    // What is at a bound and would leave its box is held there; the others' step is as if it were no
    // parameter.
    Values after_step(const MatrixXd& jacobian, double damping) const {
        const VectorXd gradient = jacobian.transpose() * vector_of(residuals_);
        MatrixXd normal = jacobian.transpose() * jacobian;
        VectorXd down = -gradient;
        for (Index k = 0; k < down.size(); ++k) {
            const FreeValue& parameter = parameters_[moving_[static_cast<std::size_t>(k)]];
            const double value = at_[moving_[static_cast<std::size_t>(k)]];
            if ((value == parameter.least && down[k] < 0) || (value == parameter.most && down[k] > 0)) {
                normal.row(k).setZero();
                normal.col(k).setZero();
                normal(k, k) = 1;
                down[k] = 0;
            }
        }
        normal.diagonal() += damping * normal.diagonal();
        const VectorXd step = normal.ldlt().solve(down);
        Values next = at_;
        for (std::size_t k = 0; k < moving_.size(); ++k) {
            const std::size_t i = moving_[k];
            double value = at_[i] + step[static_cast<Index>(k)] * box(i);
            if (parameters_[i].whole) value = std::round(value);
            next[i] = std::clamp(value, parameters_[i].least, parameters_[i].most);
        }
        return next;
    }

    const std::vector<FreeValue>& parameters_;
    const LeastSquares& problem_;
    Values at_, residuals_;
    std::vector<std::size_t> moving_; // what is fitted
    std::vector<double> downhill_;    // the sign that a step should have; 0: unknown
    Trial best_trial_;                // of those for derivatives
    double step_;                     // of derivatives, finer from round to round
    double damping_ = 1e-3;           // Marquardt's lambda, relative to each curvature
    Fit fit_;
};

Fit LeastSquares::fit() const {
    return Search(*this).run();
}

} // namespace migsim
