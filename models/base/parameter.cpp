// SPDX-License-Identifier: Apache-2.0
#include "models/base/parameter.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "models/base/config/describe.h"
#include "models/base/config/yaml_text.h"

namespace migsim {
namespace {

std::string one_line(const Node& node) {
    std::string text = yaml_text(node, Origins::Hidden);
    text.pop_back();
    return text;
}

std::string legal_text(const Shape& shape) {
    switch (shape.kind) {
    case Shape::Kind::Bool:
        return "true, false";
    case Shape::Kind::Integer:
        return range_text(*shape.range, true);
    case Shape::Kind::Number:
        return range_text(*shape.range, false);
    case Shape::Kind::List:
        return "a list of " + legal_text(shape.inner.front());
    case Shape::Kind::Choice:
        return legal_list(shape.choices).substr(std::string_view("legal: ").size());
    default:
        return "a text";
    }
}

} // namespace

void Params::declare(Entry entry, const void* value) {
    assert(!find(entry.key) && "a parameter key is declared twice");
    entry.offset = static_cast<const char*>(value) - reinterpret_cast<const char*>(this);
    entries_.push_back(std::move(entry));
}

Params::Entry* Params::find(std::string_view key) {
    const auto found =
        std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.key == key; });
    return found == entries_.end() ? nullptr : &*found;
}

std::vector<std::string> Params::keys() const {
    std::vector<std::string> keys;
    for (const Entry& entry : entries_) keys.emplace_back(entry.key);
    return keys;
}

void Params::read(const Node& map, InputErrors& errors) {
    if (!check_map(map, {}, errors)) return;
    for (const Node::Entry& given : map.entries)
        if (!find(given.key))
            errors.add(given.key_place, map.path, not_legal(given.key, "a parameter here", keys()));
    for (Entry& entry : entries_) {
        if (const Node* node = map.find(entry.key))
            read_entry(entry, *node, errors);
        else
            errors.add(map.place, map.child_path(entry.key),
                       "is missing; it is " + std::string(entry.meaning) + " (" + entry.unit +
                           "); legal: {value: " + legal_text(entry.type->shape(entry.limits)) +
                           ", kind: measured|vendor|derived|assumed, source: \"…\"}");
    }
}

void Params::read_entry(Entry& entry, const Node& node, InputErrors& errors) {
    if (node.kind != Node::Kind::Map && node.place.is_override()) return set(entry.key, node, errors);
    if (node.kind != Node::Kind::Map) {
        const std::string got =
            node.kind == Node::Kind::Scalar ? shown(node.scalar) : std::string(node.kind_name());
        return errors.add(node, got + " does not say where the number comes from; legal: {value: " +
                                    legal_text(entry.type->shape(entry.limits)) +
                                    ", kind: measured|vendor|derived|assumed, source: \"…\"}");
    }
    Provenance provenance{ParamKind::Assumed, "", node.place};
    Reader reader(node, errors);
    reader.leave("value");
    reader.required("kind", provenance.kind, "how the number was found");
    reader.required("source", provenance.source, "where the number was found", NonEmpty{});
    reader.finish();
    const Node* value = node.find("value");
    if (!value)
        return errors.add(node.place, node.child_path("value"),
                          "is missing; it is " + std::string(entry.meaning));
    const Node* source = node.find("source");
    const bool is_overridden = value->place.is_override() && !(source && source->place.is_override());
    if (is_overridden)
        return set(entry.key, *value, errors); // the file's source is not where this number is from
    give(entry, *value, std::move(provenance), errors);
}

void Params::give(Entry& entry, const Node& value, Provenance provenance, InputErrors& errors) {
    const std::size_t errors_before = errors.count();
    entry.type->read(value, reinterpret_cast<char*>(this) + entry.offset, entry.limits, errors);
    if (errors.count() == errors_before) entry.provenance = std::move(provenance);
}

void Params::set(std::string_view key, const Node& value, InputErrors& errors) {
    Entry* entry = find(key);
    if (!entry) return errors.add(value, not_legal(key, "a parameter here", keys()));
    give(*entry, value, {ParamKind::Assumed, "set by the user", value.place}, errors);
}

void Params::set(std::string_view key, std::string_view value) {
    Document document{Node::map()};
    apply_set(document, "value=" + std::string(value));
    Node& node = document.root.entries.front().value;
    node.path = key;
    InputErrors errors;
    set(key, node, errors);
    errors.throw_if_any();
}

std::vector<ParamDescription> Params::describe() const {
    std::vector<ParamDescription> all;
    for (const Entry& entry : entries_)
        all.push_back({entry.key, entry.unit, entry.meaning, legal_text(entry.type->shape(entry.limits)),
                       entry.provenance ? one_line(value_node(entry)) : "", entry.provenance});
    return all;
}

std::vector<std::string> Params::unset() const {
    std::vector<std::string> keys;
    for (const Entry& entry : entries_)
        if (!entry.provenance) keys.emplace_back(entry.key);
    return keys;
}

const Place& Params::place(std::string_view key) const {
    static const Place nowhere;
    const Entry* entry = const_cast<Params*>(this)->find(key);
    assert(entry && "no such parameter");
    return entry && entry->provenance ? entry->provenance->place : nowhere;
}

Node Params::value_node(const Entry& entry) const {
    return entry.type->node(reinterpret_cast<const char*>(this) + entry.offset);
}

Node Params::node() const {
    Node map = Node::map();
    for (const Entry& entry : entries_) {
        assert(entry.provenance && "a parameter has no value");
        Node described = Node::map();
        described.flow = true;
        described.add("value", value_node(entry));
        described.add("kind", Node::text(std::string(enum_name(entry.provenance->kind))));
        described.add("source", Node::text(entry.provenance->source));
        described.place = entry.provenance->place;
        for (Node::Entry& part : described.entries) part.value.place = described.place;
        map.add(entry.key, std::move(described));
    }
    return map;
}

Shape Params::shape() const {
    Shape shape{.kind = Shape::Kind::Struct};
    const Shape kind{.kind = Shape::Kind::Choice, .choices = enum_names<ParamKind>()};
    const Shape source{.kind = Shape::Kind::Text, .non_empty = true};
    for (const Entry& entry : entries_) {
        Shape described{.kind = Shape::Kind::Struct,
                        .fields = {{"value", entry.meaning, true, {}, entry.type->shape(entry.limits)},
                                   {"kind", "how the number was found", true, {}, kind},
                                   {"source", "where the number was found", true, {}, source}}};
        shape.fields.push_back(
            {entry.key, std::string(entry.meaning) + " (" + entry.unit + ")", true, {}, described});
    }
    return shape;
}

} // namespace migsim
