// SPDX-License-Identifier: Apache-2.0
#include "models/memory/line_bursts.h"

#include <algorithm>

namespace migsim {
namespace {

LineBursts bursts_of(SectorMask sectors, const MemoryParams& p) {
    LineBursts line;
    line.banks = static_cast<std::uint8_t>(banks_of(sectors));
    std::array<bool, 2> begun{};
    for (unsigned sector = 0; sector < 4; ++sector) {
        if (!(sectors >> sector & 1)) continue;
        const unsigned half = sector % 2;
        unsigned at = line.count ? line.end + p.nCCDS : 0;
        if (begun[half]) at = std::max(at, line.last[half] + p.nCCDL);
        const auto cycle = static_cast<std::uint8_t>(at);
        if (!begun[half]) line.first[half] = cycle;
        begun[half] = true;
        line.sector[sector] = line.last[half] = line.end = cycle;
        ++line.count;
    }
    // The second activate keeps nRRDS (the banks lie in different groups); the bursts wait until they can run
    // through.
    unsigned start = p.nRCDRD;
    if (line.banks == 3) {
        const unsigned second = std::max<unsigned>(p.nRRDS, p.row_slot) + p.nRCDRD;
        start = std::max(start, second > line.first[1] ? second - line.first[1] : 0);
    }
    line.unloaded = static_cast<std::uint16_t>(p.front_end + start + line.end + p.nCL + p.nBL + p.back_end);
    line.busy = line.count * p.nBL * 1'000'000u / p.clock;
    return line;
}

} // namespace

LineBurstTable line_bursts(const MemoryParams& params) {
    LineBurstTable table{};
    for (unsigned sectors = 1; sectors < table.size(); ++sectors)
        table[sectors] = bursts_of(static_cast<SectorMask>(sectors), params);
    return table;
}

} // namespace migsim
