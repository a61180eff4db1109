// SPDX-License-Identifier: Apache-2.0
#include "scenarios/json.h"

#include <nlohmann/json.hpp>

#include "models/base/config/node_path.h"

namespace migsim {
namespace {

using Json = nlohmann::ordered_json;

Node to_node(const Json& json, const Place& place) {
    Node node;
    if (json.is_object()) {
        node = Node::map();
        for (const auto& [key, value] : json.items()) node.add(key, to_node(value, place));
    } else if (json.is_array()) {
        node = Node::sequence();
        for (const Json& item : json) node.items.push_back(to_node(item, place));
    } else if (json.is_string()) {
        node = Node::text(json.get<std::string>());
    } else if (!json.is_null()) {
        node = Node::plain(json.dump());
    }
    node.place = place;
    return node;
}

} // namespace

std::string json_line(const Node& node) {
    return Json::parse(json_text(node)).dump();
}

Node node_of_json(std::string_view text, const std::string& name) {
    Node root = to_node(Json::parse(text), Place{name, 1, 1});
    assign_paths(root);
    return root;
}

} // namespace migsim
