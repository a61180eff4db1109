// SPDX-License-Identifier: Apache-2.0
#include "bench/validation/comparison.h"

#include <algorithm>
#include <cmath>

#include "bench/validation/calibrated.h"

namespace migsim {
namespace {

struct RecordedRow {
    std::string row;
    double error_percent = 0;
};

template <class Visitor>
void describe(Visitor& v, RecordedRow& r) {
    v.required("row", r.row, "device, question, variant, position or case");
    v.required("error_percent", r.error_percent, "to a hundredth");
}

struct Recorded {
    std::vector<RecordedRow> rows;
};

template <class Visitor>
void describe(Visitor& v, Recorded& r) {
    v.required("rows", r.rows, "in the order of the table");
}

const Format recorded_format{"recorded", 1};

} // namespace

double error_percent(const Curve& curve, std::size_t point, double twin) {
    const double low = curve.measured[point];
    const double high = curve.measured_to.empty() ? low : curve.measured_to[point];
    if (twin < low && curve.limit != Agreement::AtMost) return 100 * (twin / low - 1);
    if (twin > high && curve.limit != Agreement::AtLeast) return 100 * (twin / high - 1);
    return 0;
}

bool is_excluded(const Curve& curve, const Question& question) {
    return std::any_of(curve.excluded.begin(), curve.excluded.end(), [&](const ExcludedRange& range) {
        return question.at >= range.from && question.at <= range.to;
    });
}

std::vector<double> log_weights(const std::vector<double>& positions) {
    std::vector<double> sorted = positions;
    std::sort(sorted.begin(), sorted.end());
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    std::vector<double> weights;
    for (const double position : positions) {
        const auto here = std::lower_bound(sorted.begin(), sorted.end(), position);
        const double before = here == sorted.begin() ? position : *(here - 1);
        const double after = here + 1 == sorted.end() ? position : *(here + 1);
        weights.push_back(sorted.size() == 1 ? 1 : std::log(after / before) / 2);
    }
    return weights;
}

std::optional<ErrorSummary> summary_of(std::vector<NamedError> errors) {
    if (errors.empty()) return std::nullopt;
    const auto size = [](const NamedError& error) { return std::fabs(error.percent); };
    std::stable_sort(errors.begin(), errors.end(),
                     [&](const NamedError& a, const NamedError& b) { return size(a) < size(b); });
    double total = 0;
    for (const NamedError& error : errors) total += error.weight;
    const double rounding = 1e-9 * total; // of sums of weights: does not decide
    const auto first_to_reach = [&](double weight) {
        double sum = 0;
        for (const NamedError& error : errors)
            if ((sum += error.weight) >= weight) return size(error);
        return size(errors.back());
    };
    ErrorSummary summary;
    summary.points = static_cast<std::uint32_t>(errors.size());
    summary.median_percent =
        (first_to_reach(total / 2 - rounding) + first_to_reach(total / 2 + rounding)) / 2;
    summary.p90_percent = first_to_reach(0.9 * total - rounding);
    summary.worst_percent = errors.back().percent;
    summary.worst_at = errors.back().at;
    return summary;
}

Question question_of(const Curve& curve, std::size_t point) {
    Question question;
    question.variant = curve.variant;
    if (curve.cases.empty())
        question.at = curve.at[point];
    else
        question.name = curve.cases[point];
    return question;
}

std::string name_of(const Question& question) {
    return question.name.empty() ? number_text(question.at) : question.name;
}

ComparedCurve compare(const CurveFile& file, const Curve& curve, const Twin& twin, Device& device,
                      const std::vector<std::vector<Answer>>& answers) {
    ComparedCurve compared;
    compared.device = file.device;
    compared.question = curve.question;
    compared.variant = curve.variant;
    compared.source = file.sources.at(curve.source) + (curve.file.empty() ? "" : ", " + curve.file);
    compared.note = curve.note;
    compared.unit = curve.unit;
    compared.at_unit = twin.facts.at_unit;
    compared.excluded = curve.excluded;
    for (std::size_t point = 0; point < curve.points(); ++point) {
        const Question question = question_of(curve, point);
        ComparedRow row;
        row.at = name_of(question);
        row.measured = curve.measured[point];
        if (!curve.measured_to.empty()) row.measured_to = curve.measured_to[point];
        std::vector<double> values;
        bool steady = true;
        for (const Answer& answer : answers[point]) {
            values.push_back(answer.value);
            row.passes = std::max(row.passes, answer.passes);
            steady = steady && answer.change_percent <= passes_agree_percent;
        }
        row.twin = twin.combine(values);
        row.error_percent = error_percent(curve, point, row.twin);
        row.bound_percent = curve.bound_percent;
        row.calibrated_by = calibrated_by(device, file.name, curve.question, question);
        row.basis = row.calibrated_by.empty() ? Basis::Predicted : Basis::Calibrated;
        row.verdict = is_excluded(curve, question)                           ? Verdict::Excluded
                      : !steady                                              ? Verdict::Unsteady
                      : !curve.bound_percent                                 ? Verdict::Reported
                      : std::fabs(row.error_percent) <= *curve.bound_percent ? Verdict::Good
                                                                             : Verdict::Missed;
        compared.rows.push_back(std::move(row));
    }
    std::vector<NamedError> errors;
    std::vector<double> positions;
    std::uint32_t calibrated = 0;
    for (std::size_t point = 0; point < compared.rows.size(); ++point) {
        const ComparedRow& row = compared.rows[point];
        if (row.verdict == Verdict::Excluded) continue;
        errors.push_back({row.error_percent, row.at});
        if (curve.cases.empty()) positions.push_back(curve.at[point]);
        calibrated += row.basis == Basis::Calibrated;
    }
    const std::vector<double> weights = log_weights(positions);
    for (std::size_t i = 0; i < weights.size(); ++i) errors[i].weight = weights[i];
    if (const auto summary = summary_of(std::move(errors)))
        compared.summary = CurveSummary{*summary, calibrated};
    return compared;
}

std::string recorded_text(const Validation& validation) {
    Recorded recorded; // + 0.0: there is no -0 then
    for (const ComparedCurve& curve : validation.curves)
        for (const ComparedRow& row : curve.rows)
            recorded.rows.push_back({curve.device + " " + curve.question + " " +
                                         (curve.variant.empty() ? "" : curve.variant + " ") + row.at,
                                     std::round(row.error_percent * 100) / 100 + 0.0});
    return effective_text(recorded, recorded_format, Document{}, ".", Origins::Hidden);
}

} // namespace migsim
