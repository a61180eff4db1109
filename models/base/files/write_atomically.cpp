// SPDX-License-Identifier: Apache-2.0
#include "models/base/files/write_atomically.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

#include "models/base/config/input_errors.h"
#include "models/base/files/staging.h"

namespace migsim {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void throw_exists(const fs::path& file) {
    throw InputError(file.string() + ": exists already; legal: the name of a new file");
}

void write_all(int fd, std::string_view bytes, const fs::path& file) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) staging::fail("cannot be written", file, errno);
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(fd) != 0) staging::fail("cannot be flushed to disk", file, errno);
}

void write(const fs::path& named, std::string_view bytes, bool replace) {
    std::error_code ignored;
    const fs::path file =
        fs::is_symlink(named, ignored) ? fs::weakly_canonical(named) : named; // write through a link
    const fs::file_status status = fs::status(file, ignored);
    if (fs::exists(status) && !fs::is_regular_file(status))
        throw InputError(named.string() + ": is a folder or a device, not a file; legal: the name of a file");
    if (fs::exists(status) && ::access(file.c_str(), W_OK) != 0) // a rename would not mind
        throw InputError(named.string() + ": cannot be written: " + std::strerror(errno) +
                         "; legal: a file that may be written to");
    if (!file.has_filename()) throw InputError("'" + named.string() + "' is not the name of a file");
    for (const staging::Staged& stale : staging::left_behind(file)) fs::remove(stale.path, ignored);

    staging::Staged staged = staging::make_file(file);
    try {
        if (fs::exists(status)) fs::permissions(staged.path, status.permissions(), ignored);
        write_all(staged.lock.fd(), bytes, file);
        if (::renameat2(AT_FDCWD, staged.path.c_str(), AT_FDCWD, file.c_str(),
                        replace ? 0 : RENAME_NOREPLACE) != 0) {
            if (!replace && errno == EEXIST) throw_exists(named);
            staging::fail("cannot be put in place", file, errno);
        }
    } catch (...) {
        fs::remove(staged.path, ignored);
        throw;
    }
    staging::flush(file.has_parent_path() ? file.parent_path() : ".");
}

} // namespace

void write_atomically(const fs::path& file, std::string_view bytes) {
    write(file, bytes, true);
}

void create_atomically(const fs::path& file, std::string_view bytes) {
    std::error_code ignored;
    if (fs::exists(file, ignored)) throw_exists(file); // before anything is written
    write(file, bytes, false);
}

} // namespace migsim
