// SPDX-License-Identifier: Apache-2.0
// Declares the keys of a file once and uses them three ways: to read it, to write its JSON Schema, and to
// write back the values that were used. For each struct, beside it:
//   template <class Visitor> void describe(Visitor& v, Tenant& t) {
//       v.required("name", t.name, "how reports call it", NonEmpty{});
//       v.optional("period_us", t.period_us, "time between requests", Range{0.1, 1e9});
//       v.rule("stop_us", t.stop_us >= t.start_us, "must not be before start_us");
//   }
// The default of an optional key is what a new Tenant{} holds. A std::variant of such structs is one map
// whose key `kind` chooses: each has `static constexpr const char* kind = "…";`.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "models/base/config/codec.h"
#include "models/base/config/format.h"
#include "models/base/config/schema.h"
#include "models/base/config/yaml_text.h"

namespace migsim {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

// Reads the keys of one map. What is missing, unknown or wrong lands in `errors`, all of it.
class Reader {
public:
    Reader(const Node& map, InputErrors& errors)
        : map_(map), errors_(errors), errors_before_(errors.count()) {}

    template <class T, class... Options>
    void required(const char* key, T& field, const char* meaning, const Options&... options) {
        static_assert(!is_optional<T>, "a required key always has a value");
        if (const Node* node = take(key))
            Codec<T>::read(*node, field, Limits::of(options...), errors_);
        else
            complain_missing(key, meaning);
    }
    template <class T, class... Options>
    void optional(const char* key, T& field, const char*, const Options&... options) {
        if (const Node* node = take(key)) Codec<T>::read(*node, field, Limits::of(options...), errors_);
    }
    // What must hold between keys; only asked when each is good by itself.
    void rule(const char* key, bool holds, std::string_view sentence);

    void leave(const char* key) { take(key); } // a key of this map that somebody else reads
    void finish();                             // complains about every key nobody asked for

private:
    const Node* take(const char* key);
    void complain_missing(const char* key, const char* meaning);

    const Node& map_;
    InputErrors& errors_;
    std::size_t errors_before_;
    std::vector<std::string> known_;
};

// Writes a struct as the map it was, or would have been, read from.
class EffectiveWriter {
public:
    EffectiveWriter(Node& map, const Origin& origin) : map_(map), origin_(origin) {}

    template <class T, class... Options>
    void required(const char* key, const T& field, const char*, const Options&...) {
        map_.add(key, Codec<T>::node(field, origin_.child(key)));
    }
    template <class T, class... Options>
    void optional(const char* key, const T& field, const char*, const Options&...) {
        if constexpr (is_optional<T>)
            if (!field) return;
        map_.add(key, Codec<T>::node(field, origin_.child(key)));
    }
    void rule(const char*, bool, std::string_view) {}

private:
    Node& map_;
    Origin origin_;
};

// Collects the shape of a struct; run over a default-constructed one, whose values are the defaults.
class SchemaWriter {
public:
    explicit SchemaWriter(Shape& shape) : shape_(shape) {}

    template <class T, class... Options>
    void required(const char* key, const T&, const char* meaning, const Options&... options) {
        shape_.fields.push_back({key, meaning, true, std::nullopt, Codec<T>::shape(Limits::of(options...))});
    }
    template <class T, class... Options>
    void optional(const char* key, const T& field, const char* meaning, const Options&... options) {
        std::optional<Node> value;
        if constexpr (is_optional<T>) {
            if (field) value = Codec<T>::node(field, Origin(nullptr, {}));
        } else {
            value = Codec<T>::node(field, Origin(nullptr, {}));
        }
        shape_.fields.push_back(
            {key, meaning, false, std::move(value), Codec<T>::shape(Limits::of(options...))});
    }
    void rule(const char*, bool, std::string_view) {}

private:
    Shape& shape_;
};

template <class T>
concept Described = requires(T& value, Reader& reader) {
    describe(reader, value);
};

template <Described T>
struct Codec<T> {
    // `owned_key` is one that the caller reads itself: `kind` of a union, `format` of a document.
    static void read(const Node& node, T& value, const Limits& limits, InputErrors& errors,
                     const char* owned_key = nullptr) {
        if (!check_map(node, limits, errors)) return;
        Reader reader(node, errors);
        if (owned_key) reader.leave(owned_key);
        describe(reader, value);
        reader.finish();
    }
    static Node node(const T& value, const Origin& origin) {
        Node map = origin.here(Node::map());
        append(value, origin, map);
        return map;
    }
    static Shape shape(const Limits&) {
        Shape shape{.kind = Shape::Kind::Struct};
        append(shape);
        return shape;
    }

