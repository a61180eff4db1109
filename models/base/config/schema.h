// SPDX-License-Identifier: Apache-2.0
// JSON for editors and tests: the schema of a declared type,
// and a document as the JSON that such a schema judges.
#pragma once

#include <string>

#include "models/base/config/node.h"
#include "models/base/config/shape.h"

namespace migsim {

// JSON Schema, draft 2020-12. It says all that our reader says except for what JSON Schema cannot: unique
// names, rules between keys, and that `format` comes first.
std::string json_schema(const Shape& root, const std::string& title);

std::string json_text(const Node& node);

} // namespace migsim
