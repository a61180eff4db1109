// SPDX-License-Identifier: Apache-2.0
// ^C, SIGTERM and SIGHUP while an object of this class lives: they are noted instead of ending the process,
// and only come through inside poll(). So nothing between two polls, such as writing a result, is ever cut in
// half.
#pragma once

#include <csignal>
#include <vector>

#include <poll.h>

namespace migsim {

class Interruption {
public:
    Interruption();
    ~Interruption();
    Interruption(const Interruption&) = delete;
    Interruption& operator=(const Interruption&) = delete;

    // poll(2); returns early when a signal comes.
    void poll(std::vector<pollfd>& watched, int milliseconds);
    bool happened() const;

    // In a forked child: back to how signals were, but ^C at the terminal is for the parent to act on.
    void leave_to_parent() const;

private:
    sigset_t before_;
    struct sigaction actions_before_[3];
};

} // namespace migsim
