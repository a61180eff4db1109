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

// Every second position that is fitted goes; the last stays. Returns how many points that are.
std::size_t thin(Series& series) {
    double last = 0;
    for (const auto& [at, points] : series)
        if (!points.front().held_back) last = at;
    std::size_t gone = 0;
    bool keep = false;
    std::erase_if(series, [&](const Series::value_type& entry) {
        const auto& [at, points] = entry;
        if (points.front().held_back) return false;
        keep = !keep;
        if (keep || at == last) return false;
        gone += points.size();
        return true;
    });
    return gone;
}

bool holds(const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
}

// Expected of asking this once.
double work_of(const MeasuredPoint& point, const Device& device) {
    return static_cast<double>(point.twin->runs().size()) * point.twin->million_lines(device, point.question);
}

double work_of(const Series& series, const Device& device) {
    double work = 0;
    for (const auto& [at, points] : series)
        if (!points.front().held_back) work += work_of(points.front(), device);
    return work;
}

std::size_t fitted_positions(const Series& series) {
    return static_cast<std::size_t>(std::count_if(
        series.begin(), series.end(), [](const auto& entry) { return !entry.second.front().held_back; }));
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
    std::map<const Series*, std::size_t> thinned_out;
    for (const CurveFile& file : files)
        for (const Curve& curve : file.curves) {
            const Twin* twin = find_twin(curve.question);
            if (!twin || curve.limit != Agreement::Within || holds(twin->facts.what_if, curve.variant)) {
                leave_out(curve,
                          !twin                              ? "no twin answers this question"
                          : curve.limit != Agreement::Within ? "a limit is no measurement"
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
    for (auto& [name, series] : all_series) {
        hold_back(series, held_back);
        work += work_of(series, device);
    }
    while (work > most_million_lines) {
        Series* longest = nullptr;
        for (auto& [name, series] : all_series)
            if (fitted_positions(series) > 2 &&
                (!longest || work_of(series, device) > work_of(*longest, device)))
                longest = &series;
        if (!longest) break;
        work -= work_of(*longest, device);
        thinned_out[longest] += thin(*longest);
        work += work_of(*longest, device);
    }
    for (const auto& [name, series] : all_series) {
        leave_out(*series.begin()->second.front().curve, "would take too long to fit (--budget)",
                  thinned_out[&series]);
        for (const auto& [at, points] : series)
            result.all.insert(result.all.end(), points.begin(), points.end());
    }
    return result;
}

} // namespace migsim
