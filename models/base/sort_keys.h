// SPDX-License-Identifier: Apache-2.0
// Sorts the distinct 64-bit keys of one inbox. The variant is chosen at run time from what the processor can
// do (MIGSIM_ISA=base|avx2|avx512 forces one); all give the same bytes because the keys are distinct.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace migsim {

enum class Isa { Base, Avx2, Avx512 };

// The variant in use. Throws std::invalid_argument if MIGSIM_ISA names none, or one this processor lacks.
Isa isa();
std::string_view name(Isa isa);

bool available(Isa isa); // on this processor

void sort_keys(std::vector<std::uint64_t>& keys, Isa variant = isa());

} // namespace migsim
