// SPDX-License-Identifier: Apache-2.0
// The result as a person reads it in a terminal, 120 columns wide: who got what in which arm, where the added
// time went, and what happened.
#pragma once

#include <string>

#include "scenarios/results/result.h"

namespace migsim {

std::string table_text(const Result& result);

} // namespace migsim
