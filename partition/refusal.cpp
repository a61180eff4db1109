// SPDX-License-Identifier: Apache-2.0
#include "partition/refusal.h"

#include <fmt/format.h>

namespace migsim {

std::string_view nvml_reason(RefusalReason reason) {
    switch (reason) {
    case RefusalReason::NoRoom:
    case RefusalReason::Excluded:
    case RefusalReason::PlacementTaken:
        return "Insufficient Resources";
    case RefusalReason::IllegalPlacement:
        return "Invalid Argument";
    }
    return "Unknown Error";
}

std::string list_profiles(const Board& board, const ProfileCounts& counts) {
    std::string text;
    // Boards list small profiles first; people name the large ones first.
    for (std::size_t index = counts.size(); index-- > 0;) {
        if (counts[index] == 0) continue;
        if (!text.empty()) text += " + ";
        if (counts[index] > 1) text += fmt::format("{} x ", counts[index]);
        text += board.profiles[index].name;
    }
    return text.empty() ? "no instance" : text;
}

} // namespace migsim
