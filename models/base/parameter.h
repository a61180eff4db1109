// SPDX-License-Identifier: Apache-2.0
// The numbers that make a block what it is, declared once, one line each, in the block's header:
//   struct L2SliceParams : Params {
//       using Params::Params;
//       Param<std::uint32_t> ways{this, "ways", "lines", "lines per set", {1, 64}};
//   };
// There are no defaults: a device file gives every value with its kind and source.
// A Param is exactly its value in memory (sizeof(Param<T>) == sizeof(T)); what is
// known about it lives in Params, which finds it by offset and so may be copied.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/config/codec.h"

namespace migsim {

enum class ParamKind { Measured, Vendor, Derived, Assumed };
template <>
struct EnumNames<ParamKind> {
    static constexpr std::array table{
        EnumName{ParamKind::Measured, "measured"}, EnumName{ParamKind::Vendor, "vendor"},
        EnumName{ParamKind::Derived, "derived"}, EnumName{ParamKind::Assumed, "assumed"}};
};

struct Provenance {
    ParamKind kind;
    std::string source;
    Place place;
};

// All there is to know about one parameter, for printing.
struct ParamDescription {
    std::string key;
    std::string unit;
    std::string meaning;
    std::string legal;                    // "1 to 64", "true or false", …
    std::string value;                    // as a device file would write it; empty while unset
    std::optional<Provenance> provenance; // absent while unset
};

template <class T>
concept RangedParam =
    std::same_as<T, std::uint32_t> || std::same_as<T, std::uint64_t> || std::same_as<T, double> ||
    std::same_as<T, std::vector<std::uint32_t>>; // of a vector: bounds each item; it is never empty
template <class T>
concept PlainParam = std::same_as<T, bool> || std::same_as<T, std::string> || NamedEnum<T>;

template <class T>
class Param;

class Params {
public:
    Params() = default;

    // Reads `key: {value: …, kind: …, source: …}` for every declared key.
    // Complains about each that is missing, unknown, malformed or out of
    // range. A bare value is taken from --set only, and counts as assumed.
    void read(const Node& map, InputErrors& errors);
    // One value under the same checks, for overrides and tests;
    // it counts as assumed. The second throws InputError.
    void set(std::string_view key, const Node& value, InputErrors& errors);
    void set(std::string_view key, std::string_view value);

    std::vector<ParamDescription> describe() const;
    std::vector<std::string> unset() const; // keys that nobody has given a value
    const Place&
    place(std::string_view key) const; // for complaints about parameters that do not fit together

    Node node() const; // as a device file writes it; every value must be set
    Shape shape() const;

protected: // a Params alone has no values: copy the struct that declares them
    Params(const Params&) = default;
    Params& operator=(const Params&) = default;
    ~Params() = default;

private:
    template <class T>
    friend class Param;

    struct Type { // what a Codec<T> can do, for a T only known by its address
        void (*read)(const Node&, void*, const Limits&, InputErrors&);
        Node (*node)(const void*);
        Shape (*shape)(const Limits&);
    };
    struct Entry {
        const char* key;
        const char* unit;
        const char* meaning;
        Limits limits;
        const Type* type;
        std::ptrdiff_t offset; // of the value from this Params: the same in every copy
        std::optional<Provenance> provenance;
    };
    template <class T>
    static constexpr Type type_of{
        [](const Node& node, void* value, const Limits& limits, InputErrors& errors) {
            Codec<T>::read(node, *static_cast<T*>(value), limits, errors);
        },
        [](const void* value) { return Codec<T>::node(*static_cast<const T*>(value), Origin(nullptr, {})); },
        [](const Limits& limits) { return Codec<T>::shape(limits); }};

    void declare(Entry entry, const void* value);
    Entry* find(std::string_view key);
    void read_entry(Entry& entry, const Node& node, InputErrors& errors);
    void give(Entry& entry, const Node& value, Provenance provenance, InputErrors& errors);
    Node value_node(const Entry& entry) const;
    std::vector<std::string> keys() const;

    std::vector<Entry> entries_;
};

template <class T>
class Param {
public:
    Param(Params* owner, const char* key, const char* unit, const char* meaning,
          Range range) requires RangedParam<T> {
        owner->declare({key, unit, meaning, Limits::of(range, NonEmpty{}), &Params::type_of<T>, 0, {}},
                       &value_);
    }
    Param(Params* owner, const char* key, const char* unit, const char* meaning) requires PlainParam<T> {
        owner->declare({key, unit, meaning, Limits::of(NonEmpty{}), &Params::type_of<T>, 0, {}}, &value_);
    }

    operator const T&() const { return value_; }
    const T& value() const { return value_; } // where no conversion is tried: p.channels.value().size()

private:
    T value_{};
};

// A block of parameters may be a field of a described struct.
template <std::derived_from<Params> P>
struct Codec<P> {
    static void read(const Node& node, P& params, const Limits&, InputErrors& errors) {
        params.read(node, errors);
    }
    static Node node(const P& params, const Origin&) { return params.node(); }
    static Shape shape(const Limits&) { return P().shape(); }
};

} // namespace migsim
