// SPDX-License-Identifier: Apache-2.0
// Twins beside published values: the error of each row, what it may be, and per curve the median, the 90th
// percentile and the worst point.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/validation/curves.h"
#include "bench/validation/twin.h"

namespace migsim {

enum class Verdict { Good, Missed, Reported, Excluded, Unsteady };
template <>
struct EnumNames<Verdict> {
    static constexpr std::array table{EnumName{Verdict::Good, "good"}, EnumName{Verdict::Missed, "missed"},
                                      EnumName{Verdict::Reported, "reported"},
                                      EnumName{Verdict::Excluded, "excluded"},
                                      EnumName{Verdict::Unsteady, "unsteady"}}; // no two passes agreed
};

enum class Basis { Predicted, Calibrated };
template <>
struct EnumNames<Basis> {
    static constexpr std::array table{EnumName{Basis::Predicted, "predicted"},
                                      EnumName{Basis::Calibrated, "calibrated"}};
};

struct ComparedRow {
    std::string at; // position or case
    double measured = 0;
    std::optional<double> measured_to;
    double twin = 0;
    double error_percent = 0;
    std::optional<double> bound_percent;
    Verdict verdict = Verdict::Reported;
    Basis basis = Basis::Predicted;
    std::vector<std::string> calibrated_by;
    std::uint32_t passes = 0;

    bool fails() const {
        return bound_percent && (verdict == Verdict::Missed || verdict == Verdict::Unsteady);
    }
};

template <class Visitor>
void describe(Visitor& v, ComparedRow& r) {
    v.required("at", r.at, "position, in the curve's at_unit, or case");
    v.required("measured", r.measured, "published value");
    v.optional("measured_to", r.measured_to, "upper end, where publications disagree");
    v.required("twin", r.twin, "simulated value");
    v.required("error_percent", r.error_percent, "of the twin, against the nearer end");
    v.optional("bound_percent", r.bound_percent, "that it may be; absent: not gated");
    v.required("verdict", r.verdict, "");
    v.required("basis", r.basis, "whether a parameter of the device was derived from this row");
    v.required("calibrated_by", r.calibrated_by, "parameters derived from this row");
    v.required("passes", r.passes, "run until two agreed");
}

// What errors come to.
struct ErrorSummary {
    std::uint32_t points = 0;
    double median_percent = 0;
    double p90_percent = 0;
    double worst_percent = 0;
    std::string worst_at;
};

template <class Visitor>
void describe(Visitor& v, ErrorSummary& s) {
    v.required("points", s.points, "that count");
    v.required("median_percent", s.median_percent, "of absolute errors, by weight");
    v.required("p90_percent", s.p90_percent, "of absolute errors, nearest rank, by weight");
    v.required("worst_percent", s.worst_percent, "error of the worst point");
    v.required("worst_at", s.worst_at, "where that is");
}

struct NamedError {
    double percent;
    std::string at;
    double weight = 1;
};

// Positions in any order: of each the part of the logarithmic axis that it stands for, up to half of the way
// to its neighbours. So a long plateau, however many points it has, does not hide the knees beside it.
std::vector<double> log_weights(const std::vector<double>& positions);

// Nothing where there are no errors.
std::optional<ErrorSummary> summary_of(std::vector<NamedError> errors);

struct CurveSummary : ErrorSummary {
    std::uint32_t calibrated_points = 0;
};

template <class Visitor>
void describe(Visitor& v, CurveSummary& s) {
    describe(v, static_cast<ErrorSummary&>(s));
    v.required("calibrated_points", s.calibrated_points, "of these");
}

struct ComparedCurve {
    std::string device, question, variant, source, note, unit, at_unit;
    std::vector<ComparedRow> rows;
    std::optional<CurveSummary> summary; // where points count
    std::vector<ExcludedRange> excluded;
};

template <class Visitor>
void describe(Visitor& v, ComparedCurve& c) {
    v.required("device", c.device, "that was simulated");
    v.required("question", c.question, "the twin");
    v.required("variant", c.variant, "of the question");
    v.required("source", c.source, "of the published values");
    v.required("note", c.note, "on them");
    v.required("unit", c.unit, "of the values");
    v.required("at_unit", c.at_unit, "of positions");
    v.required("rows", c.rows, "point by point");
    v.optional("summary", c.summary, "over the points that count");
    v.required("excluded", c.excluded, "what does not count, and why");
}

// A curve of a question that only bench/silicon asks.
struct CurveWithoutTwin {
    std::string device, question, variant;
    std::uint32_t points = 0;
};

template <class Visitor>
void describe(Visitor& v, CurveWithoutTwin& c) {
    v.required("device", c.device, "of the file");
    v.required("question", c.question, "that no twin answers");
    v.required("variant", c.variant, "of the question");
    v.required("points", c.points, "that are not compared");
}

struct Validation {
    bool passed = true;
    std::vector<ComparedCurve> curves;
    std::vector<CurveWithoutTwin> without_twin;
};

inline const Format validation_format{"validation", 1};

template <class Visitor>
void describe(Visitor& v, Validation& c) {
    v.required("passed", c.passed, "every gated row is within its bound");
    v.required("curves", c.curves, "");
    v.required("without_twin", c.without_twin, "excluded: nothing here answers these questions");
}

// Row `point` of a curve as a question, and as people call it.
Question question_of(const Curve& curve, std::size_t point);
std::string name_of(const Question& question);

// Of a twin's value against that measured, or against the nearer end of its range; 0 inside it, and on the
// good side of a limit.
double error_percent(const Curve& curve, std::size_t point, double twin);
bool is_excluded(const Curve& curve, const Question& question);

// answers: per point, per run of the twin.
ComparedCurve compare(const CurveFile& file, const Curve& curve, const Twin& twin, Device& device,
                      const std::vector<std::vector<Answer>>& answers);

// What the short rows' errors are, for a test that fails when one changes: `format: migsim/recorded/1`.
std::string recorded_text(const Validation& validation);

} // namespace migsim
