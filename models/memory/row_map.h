// SPDX-License-Identifier: Apache-2.0
// Where a line of the channel lies: consecutive lines fill a row of a bank pair, then the same row of the
// next pair. Each row starts at a pair drawn from its number, so no stride keeps hitting one pair. Assumed:
// no map is published.
#pragma once

#include <cstdint>

#include "models/base/divisor.h"
#include "models/base/random.h"
#include "models/memory/memory_params.h"
#include "models/messages/memory.h"

namespace migsim {

struct RowPlace {
    std::uint32_t row;
    std::uint8_t pair; // banks 2 pair (even sectors of the line) and 2 pair + 1 (odd sectors)
};

class RowMap {
public:
    explicit RowMap(const MemoryParams& params)
        : lines_(params.row_bytes * 2 / line_bytes),
          pairs_(params.stack_ids * params.bank_groups * params.banks_per_group / 2) {}

    RowPlace place(std::uint32_t line) const {
        const std::uint32_t run = lines_.quotient(line);
        const std::uint32_t row = pairs_.quotient(run);
        const auto turn = static_cast<std::uint32_t>(multiply_high(mix64(row + 1), pairs_()));
        const std::uint32_t pair = run - row * pairs_() + turn;
        return {row, static_cast<std::uint8_t>(pair < pairs_() ? pair : pair - pairs_())};
    }
    std::uint32_t lines_per_row() const { return lines_(); }
    unsigned pairs() const { return pairs_(); }

private:
    Divisor lines_, pairs_;
};

} // namespace migsim
