// SPDX-License-Identifier: Apache-2.0
// Drives the windows from SystemC: one SC_METHOD runs every block of a window that has work, directly. A
// process per block would cost a kernel activation per block and window and show nothing more, since a
// block's turn is not observable from outside; SystemC time follows in batches and never runs ahead of other
// processes' events.
#pragma once

#include <functional>

#include <systemc>

#include "models/base/windows.h"

namespace migsim {

class WindowController final : public sc_core::sc_module {
public:
    WindowController(const sc_core::sc_module_name& name, WindowOptions options);

    Windows windows;

    // Runs until `keep_going` (asked after every window) says no, no block has work, or `limit`.
    enum class End { Asked, Idle, Limit };
    End run(Tick limit, const std::function<bool()>& keep_going);

private:
    void run_windows();
    void start_of_simulation() override { windows.start(); }

    sc_core::sc_event go_;
    Tick limit_ = never;
    std::function<bool()> keep_going_;
    End end_ = End::Idle;
};

} // namespace migsim
