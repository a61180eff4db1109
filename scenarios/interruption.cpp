// SPDX-License-Identifier: Apache-2.0
#include "scenarios/interruption.h"

#include <cerrno>
#include <iterator>
#include <system_error>

namespace migsim {
namespace {

constexpr int watched_signals[] = {SIGINT, SIGTERM, SIGHUP};

volatile std::sig_atomic_t noted = 0; // a signal handler can reach nothing but a global

void note(int) {
    noted = 1;
}

sigset_t signal_set() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : watched_signals) sigaddset(&set, signal);
    return set;
}

} // namespace

Interruption::Interruption() {
    noted = 0;
    const sigset_t set = signal_set();
    sigprocmask(SIG_BLOCK, &set, &before_);
    struct sigaction action = {};
    action.sa_handler = note;
    sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < std::size(watched_signals); ++i) {
        sigaction(watched_signals[i], nullptr, &actions_before_[i]);
        // Under nohup, or in the background of a shell without job control, a signal is ignored on purpose.
        if (actions_before_[i].sa_handler != SIG_IGN) sigaction(watched_signals[i], &action, nullptr);
    }
}

Interruption::~Interruption() {
    for (std::size_t i = 0; i < std::size(watched_signals); ++i)
        sigaction(watched_signals[i], &actions_before_[i], nullptr);
    sigprocmask(SIG_SETMASK, &before_, nullptr);
}

void Interruption::poll(std::vector<pollfd>& watched, int milliseconds) {
    const timespec timeout{milliseconds / 1000, (milliseconds % 1000) * 1'000'000L};
    if (::ppoll(watched.data(), watched.size(), &timeout, &before_) >= 0) return;
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
    for (pollfd& one : watched) one.revents = 0; // a signal came: poll says nothing about the files
}

bool Interruption::happened() const {
    return noted != 0;
}

void Interruption::leave_to_parent() const {
    for (std::size_t i = 0; i < std::size(watched_signals); ++i)
        sigaction(watched_signals[i], &actions_before_[i], nullptr);
    struct sigaction ignore = {};
    ignore.sa_handler = SIG_IGN;
    sigaction(SIGINT, &ignore, nullptr);
    sigprocmask(SIG_SETMASK, &before_, nullptr);
}

} // namespace migsim
