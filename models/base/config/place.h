// SPDX-License-Identifier: Apache-2.0
// Where an input value was written: file, line and column, so that every complaint can point at it.
// A value that came from the command line has the file `--set` and no line; a default has no file at all.
#pragma once

#include <cstdint>
#include <string>

namespace migsim {

struct Place {
    std::string file;         // as the user named it
    std::uint32_t line = 0;   // from 1; 0 where lines mean nothing
    std::uint32_t column = 0; // from 1, in bytes

    bool is_default() const { return file.empty(); }
    bool is_override() const { return file == override_file; }
    std::string text() const; // `FILE:LINE:COL`, `--set` or `default`

    static constexpr const char* override_file = "--set";

    bool operator==(const Place&) const = default;
};

} // namespace migsim
