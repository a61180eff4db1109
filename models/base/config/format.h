// SPDX-License-Identifier: Apache-2.0
// The first key of every file of our own: `format: migsim/<kind>/<version>`. A file that is something else,
// or newer than this program, is refused before its other keys cause confusing complaints.
#pragma once

#include <string>

#include "models/base/config/input_errors.h"
#include "models/base/config/node.h"
#include "models/base/config/shape.h"

namespace migsim {

struct Format {
    std::string kind; // scenario, device, …
    int version;

    std::string text() const { return "migsim/" + kind + "/" + std::to_string(version); }
};

bool check_format(const Node& root, const Format& format, InputErrors& errors); // false: do not read on
Shape::Field format_field(const Format& format);

} // namespace migsim
