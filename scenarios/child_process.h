// SPDX-License-Identifier: Apache-2.0
// A forked child that does one job and reports through a pipe, message by message. It does not outlive its
// parent: the kernel kills it when the parent dies, however that happens. Fork before there is any thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace migsim {

class ChildProcess {
public:
    // In the child: sends a line (no newline in it) to the parent; waits while the pipe is full.
    using Send = std::function<void(std::string_view line)>;
    // Runs in the child; what it returns is the exit status.
    using Job = std::function<int(const Send&)>;

    explicit ChildProcess(const Job& job);
    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&&) = delete;
    ~ChildProcess(); // kills it if it still runs

    int pipe() const { return pipe_; }              // to poll; readable when receive() has something to do
    std::vector<std::string> receive();             // the whole lines that have come; call when readable
    bool ended() const { return end_.has_value(); } // the pipe was closed and the process waited for

    // After the end: empty when it exited with 0, else "exited with status 1", "died of signal 11
    // (Segmentation fault)".
    std::string failure() const;
    void kill();

private:
    pid_t pid_ = -1;
    int pipe_ = -1;
    std::string partial_;    // of a line
    std::optional<int> end_; // wait status
};

} // namespace migsim
