// SPDX-License-Identifier: Apache-2.0
// A picture of a layout for a terminal: memory slices from left to right, a box for each GPU instance. The
// slice without compute is the last, as in everything that nvidia-smi prints.
#pragma once

#include <string>

#include "partition/mig_plan.h"

namespace migsim {

std::string draw(const MigPlan& plan, bool in_colour);

} // namespace migsim
