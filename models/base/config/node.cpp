// SPDX-License-Identifier: Apache-2.0
#include "models/base/config/node.h"

#include <charconv>
#include <optional>
#include <utility>
#include <variant>

#include "models/base/config/input_errors.h"
#include "models/base/config/node_path.h"

namespace migsim {

const Node* Node::find(std::string_view key) const {
    for (const Entry& entry : entries)
        if (entry.key == key) return &entry.value;
    return nullptr;
}

Node* Node::find(std::string_view key) {
    return const_cast<Node*>(std::as_const(*this).find(key));
}

std::string Node::child_path(std::string_view key) const {
    const bool needs_quotes = key.empty() || key.find_first_of(".[]=\"") != std::string_view::npos;
    const std::string step = needs_quotes ? "\"" + std::string(key) + "\"" : std::string(key);
    return path.empty() ? step : path + "." + step;
}

std::string Node::child_path(std::size_t index) const {
    return path + "[" + std::to_string(index) + "]";
}

std::string_view Node::kind_name() const {
    switch (kind) {
    case Kind::Null:
        return "empty";
    case Kind::Scalar:
        return "a single value";
    case Kind::Sequence:
        return "a list";
    case Kind::Map:
        return "a map";
    }
    return "";
}

Node Node::text(std::string value) {
    Node node = plain(std::move(value));
    node.quoted = true;
    return node;
}

Node Node::plain(std::string value) {
    Node node;
    node.kind = Kind::Scalar;
    node.scalar = std::move(value);
    return node;
}

Node Node::sequence() {
    Node node;
    node.kind = Kind::Sequence;
    return node;
}

Node Node::map() {
    Node node;
    node.kind = Kind::Map;
    return node;
}

Node& Node::add(std::string key, Node value) {
    entries.push_back({std::move(key), {}, std::move(value)});
    return entries.back().value;
}

void assign_paths(Node& node) {
    for (std::size_t i = 0; i < node.items.size(); ++i) {
        node.items[i].path = node.child_path(i);
        assign_paths(node.items[i]);
    }
    for (Node::Entry& entry : node.entries) {
        entry.value.path = node.child_path(entry.key);
        assign_paths(entry.value);
    }
}

std::optional<std::vector<PathStep>> split_path(std::string_view path) {
    std::vector<PathStep> steps;
    std::size_t at = 0;
    while (at < path.size()) {
        if (path[at] == '[') {
            std::size_t index = 0;
            const char* end = path.data() + path.size();
            const auto [stop, error] = std::from_chars(path.data() + at + 1, end, index);
            if (error != std::errc() || stop == end || *stop != ']') return std::nullopt;
            steps.emplace_back(index);
            at = static_cast<std::size_t>(stop - path.data()) + 1;
            if (at < path.size() && path[at] != '.' && path[at] != '[') return std::nullopt;
            continue;
        }
        if (at > 0 && path[at++] != '.') return std::nullopt;
        const bool in_quotes = at < path.size() && path[at] == '"';
        const std::size_t begin = at + in_quotes;
        const std::size_t end =
            in_quotes ? path.find('"', begin) : std::min(path.find_first_of(".[]=\"", begin), path.size());
        if (end == std::string_view::npos || (end == begin && !in_quotes)) return std::nullopt;
        steps.emplace_back(std::string(path.substr(begin, end - begin)));
        at = end + in_quotes;
    }
    return steps;
}

const Node* Document::find(std::string_view path) const {
    const auto steps = split_path(path);
    const Node* node = steps ? &root : nullptr;
    for (std::size_t i = 0; node && i < steps->size(); ++i) {
        const PathStep& step = (*steps)[i];
        if (const auto* key = std::get_if<std::string>(&step))
            node = node->find(*key);
        else
            node = std::get<std::size_t>(step) < node->items.size()
                       ? &node->items[std::get<std::size_t>(step)]
                       : nullptr;
    }
    return node;
}

} // namespace migsim
