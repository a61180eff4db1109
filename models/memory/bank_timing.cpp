// SPDX-License-Identifier: Apache-2.0
#include "models/memory/bank_timing.h"

namespace migsim {

BankTiming::BankTiming(const MemoryParams& p)
    : banks_(p.stack_ids * p.bank_groups * p.banks_per_group),
      groups_(p.stack_ids * p.bank_groups),
      slot_(p.row_slot),
      rp_(p.nRP),
      ras_(p.nRAS),
      rc_(p.nRC),
      ccd_s_(p.nCCDS),
      ccd_l_(p.nCCDL),
      ccd_r_(p.nCCDR),
      rrd_s_(p.nRRDS),
      rrd_l_(p.nRRDL),
      faw_(p.nFAW),
      activate_to_column_{p.nRCDRD, p.nRCDWR},
      column_to_precharge_{p.nRTP, p.nCWL + p.nBL + p.nWR},
      read_to_write_(p.nRTW),
      write_to_read_s_(p.nCWL + p.nBL + p.nWTRS),
      write_to_read_l_(p.nCWL + p.nBL + p.nWTRL),
      refresh_bank_(p.nRFCpb),
      refresh_all_(p.nRFCab),
      refresh_other_(p.nRREFD) {
    // Banks 2 i and 2 i + 1 are a pair that holds a line: same place in two neighbouring groups of one stack
    // id. Neighbouring pairs lie in other groups as far as there are any.
    const unsigned pairs_across = p.bank_groups / 2;
    for (unsigned bank = 0; bank < banks(); ++bank) {
        const unsigned pair = bank / 2;
        const unsigned stack = pair / (pairs_across * p.banks_per_group);
        const unsigned group = pair % pairs_across * 2 + bank % 2;
        banks_[bank].stack = static_cast<std::uint8_t>(stack);
        banks_[bank].group = static_cast<std::uint8_t>(stack * p.bank_groups + group);
    }
}

} // namespace migsim
