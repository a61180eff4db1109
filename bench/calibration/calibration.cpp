// SPDX-License-Identifier: Apache-2.0
#include "bench/calibration/calibration.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "bench/calibration/calibrated_document.h"

namespace migsim {
namespace {

// Of finite differences: bandwidths repeat to some tenths of a percent, which must not hide what a step does.
constexpr double step = 1.0 / 8;
// What rounding to cycles and the phase of refreshes do to a latency, though its passes may agree exactly.
constexpr double least_noise_percent = 0.1;

using PointValues = std::vector<TwinValue>;

// The device with these values; null where they do not fit together.
std::unique_ptr<Device> device_with(const Document& document, const std::vector<FreeParameter>& parameters,
                                    const Values& values) {
    const std::vector<std::uint64_t> whole(values.begin(), values.end());
    try {
        return read_device(with_values(document, parameters, whole, "tried"));
    } catch (const InputError&) {
        return nullptr;
    }
}

double residual(const MeasuredPoint& point, double twin) {
    return error_percent(*point.curve, point.index, twin) / 100;
}

class Fitting {
public:
    Fitting(const Document& document, const std::vector<FreeParameter>& parameters,
            const TwinValues& twin_values, const MeasuredPoints& points)
        : document_(document), parameters_(parameters), twin_values_(twin_values) {
        for (const MeasuredPoint& point : points.all)
            (point.held_back ? held_back_ : fitted_).push_back(point);
        if (!fitted_.empty()) return;
        std::set<std::string> reasons;
        for (const LeftOutPoints& left : points.left_out) reasons.insert(left.why);
        throw InputError(fmt::format("there is nothing to fit: no measured point is left for {}{}{}",
                                     read_device(document)->name,
                                     reasons.empty() ? "" : "; left out: ", fmt::join(reasons, "; ")));
    }

    Calibration run() {
        std::vector<FreeValue> free;
        for (const FreeParameter& p : parameters_)
            free.push_back({static_cast<double>(p.value), static_cast<double>(p.least),
                            static_cast<double>(p.most), true});
        Values start;
        for (const FreeValue& value : free) start.push_back(value.start);
        const auto residuals = [this](const std::vector<Values>& points) { return residuals_at(points); };
        residuals({start});
        const Fit fit = LeastSquares(free, residuals, {noise_of(known_.at(start)), step}).fit();

        Calibration calibration;
        calibration.rounds = fit.rounds;
        for (std::size_t i = 0; i < parameters_.size(); ++i) {
            const FreeParameter& p = parameters_[i];
            calibration.parameters.push_back(
                {p.name(), p.unit, p.value, static_cast<std::uint64_t>(fit.values[i]), p.least, p.most,
                 fit.outcomes[i],
                 fit.outcomes[i] == FitOutcome::Inseparable ? parameters_[fit.like[i]].name() : ""});
        }
        const bool moved = fit.values != start;
        const PointValues before = held_back_values(start);
        add_points(calibration, held_back_, before, moved ? held_back_values(fit.values) : before);
        add_points(calibration, fitted_, known_.at(start), known_.at(fit.values));
        calibration.fitted = part_of(calibration, false);
        calibration.held_back = part_of(calibration, true);
        return calibration;
    }

private:
    static Values noise_of(const PointValues& values) {
        Values noise;
        for (const TwinValue& value : values)
            noise.push_back(std::max(value.change_percent, least_noise_percent) / 100);
        return noise;
    }

    std::vector<Values> residuals_at(const std::vector<Values>& points) {
        std::vector<std::unique_ptr<Device>> devices;
        std::vector<Values> asked;
        for (const Values& point : points) {
            if (known_.contains(point) || std::find(asked.begin(), asked.end(), point) != asked.end())
                continue;
            if (auto device = device_with(document_, parameters_, point)) {
                devices.push_back(std::move(device));
                asked.push_back(point);
            }
        }
        const auto values = devices.empty() ? std::vector<PointValues>{} : twin_values_(devices, fitted_);
        for (std::size_t i = 0; i < asked.size(); ++i) known_[asked[i]] = values[i];

        std::vector<Values> all(points.size());
        for (std::size_t i = 0; i < points.size(); ++i)
            if (const auto found = known_.find(points[i]); found != known_.end())
                for (std::size_t k = 0; k < fitted_.size(); ++k)
                    all[i].push_back(residual(fitted_[k], found->second[k].value));
        return all;
    }

    PointValues held_back_values(const Values& point) const {
        if (held_back_.empty()) return {};
        std::vector<std::unique_ptr<Device>> devices;
        devices.push_back(device_with(document_, parameters_, point));
        return twin_values_(devices, held_back_).front();
    }

    static void add_points(Calibration& calibration, const std::vector<MeasuredPoint>& points,
                           const PointValues& before, const PointValues& after) {
        for (std::size_t i = 0; i < points.size(); ++i) {
            const MeasuredPoint& p = points[i];
            calibration.points.push_back({p.curve->question, p.curve->variant, name_of(p.question),
                                          p.held_back, p.curve->measured[p.index],
                                          100 * residual(p, before[i].value),
                                          100 * residual(p, after[i].value)});
        }
    }

    static CalibratedPart part_of(const Calibration& calibration, bool held_back) {
        std::vector<NamedError> before, after;
        for (const CalibratedPoint& p : calibration.points) {
            if (p.held_back != held_back) continue;
            const std::string at = p.question + (p.variant.empty() ? "" : " " + p.variant) + " " + p.at;
            before.push_back({p.before_percent, at});
            after.push_back({p.after_percent, at});
        }
        return {summary_of(std::move(before)), summary_of(std::move(after))};
    }

    const Document& document_;
    const std::vector<FreeParameter>& parameters_;
    const TwinValues& twin_values_;
    std::vector<MeasuredPoint> fitted_, held_back_;
    std::map<Values, PointValues> known_; // what the fitted points came to
};

} // namespace

bool Calibration::determined_anything() const {
    return std::any_of(parameters.begin(), parameters.end(),
                       [](const CalibratedParameter& p) { return p.was_fitted(); });
}

Calibration calibrate(const Document& document, const std::vector<FreeParameter>& parameters,
                      const MeasuredPoints& points, const TwinValues& twin_values) {
    Calibration calibration = Fitting(document, parameters, twin_values, points).run();
    calibration.left_out = points.left_out;
    return calibration;
}

} // namespace migsim
