// SPDX-License-Identifier: Apache-2.0
// What a declared type looks like from outside: enough to write its JSON Schema and to list its keys.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/base/config/limits.h"
#include "models/base/config/node.h"

namespace migsim {

struct Shape {
    enum class Kind { Bool, Integer, Number, Text, Choice, List, Table, Struct, OneOf };
    struct Field;

    Kind kind = Kind::Text;
    std::optional<Range> range{};       // Integer, Number
    bool non_empty = false;             // Text, List, Table
    std::vector<std::string> choices{}; // Choice: the legal names
    std::vector<Shape> inner{};         // List, Table: the one item shape; OneOf: the alternatives
    std::vector<Field> fields{};        // Struct
};

struct Shape::Field {
    std::string key;
    std::string meaning;
    bool required = true;
    std::optional<Node> default_value{}; // of an optional field; absent where leaving it out means "none"
    Shape shape;
};

} // namespace migsim
