// SPDX-License-Identifier: Apache-2.0
#include "partition/mig_state_file.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "models/base/config/input_errors.h"
#include "models/base/files/write_atomically.h"

namespace migsim {

namespace {

bool is_still(const std::filesystem::path& file, int fd) {
    struct stat opened {
    }, named{};
    return ::fstat(fd, &opened) == 0 && ::stat(file.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
           opened.st_dev == named.st_dev;
}

staging::Handle locked(const std::filesystem::path& file) {
    for (;;) {
        staging::Handle handle(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
        if (!handle) return handle; // reading it will say why
        while (::flock(handle.fd(), LOCK_EX) != 0)
            if (errno != EINTR) staging::fail("cannot be locked", file, errno);
        if (is_still(file, handle.fd())) return handle;
    }
}

} // namespace

MigNode load_mig_state(const std::filesystem::path& file, const BoardFinder& find_board) {
    return read_mig_state(load_document(file), find_board);
}

void create_mig_state(const std::filesystem::path& file, const MigNode& node) {
    create_atomically(file, mig_state_text(node));
}

LockedMigState::LockedMigState(std::filesystem::path file, const BoardFinder& find_board)
    : file_(std::move(file)), lock_(locked(file_)) {
    node = load_mig_state(file_, find_board);
}

void LockedMigState::save() const {
    write_atomically(file_, mig_state_text(node));
}

} // namespace migsim
