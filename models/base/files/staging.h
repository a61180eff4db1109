// SPDX-License-Identifier: Apache-2.0
// Hidden siblings under which files and folders are made before they get their name. Each is locked by the
// process that made it for as long as it, or a child it forked, lives: so what a dead process left behind can
// be told from work in progress, and be cleaned away.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace migsim::staging {

// An open file descriptor; closing it gives up the lock on it.
class Handle {
public:
    explicit Handle(int fd = -1) : fd_(fd) {}
    Handle(Handle&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
    Handle& operator=(Handle&& other) noexcept;
    ~Handle() { close(); }

    void close();
    int fd() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

private:
    int fd_;
};

struct Staged {
    std::filesystem::path path;
    Handle lock;
};

// `.NAME.staging-PID-N` beside `final_name`, new, empty and
// locked. InputError where the folder cannot be written to.
Staged make_file(const std::filesystem::path& final_name);
Staged make_folder(const std::filesystem::path& final_name);

// What dead processes left beside `final_name`, locked by us now.
std::vector<Staged> left_behind(const std::filesystem::path& final_name);
bool is_staging_name(const std::filesystem::path& name);

// fsync, of a file or of a folder's list of names. FileError if the disk refuses.
void flush(const std::filesystem::path& path);
[[noreturn]] void fail(const std::string& what, const std::filesystem::path& path, int error); // FileError

} // namespace migsim::staging
