// SPDX-License-Identifier: Apache-2.0
#include "models/base/config/schema.h"

#include <cstdint>

#include <nlohmann/json.hpp>

#include "models/base/config/input_errors.h"
#include "models/base/config/scalars.h"

namespace migsim {
namespace {

using Json = nlohmann::ordered_json; // keys in declared order

Json to_json(const Node& node) {
    switch (node.kind) {
    case Node::Kind::Null:
        return nullptr;
    case Node::Kind::Sequence: {
        Json json = Json::array();
        for (const Node& item : node.items) json.push_back(to_json(item));
        return json;
    }
    case Node::Kind::Map: {
        Json json = Json::object();
        for (const Node::Entry& entry : node.entries) json[entry.key] = to_json(entry.value);
        return json;
    }
    case Node::Kind::Scalar:
        break;
    }
    if (node.quoted || !looks_like_no_text(node.scalar)) return node.scalar;
    InputErrors ignored; // the reader's own idea of a number decides what is one
    if (const auto boolean = read_bool(node, ignored)) return *boolean;
    if (const auto whole = read_integer(node, {INT64_MIN, UINT64_MAX}, {}, ignored))
        return *whole < 0 ? Json(static_cast<std::int64_t>(*whole))
                          : Json(static_cast<std::uint64_t>(*whole));
    if (const auto number = read_number(node, {}, ignored)) return *number;
    return node.scalar;
}

Json bound(long double value, Shape::Kind kind) {
    if (kind == Shape::Kind::Number) return static_cast<double>(value);
    return value < 0 ? Json(static_cast<std::int64_t>(value)) : Json(static_cast<std::uint64_t>(value));
}

Json to_schema(const Shape& shape) {
    Json json = Json::object();
    switch (shape.kind) {
    case Shape::Kind::Bool:
        json["type"] = "boolean";
        break;
    case Shape::Kind::Integer:
        json["type"] = "integer";
        break;
    case Shape::Kind::Number:
        json["type"] = "number";
        break;
    case Shape::Kind::Text:
        json["type"] = "string";
        if (shape.non_empty) json["minLength"] = 1;
        break;
    case Shape::Kind::Choice:
        json["enum"] = shape.choices;
        break;
    case Shape::Kind::List:
        json["type"] = "array";
        if (shape.non_empty) json["minItems"] = 1;
        json["items"] = to_schema(shape.inner.front());
        break;
    case Shape::Kind::Table:
        json["type"] = "object";
        if (shape.non_empty) json["minProperties"] = 1;
        json["additionalProperties"] = to_schema(shape.inner.front());
        break;
    case Shape::Kind::OneOf:
        for (const Shape& alternative : shape.inner) json["oneOf"].push_back(to_schema(alternative));
        break;
    case Shape::Kind::Struct:
        json["type"] = "object";
        json["properties"] = Json::object();
        json["required"] = Json::array();
        for (const Shape::Field& field : shape.fields) {
            Json& property = json["properties"][field.key] = to_schema(field.shape);
            property["description"] = field.meaning;
            if (field.default_value) property["default"] = to_json(*field.default_value);
            if (field.required) json["required"].push_back(field.key);
        }
        json["additionalProperties"] = false;
        break;
    }
    if (shape.range) {
        json["minimum"] = bound(shape.range->min, shape.kind);
        json["maximum"] = bound(shape.range->max, shape.kind);
    }
    return json;
}

} // namespace

std::string json_schema(const Shape& root, const std::string& title) {
    Json json = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", title}};
    json.update(to_schema(root));
    return json.dump(2) + "\n";
}

std::string json_text(const Node& node) {
    return to_json(node).dump(2) + "\n";
}

} // namespace migsim
