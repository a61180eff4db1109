// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "models/base/config/input_errors.h"
#include "models/base/config/node.h"
#include "models/base/config/node_path.h"

namespace migsim {
namespace {

const Place from_command_line{Place::override_file, 0, 0};

[[noreturn]] void refuse(std::string_view path, const std::string& sentence) {
    migsim::refuse(from_command_line, path, sentence);
}

void place_all(Node& node) {
    node.place = from_command_line;
    for (Node& item : node.items) place_all(item);
    for (Node::Entry& entry : node.entries) {
        entry.key_place = from_command_line;
        place_all(entry.value);
    }
}

Node parse_value(std::string_view path, std::string_view value) {
    Node node;
    if (value.find_first_not_of(" \t\r\n") != std::string_view::npos) {
        try {
            node = parse_document(value, Place::override_file).root;
        } catch (const InputError& error) {
            // "--set:LINE:COL: sentence": of these only the sentence means anything to the user
            const std::string_view text = error.what();
            refuse(path, shown(value) + " " + std::string(text.substr(text.find(": ") + 2)));
        }
    }
    place_all(node);
    return node;
}

// The node one step down, made if it may be made.
Node& descend(Node& node, const PathStep& step, std::string_view path) {
    const bool by_key = std::holds_alternative<std::string>(step);
    if (node.kind == Node::Kind::Null) node.kind = by_key ? Node::Kind::Map : Node::Kind::Sequence;
    if (node.place.is_default()) node.place = from_command_line; // new here
    const std::string here = node.path.empty() ? "the whole file" : node.path;
    if (by_key) {
        const auto& key = std::get<std::string>(step);
        if (node.kind != Node::Kind::Map)
            refuse(path, here + " is " + std::string(node.kind_name()) + "; it has no key " + shown(key));
        if (Node* child = node.find(key)) return *child;
        Node& child = node.add(key, {});
        node.entries.back().key_place = from_command_line;
        child.path = node.child_path(key);
        return child;
    }
    const std::size_t index = std::get<std::size_t>(step);
    if (node.kind != Node::Kind::Sequence)
        refuse(path,
               here + " is " + std::string(node.kind_name()) + "; it has no item " + std::to_string(index));
    const std::size_t size = node.items.size();
    if (index > size)
        refuse(path, here + " has " + std::to_string(size) + " items; legal: 0 to " + std::to_string(size) +
                         " (" + std::to_string(size) + " appends)");
    if (index == size) {
        node.items.emplace_back();
        node.items.back().path = node.child_path(index);
    }
    return node.items[index];
}

} // namespace

void apply_set(Document& document, std::string_view assignment) {
    bool in_quotes = false;
    const auto equals = std::find_if(assignment.begin(), assignment.end(), [&](char c) {
        if (c == '"') in_quotes = !in_quotes;
        return c == '=' && !in_quotes;
    });
    if (equals == assignment.end())
        refuse("", shown(assignment) + " is not an assignment; legal: path.to.key=value");
    const std::string_view path = assignment.substr(0, static_cast<std::size_t>(equals - assignment.begin()));
    const auto steps = split_path(path);
    if (!steps || steps->empty() || steps->size() > 64)
        refuse("", shown(path) + " is not a path to a key; legal: for example tenants[2].load.period_us");
    Node value = parse_value(path, assignment.substr(path.size() + 1));
    Document changed = document; // so that a refused path leaves no half-made keys behind
    Node* node = &changed.root;
    for (const PathStep& step : *steps) node = &descend(*node, step, path);
    value.path = node->path;
    *node = std::move(value);
    assign_paths(*node);
    document = std::move(changed);
}

} // namespace migsim
