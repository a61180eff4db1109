// SPDX-License-Identifier: Apache-2.0
#include "models/base/config/scalars.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <unordered_map>

namespace migsim {
namespace {

bool is_digits(std::string_view text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view without_sign(std::string_view text) {
    if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
    return text;
}

bool looks_octal(std::string_view text) {
    text = without_sign(text);
    return text.size() > 1 && text[0] == '0' && (is_digits(text) || text[1] == 'o');
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), text) != words.end();
}

bool looks_infinite(std::string_view text) {
    return is_one_of(without_sign(text),
                     {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN", "inf", "nan", "NaN"});
}

// `[digits][.digits][e[sign]digits]`, with at least one digit before the exponent
bool is_decimal(std::string_view text) {
    text = without_sign(text);
    const std::size_t exponent = std::min(text.find_first_of("eE"), text.size());
    if (exponent < text.size() && !is_digits(without_sign(text.substr(exponent + 1)))) return false;
    const std::string_view mantissa = text.substr(0, exponent);
    const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
    const std::string_view whole = mantissa.substr(0, point);
    const std::string_view rest = point < mantissa.size() ? mantissa.substr(point + 1) : "";
    return (is_digits(whole) || whole.empty()) && (is_digits(rest) || rest.empty()) &&
           !(whole.empty() && rest.empty());
}

// What every single value must be before its text matters. `what` is, for example, "a whole number".
bool check_scalar(const Node& node, std::string_view what, const std::string& legal, InputErrors& errors) {
    if (node.kind == Node::Kind::Scalar) return true;
    const std::string state =
        node.kind == Node::Kind::Null ? "has no value" : "is " + std::string(node.kind_name());
    errors.add(node, state + ", not " + std::string(what) + "; legal: " + legal);
    return false;
}

bool check_number_text(const Node& node, std::string_view what, const std::string& legal,
                       InputErrors& errors) {
    if (!check_scalar(node, what, legal, errors)) return false;
    std::string problem;
    if (node.quoted && is_decimal(node.scalar))
        problem = " is a text because of its quotes, not " + std::string(what);
    else if (looks_octal(node.scalar))
        problem = " is octal to some readers and decimal to others; write it without the leading zero";
    else if (looks_infinite(node.scalar))
        problem = " is not a finite number";
    if (!problem.empty()) errors.add(node, shown(node.scalar) + problem + "; legal: " + legal);
    return problem.empty();
}

} // namespace

bool looks_like_no_text(std::string_view scalar) {
    return is_one_of(scalar,
                     {"", "~", "null", "Null", "NULL", "true", "True", "TRUE", "false", "False", "FALSE"}) ||
           is_decimal(scalar) || looks_octal(scalar) || looks_infinite(scalar) || scalar.starts_with("0x");
}

std::optional<bool> read_bool(const Node& node, InputErrors& errors) {
    if (!check_scalar(node, "true or false", "true, false", errors)) return std::nullopt;
    if (!node.quoted && node.scalar == "true") return true;
    if (!node.quoted && node.scalar == "false") return false;
    static constexpr std::array yes{"yes", "on", "y", "1", "True", "TRUE"};
    static constexpr std::array no{"no", "off", "n", "0", "False", "FALSE"};
    std::string sentence = shown(node.scalar) + " is not true or false; legal: true, false";
    if (std::find(yes.begin(), yes.end(), node.scalar) != yes.end()) sentence += "; did you mean 'true'?";
    if (std::find(no.begin(), no.end(), node.scalar) != no.end()) sentence += "; did you mean 'false'?";
    errors.add(node, sentence);
    return std::nullopt;
}

std::optional<std::string> read_text(const Node& node, const Limits& limits, InputErrors& errors) {
    if (!check_scalar(node, "a text", limits.non_empty ? "a text that is not empty" : "a text", errors))
        return std::nullopt;
    if (!node.quoted && looks_like_no_text(node.scalar)) {
        errors.add(node, shown(node.scalar) +
                             " is a number or a word of YAML's own, not a text; write it in quotes: \"" +
                             node.scalar + "\"");
        return std::nullopt;
    }
    if (limits.non_empty && node.scalar.empty()) {
        errors.add(node, "'' is empty; legal: a text that is not empty");
        return std::nullopt;
    }
    return node.scalar;
}

std::optional<double> read_number(const Node& node, const Limits& limits, InputErrors& errors) {
    const std::string legal = limits.range ? range_text(*limits.range, false) : "a finite number";
    if (!check_number_text(node, "a number", legal, errors)) return std::nullopt;
    const std::string_view text = node.scalar;
    if (!is_decimal(text)) {
        errors.add(node, shown(text) + " is not a number; legal: " + legal);
        return std::nullopt;
    }
    double value = 0;
    const std::size_t plus = text[0] == '+'; // from_chars takes no plus
    const auto result = std::from_chars(text.data() + plus, text.data() + text.size(), value);
    if (result.ec == std::errc() &&
        (!limits.range || (value >= limits.range->min && value <= limits.range->max)))
        return value;
    errors.add(node, shown(text) + " is out of range; legal: " + legal);
    return std::nullopt;
}

std::optional<long double> read_integer(const Node& node, const Range& type, const Limits& limits,
                                        InputErrors& errors) {
    const Range range = narrower(type, limits.range);
    const std::string legal = range_text(range, true);
    if (!check_number_text(node, "a whole number", legal, errors)) return std::nullopt;
    const bool negative = node.scalar[0] == '-';
    std::string_view digits = without_sign(node.scalar);
    const bool hex = digits.starts_with("0x");
    if (hex) digits.remove_prefix(2);
    std::uint64_t magnitude = 0;
    const char* end = digits.data() + digits.size();
    const auto result = std::from_chars(digits.data(), end, magnitude, hex ? 16 : 10);
    if (result.ec == std::errc::invalid_argument || result.ptr != end) {
        errors.add(node, shown(node.scalar) + " is not a whole number; legal: " + legal);
        return std::nullopt;
    }
    const long double value =
        negative ? -static_cast<long double>(magnitude) : static_cast<long double>(magnitude);
    if (result.ec == std::errc() && value >= range.min && value <= range.max) return value;
    errors.add(node, shown(node.scalar) + " is out of range; legal: " + legal);
    return std::nullopt;
}

std::optional<std::size_t> read_choice(const Node& node, const std::vector<std::string>& legal,
                                       InputErrors& errors) {
    const bool single = node.kind == Node::Kind::Scalar;
    const auto found = single ? std::find(legal.begin(), legal.end(), node.scalar) : legal.end();
    if (found != legal.end()) return static_cast<std::size_t>(found - legal.begin());
    errors.add(node,
               not_legal(single ? std::string_view(node.scalar) : node.kind_name(), "known here", legal));
    return std::nullopt;
}

bool check_list(const Node& node, const Limits& limits, InputErrors& errors) {
    if (node.kind != Node::Kind::Sequence) {
        errors.add(node, "is " + std::string(node.kind_name()) + ", not a list; legal: a list, as in [a, b]");
        return false;
    }
    if (limits.non_empty && node.items.empty())
        errors.add(node, "is empty; legal: a list of one item or more");
    if (!limits.unique_names) return true;
    std::unordered_map<std::string_view, const Node*> first_uses;
    for (const Node& item : node.items) {
        const Node* name = item.kind == Node::Kind::Map ? item.find("name") : &item;
        if (!name || name->kind != Node::Kind::Scalar) continue; // the item's own check says so
        const auto [first, is_new] = first_uses.emplace(name->scalar, name);
        if (!is_new)
            errors.add(*name, shown(name->scalar) + " stands twice, first at " + first->second->place.text() +
                                  "; legal: a name that no other item has");
    }
    return true;
}

bool check_map(const Node& node, const Limits& limits, InputErrors& errors) {
    if (node.kind == Node::Kind::Map) {
        if (limits.non_empty && node.entries.empty())
            errors.add(node, "is empty; legal: a map of one key or more");
        return true;
    }
    const std::string what = node.kind == Node::Kind::Scalar ? shown(node.scalar) + " is" : "is";
    errors.add(node,
               what + " " + std::string(node.kind_name()) + ", not a map; legal: lines of `key: value`");
    return false;
}

Range narrower(const Range& type, const std::optional<Range>& limit) {
    return limit ? Range{std::max(type.min, limit->min), std::min(type.max, limit->max)} : type;
}

std::string number_text(double value) {
    std::array<char, 32> buffer;
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    return {buffer.data(), end};
}

std::string integer_text(long double value) {
    return value < 0 ? std::to_string(static_cast<std::int64_t>(value))
                     : std::to_string(static_cast<std::uint64_t>(value));
}

std::string range_text(const Range& range, bool whole_numbers) {
    auto text = [&](long double bound) {
        return whole_numbers ? integer_text(bound) : number_text(static_cast<double>(bound));
    };
    return text(range.min) + " to " + text(range.max);
}

} // namespace migsim
