// SPDX-License-Identifier: Apache-2.0
#include "models/base/config/yaml_text.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <vector>

#include "models/base/config/scalars.h"

namespace migsim {
namespace {

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Whether any YAML reader, 1.1 or 1.2, takes these bytes without quotes for
// this very text. Rather too careful: anything that starts like a number stays
// in quotes unless a letter other than an exponent follows, as in 1g.10gb.
bool is_safe_unquoted(std::string_view text) {
    if (text.empty() || looks_like_no_text(text)) return false;
    const bool is_path = text.starts_with("./") || text.starts_with("../");
    if (!is_letter_or_digit(text.front()) && text.front() != '_' && text.front() != '/' && !is_path)
        return false;
    if (text.back() == ' ') return false;
    for (const char c : text)
        if (!is_letter_or_digit(c) && std::string_view("_-./+ ").find(c) == std::string_view::npos)
            return false;
    static const std::vector<std::string_view> words_of_yaml_1_1{"y", "n", "yes", "no", "on", "off"};
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
    if (std::find(words_of_yaml_1_1.begin(), words_of_yaml_1_1.end(), lower) != words_of_yaml_1_1.end())
        return false;
    return lower.find_first_not_of("0123456789_-.+e ") != std::string::npos; // numbers, dates and the like
}

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            out.append(1, '\\').append(1, c);
        else if (c == '\n')
            out += "\\n";
        else if (c == '\t')
            out += "\\t";
        else if (byte < 0x20 || byte == 0x7F)
            out.append("\\x")
                .append(1, "0123456789abcdef"[byte >> 4])
                .append(1, "0123456789abcdef"[byte & 15]);
        else
            out += c;
    }
    return out + "\"";
}

std::string word(std::string_view text) {
    return is_safe_unquoted(text) ? std::string(text) : in_quotes(text);
}

std::string scalar_text(const Node& node) {
    if (node.kind == Node::Kind::Null) return "~";
    return node.quoted || !looks_like_no_text(node.scalar) ? word(node.scalar) : node.scalar;
}

bool is_container(const Node& node) {
    return node.kind == Node::Kind::Sequence || node.kind == Node::Kind::Map;
}

bool is_on_one_line(const Node& node) {
    if (!is_container(node) || node.flow || (node.items.empty() && node.entries.empty())) return true;
    return node.kind == Node::Kind::Sequence &&
           std::none_of(node.items.begin(), node.items.end(), is_container);
}

std::string one_line(const Node& node) {
    if (!is_container(node)) return scalar_text(node);
    std::string text;
    for (const Node& item : node.items) text.append(text.empty() ? "" : ", ").append(one_line(item));
    for (const Node::Entry& entry : node.entries)
        text.append(text.empty() ? "" : ", ")
            .append(word(entry.key))
            .append(": ")
            .append(one_line(entry.value));
    return node.kind == Node::Kind::Sequence ? "[" + text + "]" : "{" + text + "}";
}

class Printer {
public:
    explicit Printer(Origins origins) : origins_(origins) {}

    // `indent` is where the node's own lines start; the first
    // of them continues a line begun already if `begun`.
    void block(const Node& node, std::size_t indent, bool begun) {
        for (const Node& item : node.items) {
            start_line(indent, begun);
            text_ += "-";
            value(item, indent, true);
        }
        for (const Node::Entry& entry : node.entries) {
            start_line(indent, begun);
            text_ += word(entry.key) + ":";
            value(entry.value, indent, false);
        }
    }

    void line(const Node& node) {
        text_ += one_line(node);
        if (origins_ == Origins::Shown) text_ += "  # " + origin(node);
        text_ += "\n";
    }

    std::string take() { return std::move(text_); }

private:
    void start_line(std::size_t indent, bool& begun) {
        if (!begun) text_.append(indent, ' ');
        begun = false;
    }

    void value(const Node& node, std::size_t indent, bool in_list) {
        if (is_on_one_line(node)) {
            text_ += " ";
            line(node);
        } else if (in_list) { // `- key: value`, `- - item`
            text_ += " ";
            block(node, indent + 2, true);
        } else {
            text_ += "\n";
            block(node, indent + 2, false);
        }
    }

    static std::string origin(const Node& node) {
        std::vector<Place> places; // one for each file that had a say in this line
        collect(node, places);
        std::string text;
        for (const Place& place : places) {
            text += text.empty() ? "" : ", ";
            if (place.is_default())
                text += "default";
            else if (place.line == 0)
                text += "from " + place.file;
            else
                text += "from " + std::filesystem::path(place.file).filename().string() + ":" +
                        std::to_string(place.line);
        }
        return text;
    }

    static void collect(const Node& node, std::vector<Place>& places) {
        const bool is_known = std::any_of(places.begin(), places.end(),
                                          [&](const Place& place) { return place.file == node.place.file; });
        if (!is_known) places.push_back(node.place);
        for (const Node& item : node.items) collect(item, places);
        for (const Node::Entry& entry : node.entries) collect(entry.value, places);
    }

    Origins origins_;
    std::string text_;
};

} // namespace

std::string yaml_text(const Node& root, Origins origins) {
    Printer printer(origins);
    if (is_on_one_line(root))
        printer.line(root);
    else
        printer.block(root, 0, false);
    return printer.take();
}

} // namespace migsim
