// SPDX-License-Identifier: Apache-2.0
#include "models/base/files/result_folder.h"

#include <fcntl.h>
#include <stdio.h> // renameat2

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include "models/base/config/input_errors.h"
#include "models/base/files/write_atomically.h"

namespace migsim {
namespace {

namespace fs = std::filesystem;

// Absolute, through symbolic links, without `.`, `..` or a
// slash at the end, so that a later chdir changes nothing.
fs::path settle(const fs::path& target) {
    if (target.empty()) throw InputError("'' is not the name of a result folder");
    std::error_code error;
    fs::path path = fs::weakly_canonical(fs::absolute(target), error);
    if (error) throw InputError(target.string() + ": cannot be a result folder: " + error.message());
    return path.has_filename() ? path : path.parent_path();
}

bool holds_working_directory(const fs::path& folder) {
    std::error_code error;
    const fs::path here = fs::current_path(error);
    return !error &&
           std::mismatch(folder.begin(), folder.end(), here.begin(), here.end()).first == folder.end();
}

// The staged files of an interrupted run may include half-written files under staging names of their own.
void remove_leftovers(const fs::path& folder) {
    std::error_code error;
    std::vector<fs::path> leftovers;
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder, error))
        if (staging::is_staging_name(entry.path())) leftovers.push_back(entry.path());
    for (const fs::path& path : leftovers) fs::remove_all(path, error);
}

} // namespace

ResultFolder::ResultFolder(const fs::path& target, Existing policy)
    : target_(settle(target)), policy_(policy) {
    check_target();
    make_parents();
    try {
        take_over();
    } catch (...) {
        remove_parents();
        throw;
    }
}

ResultFolder::~ResultFolder() {
    if (!staged_.lock) return;
    std::error_code ignored;
    fs::remove_all(staged_.path, ignored);
    remove_parents();
}

void ResultFolder::make_parents() {
    std::error_code error;
    for (fs::path parent = target_.parent_path(); !fs::exists(parent, error) && parent.has_relative_path();
         parent = parent.parent_path())
        made_.push_back(parent);
    fs::create_directories(target_.parent_path(), error);
    if (!error) return;
    remove_parents();
    throw InputError(target_.string() + ": its parent folder cannot be made: " + error.message());
}

// Those that are still empty: somebody else may have found a use for them.
void ResultFolder::remove_parents() const {
    std::error_code ignored;
    for (const fs::path& parent : made_) fs::remove(parent, ignored);
}

void ResultFolder::check_target() const {
    const std::string name = target_.string();
    std::error_code error;
    const fs::file_status status = fs::status(target_, error);
    if (holds_working_directory(target_))
        throw InputError(
            name + ": holds the working directory, which a result must not replace; legal: another folder");
    if (!fs::exists(status)) return;
    if (!fs::is_directory(status))
        throw InputError(name + ": exists and is not a folder; legal: the name of a new folder");
    const bool is_empty = fs::is_empty(target_, error);
    if (error) throw InputError(name + ": cannot be read: " + error.message());
    if (is_empty) return;
    if (!is_result_folder(target_))
        throw InputError(
            name +
            ": holds files that are no migsim result, so it is left alone; legal: a new or empty folder");
    if (policy_ == Existing::Refuse)
        throw InputError(
            name +
            ": holds a result already; legal: --resume to keep its finished arms, --force to replace it, "
            "or another --out");
}

// Makes the staging folder: empty, or with what a resumed run starts from.
void ResultFolder::take_over() {
    std::vector<staging::Staged> left_behind = staging::left_behind(target_);
    std::error_code ignored;
    staged_ = staging::make_folder(target_);
    if (policy_ == Existing::Resume) {
        std::error_code error;
        if (fs::exists(target_)) {
            fs::copy(target_, staged_.path, fs::copy_options::recursive | fs::copy_options::copy_symlinks,
                     error);
        } else if (!left_behind.empty()) {
            // The youngest is the run that was interrupted last.
            const auto youngest =
                std::max_element(left_behind.begin(), left_behind.end(), [&](const auto& a, const auto& b) {
                    return fs::last_write_time(a.path, ignored) < fs::last_write_time(b.path, ignored);
                });
            remove_leftovers(youngest->path);
            fs::rename(youngest->path, staged_.path, error); // over the empty folder just made
            if (!error) staged_.lock = std::move(youngest->lock);
        }
        if (error) throw FileError(target_.string() + ": cannot be resumed: " + error.message());
    }
    for (const staging::Staged& stale : left_behind) fs::remove_all(stale.path, ignored);
}

void ResultFolder::write(const fs::path& name, std::string_view bytes) const {
    const fs::path file = staged_.path / name;
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    if (error) staging::fail("its folder cannot be made", file, error.value());
    try {
        write_atomically(file, bytes);
    } catch (const InputError&
                 unusable) { // the folder is ours, so whatever is wrong with it is not the user's mistake
        throw FileError(unusable.what());
    }
}

void ResultFolder::commit() {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(staged_.path)) {
        if (entry.is_symlink()) continue;
        staging::flush(entry.path());
    }
    staging::flush(staged_.path);
    if (::rename(staged_.path.c_str(), target_.c_str()) !=
        0) { // succeeds over nothing and over an empty folder
        const bool is_taken = errno == ENOTEMPTY || errno == EEXIST;
        if (!is_taken) staging::fail("cannot be put in place", target_, errno);
        exchange();
    }
    staged_.lock.close();
    staging::flush(target_.parent_path());
}

void ResultFolder::exchange() {
    if (policy_ == Existing::Refuse || !is_result_folder(target_))
        throw FileError(target_.string() +
                        ": something else was put there while this run was at work; the run is lost");
    const bool at_once =
        ::renameat2(AT_FDCWD, staged_.path.c_str(), AT_FDCWD, target_.c_str(), RENAME_EXCHANGE) == 0;
    if (!at_once) {
        // Disks without exchange (NFS among them) need two renames;
        // the result asked to be replaced is gone in between.
        if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP)
            staging::fail("cannot be put in place", target_, errno);
        const staging::Staged old = staging::make_folder(target_);
        fs::rename(target_, old.path);
        fs::rename(staged_.path, target_);
        fs::rename(old.path, staged_.path);
    }
    std::error_code ignored;
    fs::remove_all(staged_.path, ignored); // the former result
}

void ResultFolder::leave_for_resume() {
    staged_.lock.close();
}

bool is_result_folder(const fs::path& folder) {
    const auto has_mark = [&](const char* name, std::string_view mark, std::size_t within) {
        std::string head(within, '\0');
        std::ifstream file(folder / name, std::ios::binary);
        file.read(head.data(), static_cast<std::streamsize>(within));
        head.resize(static_cast<std::size_t>(file.gcount()));
        return head.find(mark) != std::string::npos;
    };
    return has_mark("effective.yaml", "format: migsim/", 64) ||
           has_mark("result.json", "migsim/result/", 4096);
}

} // namespace migsim
