// SPDX-License-Identifier: Apache-2.0
#include "partition/walls.h"

#include <algorithm>

namespace migsim {

WallSet WallSet::all() {
    WallSet walls;
    for (const auto& entry : EnumNames<Wall>::table) walls.add(entry.value);
    return walls;
}

std::vector<Wall> WallSet::list() const {
    std::vector<Wall> up;
    for (const auto& entry : EnumNames<Wall>::table)
        if (has(entry.value)) up.push_back(entry.value);
    return up;
}

WallSet walls_named(const std::vector<std::string>& names) {
    WallSet walls;
    for (const std::string& name : names) {
        const auto& table = EnumNames<Wall>::table;
        const auto entry = std::ranges::find(table, name, &EnumName<Wall>::name);
        if (entry == table.end()) throw InputError(not_legal(name, "a wall", enum_names<Wall>()));
        walls.add(entry->value);
    }
    return walls;
}

WallSet WallChoice::resolve(const WallSet& hardware) const {
    if (const WallSet* walls = std::get_if<WallSet>(&chosen)) return *walls;
    switch (std::get<WallPreset>(chosen)) {
    case WallPreset::Hardware:
        return hardware;
    case WallPreset::Ideal:
        return WallSet::all();
    case WallPreset::None:
        break;
    }
    return {};
}

void Codec<WallChoice>::read(const Node& node, WallChoice& value, const Limits& limits, InputErrors& errors) {
    if (node.kind != Node::Kind::Sequence) {
        std::vector<std::string> legal = enum_names<WallPreset>();
        const auto found = std::ranges::find(legal, node.scalar);
        if (node.kind == Node::Kind::Scalar && found != legal.end()) {
            value.chosen =
                EnumNames<WallPreset>::table[static_cast<std::size_t>(found - legal.begin())].value;
            return;
        }
        std::string list;
        for (const std::string& wall : enum_names<Wall>()) list += (list.empty() ? "" : ", ") + wall;
        legal.push_back("or a list of walls, [" + list + "]");
        const bool text = node.kind == Node::Kind::Scalar;
        errors.add(node,
                   not_legal(text ? std::string_view(node.scalar) : node.kind_name(), "known here", legal));
        return;
    }
    std::vector<Wall> up;
    Codec<std::vector<Wall>>::read(node, up, limits, errors);
    WallSet walls;
    for (const Wall wall : up) walls.add(wall);
    value.chosen = walls;
}

Node Codec<WallChoice>::node(const WallChoice& value, const Origin& origin) {
    if (const WallSet* walls = std::get_if<WallSet>(&value.chosen))
        return Codec<std::vector<Wall>>::node(walls->list(), origin);
    return Codec<WallPreset>::node(std::get<WallPreset>(value.chosen), origin);
}

Shape Codec<WallChoice>::shape(const Limits& limits) {
    return {.kind = Shape::Kind::OneOf,
            .inner = {Codec<WallPreset>::shape(limits), Codec<std::vector<Wall>>::shape(limits)}};
}

} // namespace migsim
