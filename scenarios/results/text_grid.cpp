// SPDX-License-Identifier: Apache-2.0
#include "scenarios/results/text_grid.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

namespace migsim {
namespace {

std::size_t
width_of(const std::string& text) { // in characters of UTF-8, all of which are one column wide here
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

} // namespace

void TextGrid::row(std::vector<std::string> cells) {
    lines_.push_back({std::move(cells), false});
}

void TextGrid::heading(std::string line) {
    lines_.push_back({{std::move(line)}, true});
}

std::string TextGrid::text() const {
    std::vector<std::size_t> widths;
    for (const Line& line : lines_) {
        if (line.is_heading) continue;
        widths.resize(std::max(widths.size(), line.cells.size()));
        for (std::size_t i = 0; i < line.cells.size(); ++i)
            widths[i] = std::max(widths[i], width_of(line.cells[i]));
    }
    std::string text;
    for (const Line& line : lines_) {
        std::string out;
        for (std::size_t i = 0; i < line.cells.size(); ++i) {
            const std::size_t width = width_of(line.cells[i]);
            const std::string padding(line.is_heading ? 0 : widths[i] - width, ' ');
            if (i > 0) out += "  ";
            out += i == 0 ? line.cells[i] + padding : padding + line.cells[i];
        }
        out.erase(out.find_last_not_of(' ') + 1);
        text += out + "\n";
    }
    return text;
}

std::string with_separators(std::uint64_t value) {
    std::string digits = std::to_string(value);
    for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
    return digits;
}

std::string readable(double value, int decimals) {
    const double size = std::fabs(value);
    const int wanted = size < 99.995 ? 2 : size < 999.95 ? 1 : 0;
    const int used = std::min(wanted, decimals);
    if (used > 0) {
        const std::string text = fmt::format("{:.{}f}", value, used);
        return text.find_first_not_of("-0.") == std::string::npos && value < 0 ? text.substr(1) : text;
    }
    return (value <= -0.5 ? "-" : "") + with_separators(static_cast<std::uint64_t>(std::llround(size)));
}

} // namespace migsim
