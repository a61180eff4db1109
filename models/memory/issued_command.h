// SPDX-License-Identifier: Apache-2.0
// The commands on the DRAM's pins, for whoever wants to see them.
#pragma once

#include <cstdint>
#include <vector>

#include "models/base/time.h"

namespace migsim {

enum class DramCommand : std::uint8_t { Activate, Precharge, Read, Write, RefreshBank, RefreshAll };

struct IssuedCommand {
    Cycle at;
    DramCommand command;
    std::uint8_t bank;
    std::uint32_t row;
    std::uint32_t line; // of a read or write
};

class CommandTrace {
public:
    void start(std::vector<IssuedCommand>& commands) { commands_ = &commands; }
    bool on() const { return commands_ != nullptr; }
    void add(Cycle at, DramCommand command, unsigned bank, std::uint32_t row, std::uint32_t line = 0) {
        if (on()) commands_->push_back({at, command, static_cast<std::uint8_t>(bank), row, line});
    }

private:
    std::vector<IssuedCommand>* commands_ = nullptr;
};

} // namespace migsim
