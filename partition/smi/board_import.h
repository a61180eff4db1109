// SPDX-License-Identifier: Apache-2.0
// A board's table from what nvidia-smi printed on a real one: -lgip and -lgipp, which it needs, and -lgi,
// -lci, -lcip and -L, which add to it. What these texts do not say is null in the table, or stands in its
// `conflicts` where a table cannot do without.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "partition/board.h"

namespace migsim::smi {

struct PrintedText {
    std::string file; // for complaints
    std::string text; // any number of listings, and whatever else was on the screen
};

struct ImportedBoard {
    std::string name;
    std::optional<std::string> card;  // else what -L calls it, else `name`
    std::optional<std::uint32_t> gpu; // which of those listed; else the first
};

// Throws InputError for texts that say too little, or that contradict themselves.
std::shared_ptr<const Board> import_board(const std::vector<PrintedText>& texts, const ImportedBoard& wanted);

} // namespace migsim::smi
