// SPDX-License-Identifier: Apache-2.0
#include "models/memory/memory_params.h"

#include <algorithm>

namespace migsim {

void check(const MemoryParams& params, InputErrors& errors) {
    const auto demand = [&](bool fits, const char* key, const char* sentence) {
        if (!fits) errors.add(params.place(key), key, sentence);
    };
    demand(params.bank_groups % 2 == 0, "bank_groups",
           "is odd, but a line lies in two banks of different groups; legal: 2, 4, 6, 8");
    demand(params.stack_ids * params.bank_groups * params.banks_per_group <= 64, "banks_per_group",
           "makes more than 64 banks with stack_ids and bank_groups");
    demand(params.row_bytes % 64 == 0, "row_bytes",
           "is not a multiple of 64, the half of a line that a bank holds");
    demand(params.nCCDS >= params.nBL, "nCCDS", "is below nBL: bursts would overlap on the data bus");
    demand(params.nCCDL >= params.nCCDS, "nCCDL", "is below nCCDS");
    demand(params.nCCDR >= params.nCCDS, "nCCDR", "is below nCCDS");
    demand(params.nRRDL >= params.nRRDS, "nRRDL", "is below nRRDS");
    demand(params.nWTRL >= params.nWTRS, "nWTRL", "is below nWTRS");
    demand(params.nRTW + params.nCWL >= params.nCL + params.nBL, "nRTW",
           "is below nCL + nBL - nCWL: write data would meet read data on the bus");
    const std::uint32_t column_gap = std::max(params.nCCDL.value(), params.nCCDR.value());
    demand(params.nRTW >= column_gap, "nRTW", "is below nCCDL or nCCDR");
    demand(params.nCWL + params.nBL + params.nWTRS >= column_gap, "nWTRS",
           "with nCWL and nBL is below nCCDL or nCCDR");
    demand(params.nRREFD * params.stack_ids * params.bank_groups * params.banks_per_group < params.nREFI,
           "nREFI", "is too short: refreshes nRREFD apart do not reach all banks in it");
    demand(params.nRFCpb + params.nRAS + params.nRP < params.nREFI, "nRFCpb",
           "leaves a bank no time to work between its refreshes");
    demand(params.nRFCab + params.nRAS + params.nRP < params.nREFI, "nRFCab",
           "leaves the channel no time to work between its refreshes");
    demand(params.write_low < params.write_high, "write_low", "is not below write_high");
    demand(params.write_high <= params.write_queue, "write_high",
           "is above write_queue: no drain would begin");
}

} // namespace migsim
