// SPDX-License-Identifier: Apache-2.0
// Key paths: `tenants[2].load.period_us`. A key that itself holds
// one of . [ ] = stands in double quotes: `mig-devices."1g.10gb"`.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "models/base/config/node.h"

namespace migsim {

using PathStep = std::variant<std::string, std::size_t>; // a key of a map, an index into a list

std::optional<std::vector<PathStep>> split_path(std::string_view path); // nothing if it is no path
void assign_paths(Node& node); // tells everything below a node where it stands

} // namespace migsim
