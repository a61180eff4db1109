// SPDX-License-Identifier: Apache-2.0
#include "partition/refusal.h"

#include <fmt/format.h>

namespace migsim {

namespace {

// NVIDIA/go-nvml 2f9e261, gen/nvml/nvml.h: nvmlReturn_t.
struct NvmlReturn {
    int code;
    std::string_view text;
};

NvmlReturn nvml_return(RefusalReason reason) {
    switch (reason) {
    case RefusalReason::NoRoom:
    case RefusalReason::Excluded:
    case RefusalReason::PlacementTaken:
        return {23, "Insufficient Resources"};
    case RefusalReason::IllegalPlacement:
        return {2, "Invalid Argument"};
    case RefusalReason::InUse:
        return {19, "In use by another client"};
    case RefusalReason::NotFound:
        return {6, "Not Found"};
    case RefusalReason::MigDisabled:
        return {3, "Not Supported"};
    }
    return {999, "Unknown Error"};
}

} // namespace

std::string_view nvml_reason(RefusalReason reason) {
    return nvml_return(reason).text;
}
int nvml_return_code(RefusalReason reason) {
    return nvml_return(reason).code;
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

std::string nearest_legal(const Board& board, const Refusal& refusal) {
    std::string text;
    for (const ProfileCounts& counts : refusal.nearest)
        text += (text.empty() ? "nearest legal: " : "; ") + list_profiles(board, counts);
    return text;
}

} // namespace migsim
