// SPDX-License-Identifier: Apache-2.0
// A calibration as a text for people: what it gained, which parameters moved, which the data do not
// determine.
#pragma once

#include <string>

#include "bench/calibration/calibration.h"

namespace migsim {

std::string table_text(const Calibration& calibration);

} // namespace migsim
