// SPDX-License-Identifier: Apache-2.0
#include "scenarios/parameter_overrides.h"

#include <vector>

namespace migsim {
namespace {

bool is_single_value_or_list_of_such(const Node& node) {
    if (node.kind == Node::Kind::Scalar) return true;
    if (node.kind != Node::Kind::Sequence) return false;
    for (const Node& item : node.items)
        if (item.kind != Node::Kind::Scalar) return false;
    return true;
}

std::vector<std::string> keys_of(const Node& map, Node::Kind of_values) {
    std::vector<std::string> keys;
    for (const Node::Entry& entry : map.entries)
        if (entry.value.kind == of_values) keys.push_back(entry.key);
    return keys;
}

} // namespace

void Codec<ParameterValue>::read(const Node& node, ParameterValue& value, const Limits&,
                                 InputErrors& errors) {
    if (is_single_value_or_list_of_such(node))
        value.written = node;
    else
        errors.add(node, "is " + std::string(node.kind_name()) + ", not the value of a parameter");
}

Node Codec<ParameterValue>::node(const ParameterValue& value, const Origin& origin) {
    return origin.here(value.written);
}

Shape Codec<ParameterValue>::shape(const Limits&) {
    const Shape number{.kind = Shape::Kind::Number};
    return {.kind = Shape::Kind::OneOf,
            .inner = {{.kind = Shape::Kind::Bool},
                      number,
                      {.kind = Shape::Kind::Text},
                      {.kind = Shape::Kind::List, .inner = {number}}}};
}

void apply_overrides(const ParameterOverrides& overrides, Document& device, InputErrors& errors) {
    for (const auto& [group, parameters] : overrides) {
        Node* in_group = device.root.find(group);
        for (const auto& [key, value] : parameters) {
            const Node& written = value.written;
            if (!in_group || in_group->kind != Node::Kind::Map) {
                errors.add(written,
                           not_legal(group, "a group of parameters", keys_of(device.root, Node::Kind::Map)));
                break;
            }
            Node* entry = in_group->find(key);
            if (!entry) {
                errors.add(written,
                           not_legal(key, "a parameter of " + group, keys_of(*in_group, Node::Kind::Map)));
                continue;
            }
            *entry = Node::map();
            entry->place = written.place;
            entry->path = written.path;
            entry->add("value", written);
            entry->add("kind", Node::text("assumed"));
            entry->add("source", Node::text("set by the scenario"));
        }
    }
}

} // namespace migsim
