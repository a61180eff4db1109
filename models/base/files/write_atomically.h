// SPDX-License-Identifier: Apache-2.0
// The only code that writes files for the user to keep. What appears under a final name is always whole:
// bytes go to a hidden sibling (`.NAME.staging-PID-N`), reach the disk, and one rename puts them in place. A
// reader, a crash or a full disk never meets half a file.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string_view>

namespace migsim {

// The machine failed us while writing (disk full, I/O error): not the user's
// mistake, exit code 3. A target that cannot be used at all (missing or
// unwritable parent, a folder in the way) is an InputError instead, exit code 2.
class FileError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// Missing parent folders are an error, and so is a file that may not be written to. One that is replaced
// keeps its permissions. Throws InputError or FileError; then `file` is what it was before.
void write_atomically(const std::filesystem::path& file, std::string_view bytes);

// The same for a file that must not be there yet: of several at a time one succeeds, the others get
// InputError.
void create_atomically(const std::filesystem::path& file, std::string_view bytes);

} // namespace migsim
