// SPDX-License-Identifier: Apache-2.0
// Every rule between the commands of one pseudo channel (JESD235, JESD238): from which cycle on each command
// to each bank is legal. It keeps times only; which row is open is the scheduler's business. Surprising:
// activates of different stack ids keep nRRD and nFAW too, as if the dies shared one supply (assumed).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "models/base/fetch_ahead.h"
#include "models/base/time.h"
#include "models/memory/issued_command.h"
#include "models/memory/memory_params.h"

namespace migsim {

class BankTiming {
public:
    explicit BankTiming(const MemoryParams& params);

    unsigned banks() const { return static_cast<unsigned>(banks_.size()); }

    void fetch_ahead() const { migsim::fetch_ahead(banks_.data(), banks_.size() * sizeof(Bank)); }

    // The first cycle at which no rule forbids the command. RefreshAll ignores `bank`.
    Cycle earliest(DramCommand command, unsigned bank) const;
    // The command is given at `at`, at or after its earliest().
    void issue(DramCommand command, unsigned bank, Cycle at);

    // The same in parts, for a scheduler that asks often: the larger of what binds one bank and what binds
    // all.
    Cycle row_bus() const { return row_bus_; }
    Cycle any_activate() const { return std::max(std::max(activate_, four_[oldest_]), row_bus_); }
    Cycle activate(unsigned bank) const {
        return std::max(banks_[bank].activate, groups_[banks_[bank].group].activate);
    }
    Cycle precharge(unsigned bank) const { return banks_[bank].precharge; }
    Cycle any_column(bool write) const { return column_[write]; }
    Cycle column(bool write, unsigned index) const {
        const Bank& bank = banks_[index];
        const Cycle gap = bank.stack == stack_ ? column_[write] : column_other_stack_[write];
        return std::max(std::max(gap, groups_[bank.group].column[write]), bank.column[write]);
    }

private:
    // From when on commands are legal, as far as this bank, group or the channel forbids them. Columns: read,
    // write.
    struct Bank {
        Cycle activate = 0, precharge = 0;
        std::array<Cycle, 2> column{};
        std::uint8_t group = 0; // of all groups of all stack ids
        std::uint8_t stack = 0;
    };
    struct Group {
        Cycle activate = 0;
        std::array<Cycle, 2> column{};
    };
    static void raise(Cycle& time, Cycle to) { time = std::max(time, to); }
    void issue_column(bool write, Bank& bank, Cycle at);

    std::vector<Bank> banks_;
    std::vector<Group> groups_;
    Cycle row_bus_ = 0;
    Cycle activate_ = 0;                                   // nRRDS, nRREFD
    std::array<Cycle, 4> four_{};                          // nFAW after each of the last four activates
    unsigned oldest_ = 0;                                  // of those
    std::array<Cycle, 2> column_{}, column_other_stack_{}; // nCCDS, nCCDR, turnaround
    std::uint8_t stack_ = 0;                               // of the last column command

    // Each counted from the command that begins it.
    const Cycle slot_, rp_, ras_, rc_, ccd_s_, ccd_l_, ccd_r_, rrd_s_, rrd_l_, faw_;
    const std::array<Cycle, 2> activate_to_column_, column_to_precharge_;
    const Cycle read_to_write_, write_to_read_s_, write_to_read_l_;
    const Cycle refresh_bank_, refresh_all_, refresh_other_;
};

inline Cycle BankTiming::earliest(DramCommand command, unsigned bank) const {
    switch (command) {
    case DramCommand::Activate:
        return std::max(activate(bank), any_activate());
    case DramCommand::Precharge:
        return std::max(precharge(bank), row_bus_);
    case DramCommand::Read:
        return column(false, bank);
    case DramCommand::Write:
        return column(true, bank);
    case DramCommand::RefreshBank: // the bank activates rows by itself: nRRD holds, nFAW is not counted
                                   // (assumed)
        return std::max(std::max(activate(bank), activate_), row_bus_);
    case DramCommand::RefreshAll:
        break;
    }
    Cycle all = std::max(activate_, row_bus_);
    for (const Bank& each : banks_) raise(all, each.activate);
    return all;
}

// What a legal command overwrites lies in the past, or is overtaken: turnarounds are longer than column gaps.
inline void BankTiming::issue_column(bool write, Bank& bank, Cycle at) {
    Group& group = groups_[bank.group];
    raise(bank.precharge, at + column_to_precharge_[write]);
    group.column[write] = at + ccd_l_;
    group.column[!write] = at + (write ? write_to_read_l_ : read_to_write_);
    column_[write] = at + ccd_s_;
    column_other_stack_[write] = at + ccd_r_;
    column_[!write] = column_other_stack_[!write] = at + (write ? write_to_read_s_ : read_to_write_);
    stack_ = bank.stack;
}

inline void BankTiming::issue(DramCommand command, unsigned index, Cycle at) {
    Bank& bank = banks_[index];
    switch (command) {
    case DramCommand::Activate:
        row_bus_ = at + slot_;
        bank.activate = at + rc_;
        bank.precharge = at + ras_;
        bank.column = {at + activate_to_column_[0], at + activate_to_column_[1]};
        groups_[bank.group].activate = at + rrd_l_;
        raise(activate_, at + rrd_s_);
        four_[oldest_] = at + faw_;
        oldest_ = (oldest_ + 1) % 4;
        return;
    case DramCommand::Precharge:
        row_bus_ = at + slot_;
        raise(bank.activate, at + rp_);
        return;
    case DramCommand::Read:
        return issue_column(false, bank, at);
    case DramCommand::Write:
        return issue_column(true, bank, at);
    case DramCommand::RefreshBank:
        row_bus_ = at + slot_;
        bank.activate = at + refresh_bank_;
        raise(activate_, at + refresh_other_);
        return;
    case DramCommand::RefreshAll:
        row_bus_ = at + slot_;
        for (Bank& each : banks_) each.activate = at + refresh_all_;
        return;
    }
}

} // namespace migsim
