// SPDX-License-Identifier: Apache-2.0
#include "scenarios/child_process.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace migsim {
namespace {

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

void write_all(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) ::_exit(1); // nobody listens any more
        if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

} // namespace

ChildProcess::ChildProcess(const Job& job) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) fail("cannot make a pipe");
    std::fflush(nullptr); // or the child would print again what is buffered here
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) {
        ::close(ends[0]);
        ::close(ends[1]);
        fail("cannot start a process");
    }
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(1); // it died before we asked to follow it
        ::close(ends[0]);
        int status = 1;
        try {
            status = job([&](std::string_view line) { write_all(ends[1], std::string(line) + "\n"); });
        } catch (const std::exception& error) {
            std::fprintf(stderr, "%s\n", error.what());
        }
        std::fflush(nullptr);
        ::_exit(status); // without destructors of what belongs to the parent
    }
    ::close(ends[1]);
    pipe_ = ends[0];
    ::fcntl(pipe_, F_SETFL, O_NONBLOCK);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pipe_(std::exchange(other.pipe_, -1)),
      partial_(std::move(other.partial_)),
      end_(other.end_) {}

ChildProcess::~ChildProcess() {
    if (pid_ > 0 && !end_) {
        ::kill(pid_, SIGKILL);
        while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
        }
    }
    if (pipe_ >= 0) ::close(pipe_);
}

void ChildProcess::kill() {
    if (!end_) ::kill(pid_, SIGKILL);
}

std::vector<std::string> ChildProcess::receive() {
    std::vector<std::string> lines;
    char buffer[65536];
    for (;;) {
        const ssize_t got = ::read(pipe_, buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return lines;
        if (got < 0) fail("cannot read from a child process");
        if (got == 0) break;
        std::string_view rest(buffer, static_cast<std::size_t>(got));
        for (std::size_t at; (at = rest.find('\n')) != std::string_view::npos; rest.remove_prefix(at + 1))
            lines.push_back(std::exchange(partial_, {}).append(rest.substr(0, at)));
        partial_.append(rest);
    }
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0)
        if (errno != EINTR) fail("cannot wait for a child process");
    end_ = status;
    ::close(std::exchange(pipe_, -1));
    return lines;
}

std::string ChildProcess::failure() const {
    if (WIFSIGNALED(*end_)) {
        const int signal = WTERMSIG(*end_);
        return "died of signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
    }
    const int status = WEXITSTATUS(*end_);
    return status ? "exited with status " + std::to_string(status) : "";
}

} // namespace migsim
