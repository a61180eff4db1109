// SPDX-License-Identifier: Apache-2.0
// The bytes of an input file, before anybody asks what they mean. Both throw InputError.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace migsim {

std::string read_text_file(const std::filesystem::path& file); // at most 64 MiB

// Returns the text without a UTF-8 byte order mark. Judged before yaml-cpp sees the bytes, because it guesses
// encodings and passes bad bytes on as U+FFFD.
std::string_view check_encoding(std::string_view text, const std::string& name);

} // namespace migsim
