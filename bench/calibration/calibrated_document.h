// SPDX-License-Identifier: Apache-2.0
// A device file in which a calibration has put its values: all else is as it was.
#pragma once

#include <string>
#include <vector>

#include "bench/calibration/free_parameters.h"
#include "models/base/config/node.h"

namespace migsim {

// Each becomes `derived`, with this source.
Document with_values(Document document, const std::vector<FreeParameter>& parameters,
                     const std::vector<std::uint64_t>& values, const std::string& source);

// The text of a device file of this name, one parameter a line, under a comment of one line.
std::string device_text(Document document, const std::string& name, const std::string& comment);

} // namespace migsim
