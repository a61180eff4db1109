// SPDX-License-Identifier: Apache-2.0
// What a kernel will ask of the machine, exactly and without walking its grid: the addresses of an access
// modulo a line repeat, so it is enough to count how often each remainder occurs.
#pragma once

#include <array>

#include "models/messages/kernel.h"

namespace migsim {

struct Flow {
    std::uint64_t lines = 0; // 128-byte line requests that leave the load/store units' coalescers
    std::uint64_t bytes = 0; // asked for
    bool operator==(const Flow&) const = default;
};

struct Traffic {
    Flow loads, stores, atomics;
    std::array<std::uint64_t, pipe_count> operations{}; // by Pipe

    std::uint64_t lines() const { return loads.lines + stores.lines + atomics.lines; }
    std::uint64_t operations_on(Pipe pipe) const { return operations[static_cast<std::size_t>(pipe)]; }
    Traffic& operator+=(const Traffic& other);
    bool operator==(const Traffic&) const = default;
};

Traffic traffic(const Kernel& kernel);

} // namespace migsim
