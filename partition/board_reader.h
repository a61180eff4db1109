// SPDX-License-Identifier: Apache-2.0
// Reads the tables in partition/boards and refuses one that contradicts itself; writes new ones.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "models/base/config/node.h"
#include "partition/board.h"

namespace migsim {

// Both throw InputError.
std::shared_ptr<const Board> read_board(const Document& document);
// FOLDER/NAME.yaml, or NAME itself where it ends in .yaml: a board that is none of ours. It is what a device
// or a state file, at `named_at`, calls its board.
std::shared_ptr<const Board> load_board(const std::string& name, const std::filesystem::path& folder,
                                        const Place& named_at);

// As such a file, of which read_board() makes the same board again.
std::string board_text(const Board& board);

} // namespace migsim
