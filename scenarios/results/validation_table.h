// SPDX-License-Identifier: Apache-2.0
// A validation as a text for people: every row, what each curve comes to, what was left out, and the verdict.
#pragma once

#include <string>

#include "bench/validation/comparison.h"

namespace migsim {

std::string table_text(const Validation& validation);

} // namespace migsim
