// SPDX-License-Identifier: Apache-2.0
#include "models/base/config/format.h"

#include <vector>

#include "models/base/config/scalars.h"

namespace migsim {

bool check_format(const Node& root, const Format& format, InputErrors& errors) {
    if (!check_map(root, {}, errors)) return false;
    const std::vector<std::string> legal{format.text()};
    const Node* value = root.find("format");
    if (!value) {
        errors.add(root.place, "format",
                   "is missing; the first line must be `format: " + format.text() + "`");
        return false;
    }
    if (value->kind != Node::Kind::Scalar || value->scalar != format.text()) {
        const std::string_view got =
            value->kind == Node::Kind::Scalar ? std::string_view(value->scalar) : value->kind_name();
        errors.add(*value, not_legal(got, "a format that is read here", legal));
        return false;
    }
    if (&root.entries.front().value != value) errors.add(*value, "must be the first key of the file");
    return true;
}

Shape::Field format_field(const Format& format) {
    return {"format",
            "what this file is, and in which version",
            true,
            {},
            {.kind = Shape::Kind::Choice, .choices = {format.text()}}};
}

} // namespace migsim
