// SPDX-License-Identifier: Apache-2.0
// The numbers of one HBM pseudo channel. Times are cycles of the memory command clock under their JEDEC
// letters (nRP is tRP in cycles). Surprising: for HBM3 that clock is the one drivers report (2619 MHz, two
// bits per pin and cycle), twice JEDEC's CK, so a burst of 8 takes 4 cycles there and 2 in HBM2, where a
// burst is 4.
#pragma once

#include "models/base/config/input_errors.h"
#include "models/base/parameter.h"

namespace migsim {

enum class RefreshMode : std::uint8_t {
    PerBank, // one bank at a time, the others work on
    AllBank, // the whole pseudo channel at once
};
template <>
struct EnumNames<RefreshMode> {
    static constexpr std::array table{EnumName{RefreshMode::PerBank, "per_bank"},
                                      EnumName{RefreshMode::AllBank, "all_bank"}};
};

struct MemoryParams : Params {
    using Params::Params;
    Param<std::uint32_t> clock{this, "clock", "MHz", "command clock; data moves twice a cycle", {1, 65535}};

    Param<std::uint32_t> stack_ids{this, "stack_ids", "dies", "sets of banks on one pseudo channel", {1, 4}};
    Param<std::uint32_t> bank_groups{
        this, "bank_groups", "groups", "bank groups of a stack id; even", {2, 8}};
    Param<std::uint32_t> banks_per_group{this, "banks_per_group", "banks", "banks of a group", {1, 8}};
    Param<std::uint32_t> row_bytes{this, "row_bytes", "B", "of a row; a multiple of 64", {64, 65536}};

    Param<std::uint32_t> nBL{this, "nBL", "cycles", "32 bytes on the data bus", {1, 64}};
    Param<std::uint32_t> nCL{this, "nCL", "cycles", "read to data", {1, 255}};
    Param<std::uint32_t> nCWL{this, "nCWL", "cycles", "write to data", {1, 255}};
    Param<std::uint32_t> nRCDRD{this, "nRCDRD", "cycles", "activate to read", {1, 255}};
    Param<std::uint32_t> nRCDWR{this, "nRCDWR", "cycles", "activate to write", {1, 255}};
    Param<std::uint32_t> nRP{this, "nRP", "cycles", "precharge to activate", {1, 255}};
    Param<std::uint32_t> nRAS{this, "nRAS", "cycles", "activate to precharge", {1, 1023}};
    Param<std::uint32_t> nRC{this, "nRC", "cycles", "activate to activate, same bank", {1, 1023}};
    Param<std::uint32_t> nCCDS{this, "nCCDS", "cycles", "column to column, other group", {1, 64}};
    Param<std::uint32_t> nCCDL{this, "nCCDL", "cycles", "column to column, same group", {1, 64}};
    Param<std::uint32_t> nCCDR{this, "nCCDR", "cycles", "column to column, other stack id", {1, 64}};
    Param<std::uint32_t> nRRDS{this, "nRRDS", "cycles", "activate to activate, other group", {1, 255}};
    Param<std::uint32_t> nRRDL{this, "nRRDL", "cycles", "activate to activate, same group", {1, 255}};
    Param<std::uint32_t> nFAW{this, "nFAW", "cycles", "from an activate to the fourth after it", {1, 1023}};
    Param<std::uint32_t> nWTRS{this, "nWTRS", "cycles", "end of write data to read, other group", {1, 255}};
    Param<std::uint32_t> nWTRL{this, "nWTRL", "cycles", "end of write data to read, same group", {1, 255}};
    Param<std::uint32_t> nRTW{this, "nRTW", "cycles", "read to write", {1, 255}};
    Param<std::uint32_t> nRTP{this, "nRTP", "cycles", "read to precharge", {1, 255}};
    Param<std::uint32_t> nWR{this, "nWR", "cycles", "end of write data to precharge", {1, 255}};
    Param<std::uint32_t> row_slot{this, "row_slot", "cycles", "row command bus held by a command", {1, 16}};

    Param<RefreshMode> refresh{this, "refresh", "mode", "how banks are refreshed"};
    Param<std::uint32_t> nREFI{
        this, "nREFI", "cycles", "time in which each bank is refreshed once", {64, 1000000}};
    Param<std::uint32_t> nRFCpb{this, "nRFCpb", "cycles", "a bank's refresh of its own", {1, 65535}};
    Param<std::uint32_t> nRFCab{this, "nRFCab", "cycles", "a refresh of all banks together", {1, 65535}};
    Param<std::uint32_t> nRREFD{
        this, "nRREFD", "cycles", "one bank's refresh to activate or refresh of another", {1, 1023}};

    Param<std::uint32_t> read_queue{this, "read_queue", "requests", "reads the scheduler sees", {1, 64}};
    Param<std::uint32_t> write_queue{this, "write_queue", "requests", "posted writes it sees", {1, 64}};
    Param<std::uint32_t> write_high{
        this, "write_high", "requests", "queued writes at which a drain begins though reads wait", {1, 64}};
    Param<std::uint32_t> write_low{
        this, "write_low", "requests", "queued writes at which a drain ends if reads wait", {0, 63}};
    Param<std::uint32_t> age_cap{this,
                                 "age_cap",
                                 "cycles",
                                 "for which row hits may pass the oldest request or a due refresh",
                                 {1, 65535}};
    Param<std::uint32_t> write_age_cap{
        this, "write_age_cap", "cycles", "after which a write begins a drain below write_high", {1, 1000000}};
    Param<std::uint32_t> front_end{this, "front_end", "cycles", "arrival to scheduler", {0, 1023}};
    Param<std::uint32_t> back_end{this, "back_end", "cycles", "end of read data to departure", {0, 1023}};
};

// Complains about values that are legal one by one and impossible together.
void check(const MemoryParams& params, InputErrors& errors);

} // namespace migsim
