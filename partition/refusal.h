// SPDX-License-Identifier: Apache-2.0
// Why an instance or a layout cannot be made: the driver's reason, a sentence, and what could be had instead.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "partition/board.h"

namespace migsim {

enum class RefusalReason {
    NoRoom,           // no placement is free, or no arrangement holds all that was asked for
    Excluded,         // an instance is there, or asked for, beside which this one cannot exist
    IllegalPlacement, // the profile cannot start there
    PlacementTaken,   // it could, but another instance lies there
    InUse,            // by a client, or by what was made inside it
    NotFound,         // there is no such instance
    MigDisabled,      // MIG mode is off
};

// What NVML answers in that case: in nvidia-smi's words, and its return code.
std::string_view nvml_reason(RefusalReason reason);
int nvml_return_code(RefusalReason reason);

using ProfileCounts = std::vector<std::uint32_t>; // how many of each of the board's profiles, in its order
std::string list_profiles(const Board& board, const ProfileCounts& counts); // "3g.40gb + 4 x 1g.10gb"

struct Refusal {
    RefusalReason reason;
    std::string sentence;
    std::vector<ProfileCounts> nearest; // legal layouts like the one asked for, the most alike first
};

// "nearest legal: 4g.40gb + 3g.40gb; …"; nothing where there is none.
std::string nearest_legal(const Board& board, const Refusal& refusal);

template <class T>
using OrRefusal = std::variant<T, Refusal>;

} // namespace migsim
