// SPDX-License-Identifier: Apache-2.0
// Percentiles as order statistics: the value reported is always one that was measured, and so are both ends
// of its confidence interval, which assumes nothing about the distribution. Samples are counted from 1, the
// smallest first.
#pragma once

#include <cstdint>
#include <optional>

namespace migsim {

struct Percentile {
    std::uint32_t permille; // 1 to 999
};
inline constexpr Percentile p50{500}, p95{950}, p99{990};

// Nearest rank: the smallest sample that at least this share of all samples does not exceed. n > 0.
std::uint64_t nearest_rank(std::uint64_t n, Percentile p);

struct Ranks {
    std::uint64_t low, high;
    bool operator==(const Ranks&) const = default;
};

// Between these samples the percentile of the process lies with 95% confidence, at most 2.5% missing on
// either side (David and Nagaraja, "Order Statistics", 3rd edition, section 7.1). Nothing where n samples
// cannot say that much. The confidence holds for independent samples; requests that queue behind each other
// are not quite that.
std::optional<Ranks> confidence_ranks(std::uint64_t n, Percentile p);

std::uint64_t samples_for_confidence(Percentile p); // the fewest that have such an interval

} // namespace migsim
