// SPDX-License-Identifier: Apache-2.0
#include "bench/silicon/samples.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>
#include <string>

namespace migsim::silicon {

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t n = values.size();
    return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

double spread_percent(const std::vector<double>& values) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    const double size = std::max(std::fabs(*least), std::fabs(*most));
    return size == 0 ? 0 : 100 * (*most - *least) / size;
}

double to_six_digits(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", value);
    return std::stod(text);
}

double percentile(std::vector<double> values, double percent) {
    std::sort(values.begin(), values.end());
    const auto rank = static_cast<std::size_t>(std::ceil(percent / 100 * static_cast<double>(values.size())));
    return values[std::max<std::size_t>(rank, 1) - 1];
}

double correlation(const std::vector<double>& x, const std::vector<double>& y) {
    const auto n = static_cast<double>(x.size());
    const double mean_x = std::accumulate(x.begin(), x.end(), 0.0) / n;
    const double mean_y = std::accumulate(y.begin(), y.end(), 0.0) / n;
    double xy = 0, xx = 0, yy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        xy += (x[i] - mean_x) * (y[i] - mean_y);
        xx += (x[i] - mean_x) * (x[i] - mean_x);
        yy += (y[i] - mean_y) * (y[i] - mean_y);
    }
    return xy / std::sqrt(xx * yy);
}

double split(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t n = values.size();
    const double total = std::accumulate(values.begin(), values.end(), 0.0);
    double lower_sum = 0, best = -1;
    double threshold = 0;
    for (std::size_t i = 0; i + 1 < n; ++i) {
        lower_sum += values[i];
        const double lower = lower_sum / static_cast<double>(i + 1);
        const double upper = (total - lower_sum) / static_cast<double>(n - i - 1);
        const double between =
            static_cast<double>(i + 1) * static_cast<double>(n - i - 1) * (upper - lower) * (upper - lower);
        if (between <= best) continue;
        best = between;
        const bool two = 5 * (i + 1) >= n && 5 * (n - i - 1) >= n && upper > 1.15 * lower;
        threshold = two ? (values[i] + values[i + 1]) / 2 : 0;
    }
    return threshold;
}

} // namespace migsim::silicon
