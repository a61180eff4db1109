// SPDX-License-Identifier: Apache-2.0
#include "scenarios/results/calibration_table.h"

#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "scenarios/results/text_grid.h"

namespace migsim {
namespace {

std::string errors(const Calibration& calibration) {
    TextGrid grid;
    grid.row({"errors", "points", "median", "p90", "worst", "at"});
    const auto add = [&](const std::string& name, const std::optional<ErrorSummary>& summary) {
        if (summary)
            grid.row({name, std::to_string(summary->points), fmt::format("{:.1f}%", summary->median_percent),
                      fmt::format("{:.1f}%", summary->p90_percent),
                      fmt::format("{:+.1f}%", summary->worst_percent), summary->worst_at});
    };
    add("fitted points, before", calibration.fitted.before);
    add("fitted points, after", calibration.fitted.after);
    add("held back, before", calibration.held_back.before);
    add("held back, after", calibration.held_back.after);
    return grid.text();
}

std::string parameters(const Calibration& calibration) {
    TextGrid grid;
    grid.row({"parameter", "from", "to", "unit", "may be", ""});
    for (const CalibratedParameter& p : calibration.parameters)
        if (p.was_fitted())
            grid.row({p.name, std::to_string(p.from), std::to_string(p.to), p.unit,
                      fmt::format("{} to {}", p.least, p.most),
                      p.outcome == FitOutcome::AtBound ? "at its bound" : ""});
    return grid.text();
}

std::string undetermined(const Calibration& calibration) {
    std::vector<std::string> without_effect;
    std::map<std::string, std::vector<std::string>> inseparable;
    for (const CalibratedParameter& p : calibration.parameters) {
        if (p.outcome == FitOutcome::NoEffect) without_effect.push_back(p.name);
        if (p.outcome == FitOutcome::Inseparable) inseparable[p.like].push_back(p.name);
    }
    std::string text;
    for (const auto& [like, names] : inseparable)
        text += fmt::format("unchanged, since these points cannot tell them from {}: {}\n", like,
                            fmt::join(names, ", "));
    if (!without_effect.empty())
        text += fmt::format("unchanged, since these points hardly depend on them: {}\n",
                            fmt::join(without_effect, ", "));
    return text;
}

std::string left_out(const Calibration& calibration) {
    std::string text;
    for (const LeftOutPoints& p : calibration.left_out)
        text += fmt::format("left out: {} points of {}{}: {}\n", p.points, p.question,
                            p.variant.empty() ? "" : " " + p.variant, p.why);
    return text;
}

} // namespace

std::string table_text(const Calibration& calibration) {
    return fmt::format("{} against {}\n\n", calibration.device, fmt::join(calibration.measurements, ", ")) +
           errors(calibration) + "\n" + parameters(calibration) + "\n" + undetermined(calibration) +
           left_out(calibration);
}

} // namespace migsim
