// SPDX-License-Identifier: Apache-2.0
#include "scenarios/results/percentile.h"

#include <algorithm>
#include <vector>

namespace migsim {
namespace {

constexpr double missing_per_side = 0.025;

// How often 0, 1, …, n of n samples lie at or below the percentile, up to one common factor: the binomial
// distribution by its recurrence from the most likely count outwards. Only + - * / of IEEE doubles, and
// neither pow nor lgamma, so the bytes are the same on every machine.
std::vector<double> binomial_weights(std::uint64_t n, double p) {
    std::vector<double> weights(n + 1, 0.0);
    const auto mode = std::min(n, static_cast<std::uint64_t>(static_cast<double>(n + 1) * p));
    weights[mode] = 1;
    for (std::uint64_t k = mode; k < n && weights[k] > 0; ++k)
        weights[k + 1] =
            weights[k] * (static_cast<double>(n - k) * p) / (static_cast<double>(k + 1) * (1 - p));
    for (std::uint64_t k = mode; k > 0 && weights[k] > 0; --k)
        weights[k - 1] =
            weights[k] * (static_cast<double>(k) * (1 - p)) / (static_cast<double>(n - k + 1) * p);
    return weights;
}

} // namespace

std::uint64_t nearest_rank(std::uint64_t n, Percentile p) {
    return (n * p.permille + 999) / 1000;
}

std::optional<Ranks> confidence_ranks(std::uint64_t n, Percentile p) {
    const std::vector<double> weights = binomial_weights(n, p.permille / 1000.0);
    double all = 0;
    for (const double weight : weights) all += weight;
    const double allowed = missing_per_side * all;

    // Sample `low` exceeds the percentile when fewer than `low` samples lie at or below it.
    std::uint64_t low = 0;
    for (double missing = weights[0]; missing <= allowed; missing += weights[low]) ++low;
    // Sample `high` falls short of it when `high` or more do.
    std::uint64_t high = n + 1;
    for (double missing = weights[n]; missing <= allowed; missing += weights[high - 1]) --high;
    if (low < 1 || high > n) return std::nullopt;
    return Ranks{low, high};
}

std::uint64_t samples_for_confidence(Percentile p) {
    const double likelier = std::max(p.permille, 1000 - p.permille) / 1000.0;
    std::uint64_t n = 0;
    for (double all_on_one_side = 1; all_on_one_side > missing_per_side; all_on_one_side *= likelier) ++n;
    return n;
}

} // namespace migsim
