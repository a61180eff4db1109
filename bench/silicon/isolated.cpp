// SPDX-License-Identifier: Apache-2.0
#include "bench/silicon/isolated.h"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "models/base/config/input_errors.h"
#include "models/base/files/staging.h"

namespace migsim::silicon {
namespace {

constexpr int told_why = 3; // the child has said on stderr, and through the channel, what went wrong

[[noreturn]] void be_the_child(const std::function<void(Channel&)>& work, int descriptor, pid_t parent) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(told_why);
    int status = 0;
    Channel channel(descriptor);
    try {
        work(channel);
    } catch (const std::exception& error) {
        status = told_why;
        try {
            channel.fact("failure", error.what());
        } catch (const std::exception&) {
        } // nobody listens any more
    }
    std::fflush(nullptr);
    _exit(status); // no destructors of a CUDA context that may be broken
}

std::string ending(int status, const Heard& told) {
    if (WIFSIGNALED(status)) return std::string("ended by signal ") + strsignal(WTERMSIG(status));
    const auto failure = told.facts.find("failure");
    if (failure != told.facts.end()) return failure->second;
    return WEXITSTATUS(status) == 0 ? "" : "ended with " + std::to_string(WEXITSTATUS(status));
}

} // namespace

Isolated run_isolated(const std::function<void(Channel&)>& work, double seconds) {
    using Clock = std::chrono::steady_clock;
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error(std::string("pipe: ") + std::strerror(errno));
    std::fflush(nullptr);
    const pid_t parent = getpid(), child = fork();
    if (child < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
    if (child == 0) {
        close(ends[0]);
        be_the_child(work, ends[1], parent);
    }
    setpgid(child, child); // whoever of the two comes first
    close(ends[1]);

    Isolated result;
    const auto deadline = Clock::now() + std::chrono::duration<double>(seconds);
    bool late = false;
    for (;;) {
        const double left = std::chrono::duration<double>(deadline - Clock::now()).count();
        if (left <= 0) {
            late = true;
            break;
        }
        pollfd waiting{ends[0], POLLIN, 0};
        const int ready = poll(&waiting, 1, static_cast<int>(left * 1000) + 1);
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) continue;
        char bytes[65536];
        const ssize_t count = read(ends[0], bytes, sizeof bytes);
        if (count <= 0) break; // the child, and all that it started, closed their end
        result.text.append(bytes, static_cast<std::size_t>(count));
    }
    if (late) kill(-child, SIGKILL);
    close(ends[0]);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    result.failure = late ? "did not end in time and was stopped" : ending(status, heard(result.text));
    return result;
}

void check_writable(const std::filesystem::path& file) {
    if (std::filesystem::is_directory(file)) throw InputError(file.string() + ": is a folder");
    std::filesystem::remove(staging::make_file(file).path);
}

} // namespace migsim::silicon
