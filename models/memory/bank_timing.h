// SPDX-License-Identifier: Apache-2.0
// Every rule between the commands of one pseudo channel (JESD235, JESD238): from which cycle on each command
// to each bank is legal. It keeps times only; which row is open is the scheduler's business. Surprising:
// activates of different stack ids keep nRRD and nFAW too, as if the dies shared one supply (assumed).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "models/base/time.h"
#include "models/memory/memory_params.h"

namespace migsim {

enum class DramCommand : std::uint8_t { Activate, Precharge, Read, Write, RefreshBank, RefreshAll };

class BankTiming {
public:
    explicit BankTiming(const MemoryParams& params);

    unsigned banks() const { return static_cast<unsigned>(banks_.size()); }

    // The first cycle at which no rule forbids the command. RefreshAll ignores `bank`.
    Cycle earliest(DramCommand command, unsigned bank) const;
    // A bound that holds for every bank, to spare asking each.
    Cycle earliest_activate() const { return std::max({activate_, four_[oldest_], row_bus_}); }
    Cycle earliest_column(bool write) const { return std::max(column_, write ? write_ : read_); }
    Cycle row_bus() const { return row_bus_; }

    // The command is given at `at`, at or after its earliest().
    void issue(DramCommand command, unsigned bank, Cycle at);

private:
    // From when on a command is legal, as far as this bank, group or the channel forbids it.
    struct Bank {
        Cycle activate = 0, precharge = 0, read = 0, write = 0;
        std::uint8_t group = 0; // of all groups of all stack ids
        std::uint8_t stack = 0;
    };
    struct Group {
        Cycle activate = 0, column = 0, read = 0;
    };
    static void raise(Cycle& time, Cycle to) { time = std::max(time, to); }
    Cycle column(const Bank& bank) const {
        const Cycle gap = bank.stack == stack_ ? column_ : column_other_stack_;
        return std::max(gap, groups_[bank.group].column);
    }
    void row_command(Cycle at) { row_bus_ = at + slot_; }
    void column_command(Bank& bank, Cycle at);

    std::vector<Bank> banks_;
    std::vector<Group> groups_;
    Cycle row_bus_ = 0;
    Cycle activate_ = 0;           // nRRDS, nRREFD
    std::array<Cycle, 4> four_{};  // nFAW after each of the last four activates
    unsigned oldest_ = 0;          // of those
    Cycle column_ = 0;             // nCCDS after the last column command
    Cycle column_other_stack_ = 0; // nCCDR after it
    std::uint8_t stack_ = 0;       // its stack id
    Cycle read_ = 0, write_ = 0;   // bus turnaround

    // Sums of parameters, each after the command that begins them.
    const Cycle slot_, rcd_read_, rcd_write_, rp_, ras_, rc_, ccd_s_, ccd_l_, ccd_r_, rrd_s_, rrd_l_, faw_;
    const Cycle read_to_write_, read_to_precharge_, write_to_precharge_, write_to_read_s_, write_to_read_l_;
    const Cycle refresh_bank_, refresh_all_, refresh_other_;
};

inline Cycle BankTiming::earliest(DramCommand command, unsigned index) const {
    const Bank& bank = banks_[index];
    switch (command) {
    case DramCommand::Activate:
        return std::max({bank.activate, groups_[bank.group].activate, earliest_activate()});
    case DramCommand::Precharge:
        return std::max(bank.precharge, row_bus_);
    case DramCommand::Read:
        return std::max({bank.read, column(bank), groups_[bank.group].read, read_});
    case DramCommand::Write:
        return std::max({bank.write, column(bank), write_});
    case DramCommand::RefreshBank: // the bank activates rows by itself: nRRD holds, nFAW is not counted
                                   // (assumed)
        return std::max({bank.activate, groups_[bank.group].activate, activate_, row_bus_});
    case DramCommand::RefreshAll:
        break;
    }
    Cycle all = std::max(activate_, row_bus_);
    for (const Bank& each : banks_) raise(all, each.activate);
    return all;
}

inline void BankTiming::column_command(Bank& bank, Cycle at) {
    groups_[bank.group].column = at + ccd_l_;
    column_ = at + ccd_s_;
    column_other_stack_ = at + ccd_r_;
    stack_ = bank.stack;
}

inline void BankTiming::issue(DramCommand command, unsigned index, Cycle at) {
    Bank& bank = banks_[index];
    switch (command) {
    case DramCommand::Activate:
        row_command(at);
        bank.activate = at + rc_;
        bank.precharge = at + ras_;
        bank.read = at + rcd_read_;
        bank.write = at + rcd_write_;
        groups_[bank.group].activate = at + rrd_l_;
        raise(activate_, at + rrd_s_);
        four_[oldest_] = at + faw_;
        oldest_ = (oldest_ + 1) % 4;
        return;
    case DramCommand::Precharge:
        row_command(at);
        raise(bank.activate, at + rp_);
        return;
    case DramCommand::Read:
        column_command(bank, at);
        raise(bank.precharge, at + read_to_precharge_);
        write_ = at + read_to_write_;
        return;
    case DramCommand::Write:
        column_command(bank, at);
        raise(bank.precharge, at + write_to_precharge_);
        groups_[bank.group].read = at + write_to_read_l_;
        read_ = at + write_to_read_s_;
        return;
    case DramCommand::RefreshBank:
        row_command(at);
        bank.activate = at + refresh_bank_;
        raise(activate_, at + refresh_other_);
        return;
    case DramCommand::RefreshAll:
        row_command(at);
        for (Bank& each : banks_) each.activate = at + refresh_all_;
        return;
    }
}

} // namespace migsim
