// SPDX-License-Identifier: Apache-2.0
#include "scenarios/results/validation_table.h"

#include <fmt/format.h>

#include "scenarios/results/text_grid.h"

namespace migsim {
namespace {

template <class AnyCurve>
std::string name_of(const AnyCurve& curve) {
    return curve.question + (curve.variant.empty() ? "" : " " + curve.variant);
}

std::string heading_of(const ComparedCurve& curve) {
    std::string text = fmt::format("{} on {}", name_of(curve), curve.device);
    text += fmt::format(", {}", curve.unit);
    if (!curve.at_unit.empty()) text += fmt::format(" at {}", curve.at_unit);
    text += fmt::format("; published: {}", curve.source);
    if (!curve.note.empty()) text += fmt::format(" ({})", curve.note);
    return text;
}

void add_rows(TextGrid& grid, const ComparedCurve& curve) {
    grid.heading("");
    grid.heading(heading_of(curve));
    for (const ComparedRow& row : curve.rows)
        grid.row({"  " + row.at, curve.device,
                  readable(row.measured) + (row.measured_to ? "–" + readable(*row.measured_to) : ""),
                  readable(row.twin), fmt::format("{:+.1f}%", row.error_percent),
                  row.bound_percent ? fmt::format("{}%", *row.bound_percent) : "–",
                  std::string(enum_name(row.verdict)), std::string(enum_name(row.basis))});
}

std::string summaries(const Validation& validation) {
    TextGrid grid;
    grid.row({"curve", "device", "points", "calibrated", "median", "p90", "worst", "at"});
    for (const ComparedCurve& curve : validation.curves)
        if (const auto& s = curve.summary)
            grid.row({name_of(curve), curve.device, std::to_string(s->points),
                      std::to_string(s->calibrated_points), fmt::format("{:.1f}%", s->median_percent),
                      fmt::format("{:.1f}%", s->p90_percent), fmt::format("{:+.1f}%", s->worst_percent),
                      s->worst_at});
    return grid.text();
}

std::string exclusions(const Validation& validation) {
    std::string text;
    for (const ComparedCurve& curve : validation.curves)
        for (const ExcludedRange& range : curve.excluded)
            text += fmt::format("excluded: {} on {}, {} to {} {}: {}\n", name_of(curve), curve.device,
                                range.from, range.to, curve.at_unit, range.reason);
    for (const CurveWithoutTwin& curve : validation.without_twin)
        text += fmt::format("excluded: {} on {}, all {} points: no twin answers this question\n",
                            name_of(curve), curve.device, curve.points);
    return text;
}

std::string conclusion(const Validation& validation) {
    std::size_t gated = 0, failed = 0;
    std::string failures;
    for (const ComparedCurve& curve : validation.curves)
        for (const ComparedRow& row : curve.rows) {
            if (row.verdict == Verdict::Excluded || !row.bound_percent) continue;
            ++gated;
            if (!row.fails()) continue;
            ++failed;
            failures +=
                fmt::format("{}: {} on {} at {}: {:+.1f}%, may be {}%\n", enum_name(row.verdict),
                            name_of(curve), curve.device, row.at, row.error_percent, *row.bound_percent);
        }
    return failures + fmt::format("{} of {} gated rows are within their bound\n", gated - failed, gated);
}

} // namespace

std::string table_text(const Validation& validation) {
    TextGrid grid;
    grid.row({"row", "device", "published", "twin", "error", "bound", "verdict", "basis"});
    for (const ComparedCurve& curve : validation.curves) add_rows(grid, curve);
    return grid.text() + "\n" + summaries(validation) + "\n" + exclusions(validation) +
           conclusion(validation);
}

} // namespace migsim
