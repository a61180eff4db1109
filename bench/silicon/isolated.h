// SPDX-License-Identifier: Apache-2.0
// Runs one experiment in a child process and keeps what it told, whatever becomes of it.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "bench/silicon/channel.h"

namespace migsim::silicon {

struct Isolated {
    std::string text;    // what came through the channel
    std::string failure; // how it ended; empty: well
};

// Ends the child, and what the child started, after so many seconds.
Isolated run_isolated(const std::function<void(Channel&)>& work, double seconds);

void check_writable(const std::filesystem::path& file); // InputError where nothing could be written

} // namespace migsim::silicon
