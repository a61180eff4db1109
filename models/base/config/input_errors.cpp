// SPDX-License-Identifier: Apache-2.0
#include "models/base/config/input_errors.h"

#include <algorithm>
#include <cctype>
#include <tuple>

#include "models/base/config/node.h"

namespace migsim {

namespace {

// A byte of the user's, so that it neither breaks the line nor commands the terminal.
std::string on_one_line(char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') return "\\n";
    if (c == '\t') return "\\t";
    if (byte >= 0x20 && byte != 0x7F) return {c};
    return {'\\', 'x', "0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
}

} // namespace

void InputErrors::add(const Place& place, std::string_view path, std::string_view sentence) {
    std::string line = place.is_default() ? "" : place.text() + ": ";
    for (const char c : path) line += on_one_line(c); // of keys, in which YAML allows anything
    if (!path.empty()) line.append(": ");
    errors_.push_back({place, line.append(sentence)});
}

void InputErrors::add(const Node& node, std::string_view sentence) {
    add(node.place, node.path, sentence);
}

std::string InputErrors::text() const {
    std::vector<std::string> files; // in the order in which they were first complained about
    for (const Error& error : errors_)
        if (std::find(files.begin(), files.end(), error.place.file) == files.end())
            files.push_back(error.place.file);
    auto rank = [&](const Error& error) {
        return std::tuple(std::find(files.begin(), files.end(), error.place.file) - files.begin(),
                          error.place.line, error.place.column);
    };
    std::vector<Error> sorted = errors_;
    std::stable_sort(sorted.begin(), sorted.end(),
                     [&](const Error& a, const Error& b) { return rank(a) < rank(b); });
    std::string text;
    for (const Error& error : sorted) text.append(text.empty() ? "" : "\n").append(error.line);
    return text;
}

void InputErrors::throw_if_any() const {
    if (!empty()) throw InputError(text());
}

void refuse(const Place& place, std::string_view path, std::string_view sentence) {
    InputErrors errors;
    errors.add(place, path, sentence);
    throw InputError(errors.text());
}

std::string shown(std::string_view value) {
    constexpr std::size_t longest = 80;
    std::string text = "'";
    for (std::size_t i = 0; i < value.size(); ++i) {
        const auto byte = static_cast<unsigned char>(value[i]);
        const bool starts_character = (byte & 0xC0) != 0x80; // never cut inside a UTF-8 sequence
        if (i >= longest && starts_character) return text + "…'";
        text += on_one_line(value[i]);
    }
    return text + "'";
}

namespace {

// Edits (insert, delete, replace, swap of neighbours) that
// turn one text into the other, letters of either case equal.
std::size_t edit_distance(std::string_view a, std::string_view b) {
    auto same = [](char x, char y) {
        return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
    };
    std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + !same(a[i - 1], b[j - 1])});
            if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

std::string did_you_mean(std::string_view got, std::span<const std::string> legal) {
    if (got.size() > 200) return ""; // nobody's slip of the finger
    const std::string* best = nullptr;
    std::size_t best_distance = std::max<std::size_t>(1, got.size() / 3) + 1;
    for (const std::string& candidate : legal) {
        const std::size_t distance = edit_distance(got, candidate);
        if (distance >= std::min(best_distance, candidate.size())) continue;
        best = &candidate;
        best_distance = distance;
    }
    return best ? "; did you mean " + shown(*best) + "?" : "";
}

} // namespace

std::string legal_list(std::span<const std::string> legal) {
    constexpr std::size_t most = 30;
    std::string text = legal.empty() ? "legal: none" : "legal: ";
    for (std::size_t i = 0; i < std::min(legal.size(), most); ++i)
        text.append(i ? ", " : "").append(legal[i]);
    if (legal.size() > most) text += ", … (" + std::to_string(legal.size()) + " in all)";
    return text;
}

std::string not_legal(std::string_view got, std::string_view what, std::span<const std::string> legal) {
    return shown(got).append(" is not ").append(what).append("; ") + legal_list(legal) +
           did_you_mean(got, legal);
}

} // namespace migsim
