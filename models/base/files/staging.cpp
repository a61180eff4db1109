// SPDX-License-Identifier: Apache-2.0
#include "models/base/files/staging.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <system_error>

#include "models/base/config/input_errors.h"
#include "models/base/files/write_atomically.h"

namespace migsim::staging {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view infix = ".staging-";

std::string prefix_of(const fs::path& final_name) {
    return "." + final_name.filename().string() + std::string(infix);
}

fs::path folder_of(const fs::path& final_name) {
    return final_name.has_parent_path() ? final_name.parent_path() : fs::path(".");
}

fs::path next_name(const fs::path& final_name) {
    static std::atomic<unsigned> counter{0};
    const std::string suffix = std::to_string(::getpid()) + "-" + std::to_string(++counter);
    return folder_of(final_name) / (prefix_of(final_name) + suffix);
}

// Only a dead process has neither a lock on its staging nor a number in the process table. (The table alone
// would not do: on a shared disk the process may live on another machine.)
Handle lock_if_abandoned(const fs::path& path, std::size_t prefix_length) {
    const auto maker = static_cast<pid_t>(std::atol(path.filename().c_str() + prefix_length));
    if (maker <= 0 || ::kill(maker, 0) == 0 || errno != ESRCH) return Handle();
    Handle handle(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (!handle || ::flock(handle.fd(), LOCK_EX | LOCK_NB) != 0) return Handle();
    return handle;
}

template <class Make>
Staged make(const fs::path& final_name, Make make_at) {
    for (;;) {
        const fs::path path = next_name(final_name);
        Handle handle = make_at(path);
        if (!handle && errno == EEXIST) continue;
        if (!handle)
            throw InputError(final_name.string() + ": cannot be written: " + std::strerror(errno) +
                             "; legal: a name in a "
                             "folder that exists and may be written to");
        ::flock(handle.fd(),
                LOCK_EX | LOCK_NB); // where locks are not supported, nobody can take ours for abandoned
        return {path, std::move(handle)};
    }
}

} // namespace

Handle& Handle::operator=(Handle&& other) noexcept {
    if (this != &other) {
        close();
        fd_ = other.fd_;
        other.fd_ = -1;
    }
    return *this;
}

void Handle::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

Staged make_file(const fs::path& final_name) {
    return make(final_name, [](const fs::path& path) {
        return Handle(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    });
}

Staged make_folder(const fs::path& final_name) {
    return make(final_name, [](const fs::path& path) {
        if (::mkdir(path.c_str(), 0777) != 0) return Handle();
        return Handle(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    });
}

std::vector<Staged> left_behind(const fs::path& final_name) {
    const std::string prefix = prefix_of(final_name);
    std::vector<Staged> found;
    std::error_code error; // an unreadable folder hides nothing of ours that matters
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_of(final_name), error)) {
        if (!entry.path().filename().string().starts_with(prefix)) continue;
        if (Handle lock = lock_if_abandoned(entry.path(), prefix.size()))
            found.push_back({entry.path(), std::move(lock)});
    }
    return found;
}

bool is_staging_name(const fs::path& name) {
    const std::string text = name.filename().string();
    return text.starts_with(".") && text.find(infix) != std::string::npos;
}

void flush(const fs::path& path) {
    const Handle handle(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    // Some network disks cannot flush a folder and say EINVAL; then there is nothing to wait for.
    if (!handle || (::fsync(handle.fd()) != 0 && errno != EINVAL))
        fail("cannot be flushed to disk", path, errno);
}

void fail(const std::string& what, const fs::path& path, int error) {
    throw FileError(path.string() + ": " + what + ": " + std::strerror(error));
}

} // namespace migsim::staging
