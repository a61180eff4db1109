// SPDX-License-Identifier: Apache-2.0
// How one C++ type stands in a file: read from a Node, written back as a Node, and its Shape for the schema.
// Here: bool, text, integers, double, named enums, optional, list, map and path; describe.h adds described
// structs and unions. A type with a spelling of its own specialises Codec; nothing else needs to know.
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/base/config/enum_names.h"
#include "models/base/config/input_errors.h"
#include "models/base/config/limits.h"
#include "models/base/config/node.h"
#include "models/base/config/relative_path.h"
#include "models/base/config/scalars.h"
#include "models/base/config/shape.h"

namespace migsim {

// Where a value that is being written back came from, and where the text that names it will stand.
class Origin {
public:
    Origin(const Node* source, const std::filesystem::path& home) : source_(source), home_(home) {}

    Origin child(std::string_view key) const { return {source_ ? source_->find(key) : nullptr, home_}; }
    Origin child(std::size_t index) const {
        return {source_ && index < source_->items.size() ? &source_->items[index] : nullptr, home_};
    }
    Node here(Node node) const { // that node, said to come from here
        if (source_) node.place = source_->place;
        return node;
    }
    const std::filesystem::path& home() const { return home_; }

private:
    const Node* source_;
    const std::filesystem::path& home_;
};

// template <> struct Codec<T> {
//     static void read(const Node&, T&, const Limits&, InputErrors&); // after a complaint, T's value means
//     nothing static Node node(const T&, const Origin&); static Shape shape(const Limits&);
// };
template <class T>
struct Codec;

template <>
struct Codec<bool> {
    static void read(const Node& node, bool& value, const Limits&, InputErrors& errors) {
        if (const auto read = read_bool(node, errors)) value = *read;
    }
    static Node node(bool value, const Origin& origin) {
        return origin.here(Node::plain(value ? "true" : "false"));
    }
    static Shape shape(const Limits&) { return {.kind = Shape::Kind::Bool}; }
};

template <>
struct Codec<std::string> {
    static void read(const Node& node, std::string& value, const Limits& limits, InputErrors& errors) {
        if (auto read = read_text(node, limits, errors)) value = std::move(*read);
    }
    static Node node(const std::string& value, const Origin& origin) {
        return origin.here(Node::text(value));
    }
    static Shape shape(const Limits& limits) {
        return {.kind = Shape::Kind::Text, .non_empty = limits.non_empty};
    }
};

template <>
struct Codec<double> {
    static void read(const Node& node, double& value, const Limits& limits, InputErrors& errors) {
        if (const auto read = read_number(node, limits, errors)) value = *read;
    }
    static Node node(double value, const Origin& origin) {
        return origin.here(Node::plain(number_text(value)));
    }
    static Shape shape(const Limits& limits) { return {.kind = Shape::Kind::Number, .range = limits.range}; }
};

template <std::integral T>
struct Codec<T> {
    static constexpr Range type{std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};

    static void read(const Node& node, T& value, const Limits& limits, InputErrors& errors) {
        if (const auto read = read_integer(node, type, limits, errors)) value = static_cast<T>(*read);
    }
    static Node node(T value, const Origin& origin) {
        return origin.here(Node::plain(std::to_string(value)));
    }
    static Shape shape(const Limits& limits) {
        return {.kind = Shape::Kind::Integer, .range = narrower(type, limits.range)};
    }
};

template <NamedEnum E>
struct Codec<E> {
    static void read(const Node& node, E& value, const Limits&, InputErrors& errors) {
        if (const auto index = read_choice(node, enum_names<E>(), errors))
            value = EnumNames<E>::table[*index].value;
    }
    static Node node(E value, const Origin& origin) {
        return origin.here(Node::text(std::string(enum_name(value))));
    }
    static Shape shape(const Limits&) { return {.kind = Shape::Kind::Choice, .choices = enum_names<E>()}; }
};

// Present or not; describe.h leaves out the key of an absent one.
template <class T>
struct Codec<std::optional<T>> {
    static void read(const Node& node, std::optional<T>& value, const Limits& limits, InputErrors& errors) {
        Codec<T>::read(node, value.emplace(), limits, errors);
    }
    static Node node(const std::optional<T>& value, const Origin& origin) {
        return Codec<T>::node(*value, origin);
    }
    static Shape shape(const Limits& limits) { return Codec<T>::shape(limits); }
};

template <class T>
struct Codec<std::vector<T>> {
    static void read(const Node& node, std::vector<T>& list, const Limits& limits, InputErrors& errors) {
        if (!check_list(node, limits, errors)) return;
        list.clear();
        for (const Node& item : node.items) {
            T value{};
            Codec<T>::read(item, value, limits.of_items(), errors);
            list.push_back(std::move(value));
        }
    }
    static Node node(const std::vector<T>& list, const Origin& origin) {
        Node node = origin.here(Node::sequence());
        for (const T& value : list)
            node.items.push_back(Codec<T>::node(value, origin.child(node.items.size())));
        return node;
    }
    static Shape shape(const Limits& limits) {
        return {.kind = Shape::Kind::List,
                .non_empty = limits.non_empty,
                .inner = {Codec<T>::shape(limits.of_items())}};
    }
};

template <class T>
struct Codec<std::map<std::string, T>> {
    static void read(const Node& node, std::map<std::string, T>& map, const Limits& limits,
                     InputErrors& errors) {
        if (!check_map(node, limits, errors)) return;
        map.clear();
        for (const Node::Entry& entry : node.entries) {
            T value{};
            Codec<T>::read(entry.value, value, limits.of_items(), errors);
            map.emplace(entry.key, std::move(value));
        }
    }
    static Node node(const std::map<std::string, T>& map, const Origin& origin) {
        Node node = origin.here(Node::map());
        for (const auto& [key, value] : map) node.add(key, Codec<T>::node(value, origin.child(key)));
        return node;
    }
    static Shape shape(const Limits& limits) {
        return {.kind = Shape::Kind::Table,
                .non_empty = limits.non_empty,
                .inner = {Codec<T>::shape(limits.of_items())}};
    }
};

template <>
struct Codec<RelativePath> {
    static void read(const Node& node, RelativePath& path, const Limits&, InputErrors& errors);
    static Node node(const RelativePath& path, const Origin& origin);
    static Shape shape(const Limits&) { return {.kind = Shape::Kind::Text, .non_empty = true}; }
};

} // namespace migsim
