// SPDX-License-Identifier: Apache-2.0
#include "bench/calibration/measured_points.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "bench/validation/comparison.h"

namespace migsim {
namespace {

// All that ask one question the same way, by position: two files may have measured the same.
using Position = std::vector<MeasuredPoint>;
using Series = std::map<double, Position>;

void hold_back(Series& series, double part) {
    const auto held_of = [&](std::size_t n) { return std::floor(static_cast<double>(n) * part + 1e-9); };
    std::size_t i = 0;
    for (auto& [at, points] : series) {
        const bool held = held_of(i + 1) > held_of(i);
        for (MeasuredPoint& point : points) point.held_back = held;
        ++i;
    }
}

bool holds(const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
}

bool has_bounds(const CurveFile& file) {
    return std::any_of(file.curves.begin(), file.curves.end(),
                       [](const Curve& curve) { return curve.bound_percent.has_value(); });
}

// Expected of asking this once.
double work_of(const MeasuredPoint& point, const Device& device) {
    return static_cast<double>(point.twin->runs().size()) * point.twin->million_lines(device, point.question);
}

} // namespace

MeasuredPoints measured_points(const std::vector<CurveFile>& files, const Device& device, double held_back,
                               double most_million_lines) {
    MeasuredPoints result;
    const auto leave_out = [&](const Curve& curve, const std::string& why, std::size_t points) {
        if (points > 0)
            result.left_out.push_back(
                {curve.question, curve.variant, why, static_cast<std::uint32_t>(points)});
    };
    std::map<std::tuple<std::string, std::string, std::uint32_t>, Series> all_series;
    for (const CurveFile& file : files)
        for (const Curve& curve : file.curves) {
            const Twin* twin = find_twin(curve.question);
            const bool is_only_reported = has_bounds(file) && !curve.bound_percent;
            if (!twin || curve.limit != Agreement::Within || holds(twin->facts.what_if, curve.variant) ||
                is_only_reported) {
                leave_out(curve,
                          !twin                              ? "no twin answers this question"
                          : curve.limit != Agreement::Within ? "a limit is no measurement"
                          : is_only_reported                 ? "only reported: its file bounds others"
                                                             : "asks what another device would do",
                          curve.points());
                continue;
            }
            std::size_t excluded = 0;
            for (std::size_t i = 0; i < curve.points(); ++i) {
                const MeasuredPoint point{&file, &curve, i, twin, question_of(curve, i)};
                if (is_excluded(curve, point.question)) {
                    ++excluded;
                } else if (curve.at.empty()) {
                    result.all.push_back(point);
                } else {
                    all_series[{curve.question, curve.variant, curve.clock_mhz.value_or(device.chip.clock)}]
                              [curve.at[i]]
                                  .push_back(point);
                }
            }
            leave_out(curve, "excluded by its file", excluded);
        }

    double work = 0;
    for (const MeasuredPoint& point : result.all) work += work_of(point, device);
    std::vector<const Position*> fitted;
    for (auto& [name, series] : all_series) {
        hold_back(series, held_back);
        for (const auto& [at, points] : series)
            if (points.front().held_back)
                result.all.insert(result.all.end(), points.begin(), points.end());
            else
                fitted.push_back(&points);
    }
    // Of the same work, low positions first: few threads tell more of latencies than many that wait in a
    // queue.
    const auto cost = [&](const Position* p) {
        return std::pair(work_of(p->front(), device), p->front().question.at);
    };
    std::stable_sort(fitted.begin(), fitted.end(),
                     [&](const Position* a, const Position* b) { return cost(a) < cost(b); });
    std::map<const Curve*, std::size_t> too_dear;
    for (const Position* points : fitted) {
        work += work_of(points->front(), device);
        if (work <= most_million_lines)
            result.all.insert(result.all.end(), points->begin(), points->end());
        else
            for (const MeasuredPoint& point : *points) ++too_dear[point.curve];
    }
    for (const CurveFile& file : files)
        for (const Curve& curve : file.curves)
            leave_out(curve, "would take too long to fit (--budget)", too_dear[&curve]);
    return result;
}

} // namespace migsim
