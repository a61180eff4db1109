// SPDX-License-Identifier: Apache-2.0
// Single lines as one SM sees them: how long each takes to come from L2, and which are near. L2 keeps a copy
// of a far line at the reader's side, so a line is stored anew before each time it is loaded.
#pragma once

#include <vector>

#include "bench/silicon/bench.h"

namespace migsim::silicon {

// `count` different offsets of lines, at random below `bytes`; never the last line of a 2-MiB page.
std::vector<std::uint64_t> random_lines(std::uint64_t bytes, std::uint64_t count, std::uint64_t seed);

class LineProbe {
public:
    LineProbe(const Bench& bench, const Buffer& buffer, const std::vector<std::uint64_t>& offsets);

    // Cycles of one load of each line by this SM, the least of so many rounds.
    std::vector<double> latencies(unsigned sm_id, unsigned rounds);

private:
    const Bench& bench_;
    const Buffer& buffer_;
    std::uint64_t count_;
    Buffer offsets_, cycles_, arrived_;
};

} // namespace migsim::silicon
