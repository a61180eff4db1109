// SPDX-License-Identifier: Apache-2.0
#include "models/base/config/place.h"

namespace migsim {

std::string Place::text() const {
    if (is_default()) return "default";
    if (line == 0) return file;
    return file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

} // namespace migsim
