// SPDX-License-Identifier: Apache-2.0
#include "models/base/config/text_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <vector>

#include "models/base/config/input_errors.h"

namespace migsim {
namespace {

constexpr std::size_t largest_file = std::size_t{64} << 20;

// Length of the UTF-8 sequence at `at`, 0 if there is none
// (RFC 3629: shortest form, no surrogates, up to U+10FFFF).
std::size_t utf8_length(std::string_view text, std::size_t at) {
    auto byte = [&](std::size_t i) {
        return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
    };
    auto continues = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
    const unsigned lead = byte(0);
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
    if (lead >= 0xE0 && lead <= 0xEF) {
        if (!continues(1) || !continues(2)) return 0;
        return (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F) ? 0 : 3;
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        if (!continues(1) || !continues(2) || !continues(3)) return 0;
        return (lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F) ? 0 : 4;
    }
    return 0;
}

} // namespace

std::string_view check_encoding(std::string_view text, const std::string& name) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3); // a UTF-8 mark is harmless
    const std::string_view head = text.substr(0, 4);
    if (head.starts_with("\xFE\xFF") || head.starts_with("\xFF\xFE") ||
        head.find('\0') != std::string_view::npos)
        refuse({name, 1, 1}, "", "is encoded in UTF-16 or UTF-32, or is no text at all; write it in UTF-8");
    std::uint32_t line = 1;
    std::size_t line_start = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto byte = static_cast<unsigned char>(text[at]);
        const std::size_t length = utf8_length(text, at);
        const Place place{name, line, static_cast<std::uint32_t>(at - line_start + 1)};
        if (length == 0) refuse(place, "", "is not UTF-8 from here on");
        if ((byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F)
            refuse(place, "", "a control character stands here; a text file has none");
        at += length;
        if (byte == '\n') {
            ++line;
            line_start = at;
        }
    }
    return text;
}

std::string read_text_file(const std::filesystem::path& file) {
    const Place whole{file.string(), 0, 0};
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) refuse(whole, "", "cannot be read: " + std::string(std::strerror(errno)));
    std::string bytes;
    std::vector<char> chunk(1 << 16);
    ssize_t got;
    while ((got = ::read(fd, chunk.data(), chunk.size())) > 0 && bytes.size() <= largest_file)
        bytes.append(chunk.data(), static_cast<std::size_t>(got));
    const int error = errno;
    ::close(fd);
    if (got < 0 && error == EISDIR) refuse(whole, "", "is a directory, not a file");
    if (got < 0) refuse(whole, "", "cannot be read: " + std::string(std::strerror(error)));
    if (bytes.size() > largest_file) refuse(whole, "", "is larger than 64 MiB; that is no configuration");
    return bytes;
}

} // namespace migsim
