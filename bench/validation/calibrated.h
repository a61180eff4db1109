// SPDX-License-Identifier: Apache-2.0
// Which measured rows a device file has used up: a measurement that some parameter was derived from agrees
// by construction and validates nothing. Device files say so in words, in the `source` of a parameter; the
// one list that turns these words into rows is in calibrated.cpp.
#pragma once

#include <string>
#include <vector>

#include "bench/validation/twin.h"

namespace migsim {

// The parameters ("sm.fill_latency") that came from this row of this file; empty: the twin predicts it.
std::vector<std::string> calibrated_by(Device& device, const std::string& file, const std::string& question,
                                       const Question& row);

// The source of what `migsim calibrate` has set. It uses up these questions of these files as a whole, also
// the points that were held back.
std::string fitted_source(std::size_t points, const std::vector<std::string>& questions,
                          const std::vector<std::string>& files, const std::string& command);

} // namespace migsim
