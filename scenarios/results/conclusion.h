// SPDX-License-Identifier: Apache-2.0
// One sentence that says what happened, from the numbers alone.
#pragma once

#include <string>

#include "scenarios/results/result.h"

namespace migsim {

std::string conclusion_of(const Result& result);

} // namespace migsim
