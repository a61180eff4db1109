// SPDX-License-Identifier: Apache-2.0
// The names an enum has in files, declared once beside the enum:
//   template <> struct EnumNames<Wall> { static constexpr std::array table{EnumName{Wall::Sm, "sm"}, …}; };
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace migsim {

template <class E>
struct EnumName {
    E value;
    std::string_view name;
};
template <class E>
EnumName(E, const char*) -> EnumName<E>;

template <class E>
struct EnumNames;

template <class E>
concept NamedEnum = std::is_enum_v<E> && requires {
    EnumNames<E>::table.size();
};

template <NamedEnum E>
std::vector<std::string> enum_names() {
    std::vector<std::string> names;
    for (const auto& entry : EnumNames<E>::table) names.emplace_back(entry.name);
    return names;
}

template <NamedEnum E>
constexpr std::string_view enum_name(E value) {
    for (const auto& entry : EnumNames<E>::table)
        if (entry.value == value) return entry.name;
    return "?";
}

} // namespace migsim
