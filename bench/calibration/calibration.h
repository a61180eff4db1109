// SPDX-License-Identifier: Apache-2.0
// A calibration from its points to its report: the parameters that make the twins agree best with the fitted
// points, and how well they then agree with the points that were held back.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bench/calibration/free_parameters.h"
#include "bench/calibration/least_squares.h"
#include "bench/calibration/measured_points.h"
#include "bench/validation/comparison.h"
#include "models/base/config/node.h"

namespace migsim {

template <>
struct EnumNames<FitOutcome> {
    static constexpr std::array table{
        EnumName{FitOutcome::Fitted, "fitted"}, EnumName{FitOutcome::AtBound, "at_bound"},
        EnumName{FitOutcome::NoEffect, "no_effect"}, EnumName{FitOutcome::Inseparable, "inseparable"}};
};

struct CalibratedParameter {
    std::string name, unit;
    std::uint64_t from = 0, to = 0, least = 0, most = 0;
    FitOutcome outcome = FitOutcome::Fitted;
    std::string like;

    bool was_fitted() const { return outcome == FitOutcome::Fitted || outcome == FitOutcome::AtBound; }
};

template <class Visitor>
void describe(Visitor& v, CalibratedParameter& p) {
    v.required("name", p.name, "group and key in the device file");
    v.required("unit", p.unit, "of the values");
    v.required("from", p.from, "as it was");
    v.required("to", p.to, "as it is fitted");
    v.required("least", p.least, "it might have become");
    v.required("most", p.most, "it might have become");
    v.required("outcome", p.outcome, "whether the data determine it; at_bound: they would move it further");
    v.optional("like", p.like,
               "fitted parameter that acts as it does, so that the data cannot tell them apart");
}

struct CalibratedPoint {
    std::string question, variant, at;
    bool held_back = false;
    double measured = 0, before_percent = 0, after_percent = 0;
};

template <class Visitor>
void describe(Visitor& v, CalibratedPoint& p) {
    v.required("question", p.question, "the twin");
    v.required("variant", p.variant, "of the question");
    v.required("at", p.at, "position or case");
    v.required("held_back", p.held_back, "from the fit");
    v.required("measured", p.measured, "value");
    v.required("before_percent", p.before_percent, "error of the twin on the device as it was");
    v.required("after_percent", p.after_percent, "error of the twin on the calibrated device");
}

struct CalibratedPart {
    std::optional<ErrorSummary> before, after;
};

template <class Visitor>
void describe(Visitor& v, CalibratedPart& p) {
    v.optional("before", p.before, "errors of the device as it was; absent: no such points");
    v.optional("after", p.after, "errors of the calibrated device");
}

struct Calibration {
    std::string device;
    std::vector<std::string> measurements;
    std::vector<CalibratedParameter> parameters;
    CalibratedPart fitted, held_back;
    std::vector<CalibratedPoint> points;
    std::vector<LeftOutPoints> left_out;
    std::uint32_t rounds = 0;

    bool determined_anything() const;
};

inline const Format calibration_format{"calibration", 1};

template <class Visitor>
void describe(Visitor& v, Calibration& c) {
    v.required("device", c.device, "that was calibrated");
    v.required("measurements", c.measurements, "files of measurements");
    v.required("parameters", c.parameters, "that might have moved");
    v.required("fitted", c.fitted, "errors of the points that were fitted");
    v.required("held_back", c.held_back, "errors of the points that were not");
    v.required("points", c.points, "one by one");
    v.required("left_out", c.left_out, "points that were not asked");
    v.required("rounds", c.rounds, "in which derivatives were taken");
}

// What the twins answer on each of the devices: by device, by point.
struct TwinValue {
    double value;
    double change_percent; // between the last two passes
};
using TwinValues = std::function<std::vector<std::vector<TwinValue>>(
    const std::vector<std::unique_ptr<Device>>& devices, const std::vector<MeasuredPoint>& points)>;

// Throws InputError where there is nothing to fit. `document` is that of the device.
Calibration calibrate(const Document& document, const std::vector<FreeParameter>& parameters,
                      const MeasuredPoints& points, const TwinValues& twin_values);

} // namespace migsim
