// SPDX-License-Identifier: Apache-2.0
// A simulated node as text, `format: migsim/mig_state/1`: what stands in a state file, and nothing that could
// be worked out from it. The id of a GPU instance, say, follows from its profile and its start.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "models/base/config/node.h"
#include "partition/mig_node.h"

namespace migsim {

// Finds the table of a board that a state file, at `named_at`, names; throws InputError if there is none.
using BoardFinder =
    std::function<std::shared_ptr<const Board>(const std::string& name, const Place& named_at)>;
BoardFinder boards_in(const std::filesystem::path& folder);

MigNode read_mig_state(const Document& document, const BoardFinder& find_board); // throws InputError
std::string mig_state_text(const MigNode& node);

} // namespace migsim
