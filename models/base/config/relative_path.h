// SPDX-License-Identifier: Apache-2.0
// A path that a file names, and where it leads: relative to the file that names
// it, or to the working directory when it came with --set. Whether anything is
// there is for whoever opens it to say; `place` and `key` are for that complaint.
#pragma once

#include <filesystem>
#include <string>

#include "models/base/config/place.h"

namespace migsim {

struct RelativePath {
    std::string written;
    std::filesystem::path resolved;
    Place place;
    std::string key;
};

} // namespace migsim
