// SPDX-License-Identifier: Apache-2.0
// Parameter sets of the HBM pseudo channels of real GPUs. No vendor publishes timings of these parts; what is
// known: [RAM2] Ramulator 2 presets HBM2_2400 (tCK 833 ps), HBM2_2000 (tCK 1 ns: nRRD, tFAW 15 ns, tRFC,
// tRREFD, tREFI) and HBM3_6400, whose cycles are JEDEC's CK of 625 ps, a quarter of the data rate: 32 bytes
// take 2 of them. All times are held in ns and rounded up to cycles of the part's own command clock. Burst
// and column spacing are defined in clocks and kept. HBM3 times are rounded up to whole CK, two cycles each
// of the clock used here. Banks: 8-high stacks have two stack ids (JESD235, JESD238); assumed for all parts.
// Queues and marks: assumed.
#pragma once

#include <string>
#include <utility>

#include "models/memory/memory_params.h"

namespace migsim::memory_sets {

using Values = std::initializer_list<std::pair<const char*, unsigned>>;

inline void give(MemoryParams& params, Values values) {
    for (const auto& [key, value] : values) params.set(key, std::to_string(value));
}

inline MemoryParams common() {
    MemoryParams params;
    params.set("refresh",
               "per_bank"); // streaming near 96 % of peak leaves no room for all-bank refresh: assumed
    give(params, {{"stack_ids", 2},
                  {"bank_groups", 4},      // [RAM2] org
                  {"banks_per_group", 4},  // [RAM2] org
                  {"row_bytes", 1024},     // [RAM2] org: page of a pseudo channel
                  {"read_queue", 64},      // assumed
                  {"write_queue", 64},     // assumed
                  {"write_high", 40},      // assumed
                  {"write_low", 16},       // assumed: 24 lines a batch
                  {"age_cap", 1000},       // assumed
                  {"write_age_cap", 8000}, // assumed
                  {"front_end", 8},        // assumed
                  {"back_end", 8}});       // assumed
    return params;
}

// A100-40: 1215 MHz, 80 channels of 64 bits: 1555 GB/s. [RAM2] HBM2_2400.
inline MemoryParams hbm2_1215() {
    MemoryParams params = common();
    give(params, {{"clock", 1215}, {"nBL", 2},   {"nCCDS", 2},
                  {"nCCDL", 4},    {"nCCDR", 3}, // assumed: one clock between dies
                  {"nCL", 18},                   // 14.2 ns
                  {"nCWL", 7},                   // 5 ns
                  {"nRCDRD", 18},                // 14.2 ns
                  {"nRCDWR", 15},                // 11.7 ns
                  {"nRP", 18},                   // 14.2 ns
                  {"nRAS", 41},                  // 33.3 ns
                  {"nRC", 58},                   // 47.5 ns
                  {"nRRDS", 5},                  // 4 ns
                  {"nRRDL", 5},                  // 4 ns
                  {"nFAW", 19},                  // 15 ns
                  {"nWTRS", 9},                  // 6.7 ns
                  {"nWTRL", 11},                 // 8.3 ns
                  {"nRTW", 15},                  // nCL + nBL + 2 - nCWL
                  {"nRTP", 7},                   // 5 ns
                  {"nWR", 20},                   // 15.8 ns
                  {"row_slot", 1},               // assumed
                  {"nREFI", 4738},               // 3900 ns
                  {"nRFCpb", 195},               // 160 ns
                  {"nRFCab", 426},               // 350 ns
                  {"nRREFD", 10}});              // 8 ns
    return params;
}

// A100-80 and H100 PCIe: HBM2e, 1593 MHz, 80 channels of 64 bits: 2039 GB/s. Times of HBM2 in ns: assumed.
inline MemoryParams hbm2e_1593() {
    MemoryParams params = common();
    give(params, {{"clock", 1593}, {"nBL", 2},   {"nCCDS", 2},
                  {"nCCDL", 4},    {"nCCDR", 3}, // assumed: one clock between dies
                  {"nCL", 23},                   // 14.2 ns
                  {"nCWL", 8},                   // 5 ns
                  {"nRCDRD", 23},                // 14.2 ns
                  {"nRCDWR", 19},                // 11.7 ns
                  {"nRP", 23},                   // 14.2 ns
                  {"nRAS", 54},                  // 33.3 ns
                  {"nRC", 76},                   // 47.5 ns
                  {"nRRDS", 7},                  // 4 ns
                  {"nRRDL", 7},                  // 4 ns
                  {"nFAW", 24},                  // 15 ns
                  {"nWTRS", 11},                 // 6.7 ns
                  {"nWTRL", 14},                 // 8.3 ns
                  {"nRTW", 19},                  // nCL + nBL + 2 - nCWL
                  {"nRTP", 8},                   // 5 ns
                  {"nWR", 26},                   // 15.8 ns
                  {"row_slot", 1},               // assumed
                  {"nREFI", 6212},               // 3900 ns
                  {"nRFCpb", 319},               // 200 ns: the larger of two densities
                  {"nRFCab", 558},               // 350 ns
                  {"nRREFD", 13}});              // 8 ns
    return params;
}

// H100 SXM: HBM3, 2619 MHz, 160 channels of 32 bits: 3352 GB/s. [RAM2] HBM3_6400.
inline MemoryParams hbm3_2619() {
    MemoryParams params = common();
    give(params, {{"clock", 2619},   {"nBL", 4},       {"nCCDS", 4},      {"nCCDL", 8},
                  {"nCCDR", 6},      {"nCL", 34}, // 12.5 ns
                  {"nCWL", 18},                   // 6.25 ns
                  {"nRCDRD", 52},                 // 19.4 ns
                  {"nRCDWR", 26},                 // 9.4 ns
                  {"nRP", 44},                    // 16.25 ns
                  {"nRAS", 74},                   // 28.1 ns
                  {"nRC", 118},                   // 45 ns
                  {"nRRDS", 8},                   // 2.5 ns
                  {"nRRDL", 10},                  // 3.1 ns
                  {"nFAW", 40},                   // 15 ns
                  {"nWTRS", 12},                  // 4.4 ns
                  {"nWTRL", 18},                  // 6.25 ns
                  {"nRTW", 34},                   // 12.5 ns
                  {"nRTP", 16},                   // 5.6 ns
                  {"nWR", 56},                    // 20.6 ns
                  {"row_slot", 2},                // one CK: assumed
                  {"nREFI", 10214},               // 3900 ns
                  {"nRFCpb", 524},                // 200 ns
                  {"nRFCab", 918},                // 350 ns
                  {"nRREFD", 14},                 // 5 ns
                  {"front_end", 16}, {"back_end", 16}, {"age_cap", 2000}, {"write_age_cap", 16000}});
    return params;
}

// H200: HBM3e, 3130 MHz, 192 channels of 32 bits: 4807 GB/s. Times of HBM3 in ns: assumed.
inline MemoryParams hbm3e_3130() {
    MemoryParams params = common();
    give(params, {{"clock", 3130},   {"nBL", 4},       {"nCCDS", 4},      {"nCCDL", 8},
                  {"nCCDR", 6},      {"nCL", 40}, // 12.5 ns
                  {"nCWL", 20},                   // 6.25 ns
                  {"nRCDRD", 62},                 // 19.4 ns
                  {"nRCDWR", 30},                 // 9.4 ns
                  {"nRP", 52},                    // 16.25 ns
                  {"nRAS", 90},                   // 28.1 ns
                  {"nRC", 142},                   // 45 ns
                  {"nRRDS", 8},                   // 2.5 ns
                  {"nRRDL", 10},                  // 3.1 ns
                  {"nFAW", 48},                   // 15 ns
                  {"nWTRS", 14},                  // 4.4 ns
                  {"nWTRL", 20},                  // 6.25 ns
                  {"nRTW", 40},                   // 12.5 ns
                  {"nRTP", 18},                   // 5.6 ns
                  {"nWR", 66},                    // 20.6 ns
                  {"row_slot", 2},                // one CK: assumed
                  {"nREFI", 12207},               // 3900 ns
                  {"nRFCpb", 626},                // 200 ns
                  {"nRFCab", 1096},               // 350 ns
                  {"nRREFD", 16},                 // 5 ns
                  {"front_end", 19}, {"back_end", 19}, {"age_cap", 2400}, {"write_age_cap", 19000}});
    return params;
}

} // namespace migsim::memory_sets