    static void append(const T& value, const Origin& origin, Node& map) {
        EffectiveWriter writer(map, origin);
        T copy = value; // describe() is written once, for readers, and so takes a mutable T
        describe(writer, copy);
    }
    static void append(Shape& shape) {
        T defaults{};
        SchemaWriter writer(shape);
        describe(writer, defaults);
    }
};

template <class... Alternatives>
requires(Described<Alternatives>&&...) struct Codec<std::variant<Alternatives...>> {
    using Variant = std::variant<Alternatives...>;

    static void read(const Node& node, Variant& value, const Limits& limits, InputErrors& errors) {
        if (!check_map(node, limits, errors)) return;
        const std::vector<std::string> kinds{Alternatives::kind...};
        const Node* chosen = node.find("kind");
        if (!chosen)
            return errors.add(node.place, node.child_path("kind"), "is missing; " + legal_list(kinds));
        const auto index = read_choice(*chosen, kinds, errors);
        if (index) (read_if<Alternatives>(kinds[*index], node, value, errors), ...);
    }
    static Node node(const Variant& value, const Origin& origin) {
        Node map = origin.here(Node::map());
        std::visit(
            [&]<class T>(const T& alternative) {
                map.add("kind", origin.child("kind").here(Node::text(T::kind)));
                Codec<T>::append(alternative, origin, map);
            },
            value);
        return map;
    }
    static Shape shape(const Limits&) {
        return {.kind = Shape::Kind::OneOf, .inner = {alternative_shape<Alternatives>()...}};
    }

private:
    template <class T>
    static void read_if(std::string_view kind, const Node& node, Variant& value, InputErrors& errors) {
        if (kind == T::kind) Codec<T>::read(node, value.template emplace<T>(), {}, errors, "kind");
    }
    template <class T>
    static Shape alternative_shape() {
        Shape kind{.kind = Shape::Kind::Choice, .choices = {T::kind}};
        Shape shape{.kind = Shape::Kind::Struct,
                    .fields = {{"kind", "which of these it is", true, {}, kind}}};
        Codec<T>::append(shape);
        return shape;
    }
};

// A document of ours, whose first key is `format`.
template <class T>
void read_document(const Document& document, const Format& format, T& value, InputErrors& errors) {
    if (check_format(document.root, format, errors))
        Codec<T>::read(document.root, value, {}, errors, "format");
}

template <class T>
std::string schema_text(const Format& format, const std::string& title) {
    Shape shape{.kind = Shape::Kind::Struct, .fields = {format_field(format)}};
    Codec<T>::append(shape);
    return json_schema(shape, title);
}

// Every value in use as canonical YAML: keys in declared order, defaults written out, an absent
// std::optional left out, shortest numbers that read back to the same value, paths relative to
// `home`, the folder the text will stand in. The rule: reading the text (from `home`) and writing
// it again gives the same bytes, except that each origin comment then names the effective file.
// So hash and compare with Origins::Hidden. `source` is what value was read from.
template <class T>
std::string effective_text(const T& value, const Format& format, const Document& source,
                           const std::filesystem::path& home, Origins origins) {
    const Origin origin(&source.root, home);
    Node root = Node::map();
    root.add("format", origin.child("format").here(Node::text(format.text())));
    Codec<T>::append(value, origin, root);
    return yaml_text(root, origins);
}

} // namespace migsim
