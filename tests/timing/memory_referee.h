// SPDX-License-Identifier: Apache-2.0
// Reads a list of DRAM commands and says which rule of the parameter table is broken first. It knows the
// rules as gaps between two commands and compares each command with all before it: slow, and nothing like the
// scheduler.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/memory/channel.h"

namespace migsim {

class MemoryReferee {
public:
    explicit MemoryReferee(const MemoryParams& params) : p(params) {}

    // Empty: all is legal.
    std::string judge(std::vector<IssuedCommand> commands) const {
        std::stable_sort(commands.begin(), commands.end(),
                         [](const IssuedCommand& a, const IssuedCommand& b) { return a.at < b.at; });
        std::map<unsigned, std::uint32_t> open; // bank, row
        Cycle data_end = 0;
        for (std::size_t i = 0; i < commands.size(); ++i) {
            const IssuedCommand& c = commands[i];
            for (std::size_t j = i; j-- > 0 && commands[j].at + horizon() > c.at;)
                for (const Gap& gap : gaps(commands[j], c))
                    if (c.at < commands[j].at + gap.cycles) return broken(gap.rule, commands[j], c);
            if (c.command == DramCommand::Activate) {
                std::size_t before = 0;
                for (std::size_t j = i; j-- > 0;)
                    if (commands[j].command == DramCommand::Activate && ++before == 4) {
                        if (c.at < commands[j].at + p.nFAW) return broken("nFAW", commands[j], c);
                        break;
                    }
            }
            const bool is_open = open.count(c.bank);
            switch (c.command) {
            case DramCommand::Activate:
                if (is_open) return broken("activate of an open bank", c, c);
                open[c.bank] = c.row;
                break;
            case DramCommand::Precharge:
                open.erase(c.bank);
                break;
            case DramCommand::Read:
            case DramCommand::Write: {
                if (!is_open || open[c.bank] != c.row)
                    return broken("column of a row that is not open", c, c);
                const Cycle data = c.at + (c.command == DramCommand::Read ? p.nCL : p.nCWL);
                if (data < data_end) return broken("two bursts on the data bus", c, c);
                data_end = data + p.nBL;
                break;
            }
            case DramCommand::RefreshBank:
                if (is_open) return broken("refresh of an open bank", c, c);
                break;
            case DramCommand::RefreshAll:
                if (!open.empty()) return broken("refresh of open banks", c, c);
                break;
            }
        }
        return "";
    }

    struct Gap {
        const char* rule;
        Cycle cycles;
    };
    // What a command demands of a later one.
    std::vector<Gap> gaps(const IssuedCommand& first, const IssuedCommand& then) const {
        using enum DramCommand;
        std::vector<Gap> found;
        const auto demand = [&](const char* rule, Cycle cycles) { found.push_back({rule, cycles}); };
        const bool same_bank = first.bank == then.bank;
        const bool same_stack = stack(first.bank) == stack(then.bank);
        const bool same_group = same_stack && group(first.bank) == group(then.bank);
        const auto a = first.command, b = then.command;
        const bool activates = b == Activate || b == RefreshBank;
        if (!is_column(a) && !is_column(b)) demand("row_slot", p.row_slot);
        if (a == Activate && activates) {
            if (same_bank) demand("nRC", p.nRC);
            demand(same_group ? "nRRDL" : "nRRDS", same_group ? p.nRRDL : p.nRRDS);
        }
        if (a == Activate && b == RefreshAll) demand("nRC", p.nRC);
        if (a == Activate && same_bank) {
            if (b == Precharge) demand("nRAS", p.nRAS);
            if (b == Read) demand("nRCDRD", p.nRCDRD);
            if (b == Write) demand("nRCDWR", p.nRCDWR);
        }
        if (a == Precharge && ((same_bank && activates) || b == RefreshAll)) demand("nRP", p.nRP);
        if (is_column(a) && is_column(b)) {
            if (!same_stack)
                demand("nCCDR", p.nCCDR);
            else
                demand(same_group ? "nCCDL" : "nCCDS", same_group ? p.nCCDL : p.nCCDS);
        }
        if (a == Read && b == Write) demand("nRTW", p.nRTW);
        if (a == Write && b == Read)
            demand(same_group ? "nWTRL" : "nWTRS", p.nCWL + p.nBL + (same_group ? p.nWTRL : p.nWTRS));
        if (a == Read && b == Precharge && same_bank) demand("nRTP", p.nRTP);
        if (a == Write && b == Precharge && same_bank) demand("nWR", p.nCWL + p.nBL + p.nWR);
        if (a == RefreshBank && activates)
            demand(same_bank ? "nRFCpb" : "nRREFD", same_bank ? p.nRFCpb : p.nRREFD);
        if (a == RefreshAll && !is_column(b)) demand("nRFCab", p.nRFCab);
        return found;
    }

private:
    static bool is_column(DramCommand command) {
        return command == DramCommand::Read || command == DramCommand::Write;
    }
    unsigned stack(unsigned bank) const { return bank / (p.bank_groups * p.banks_per_group); }
    unsigned group(unsigned bank) const {
        return bank / 2 % (p.bank_groups / 2) * 2 + bank % 2; // pairs of neighbouring groups, in turn
    }
    Cycle horizon() const { return std::max<Cycle>(p.nRFCab, p.nRFCpb) + p.nRC; }
    std::string broken(const std::string& rule, const IssuedCommand& first, const IssuedCommand& then) const {
        const auto text = [](const IssuedCommand& c) {
            static const char* const names[] = {"activate", "precharge", "read",
                                                "write",    "refresh",   "refresh all"};
            return std::string(names[static_cast<int>(c.command)]) + " bank " + std::to_string(c.bank) +
                   " row " + std::to_string(c.row) + " at " + std::to_string(c.at);
        };
        return rule + ": " + text(first) + ", " + text(then);
    }

    MemoryParams p;
};

} // namespace migsim
