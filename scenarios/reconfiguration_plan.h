// SPDX-License-Identifier: Apache-2.0
// Plays the steps of a reconfiguration on a GPU as its driver would see them, before anything runs: which
// instances there are then, where the driver puts the new ones, and every refusal.
#pragma once

#include <memory>

#include "models/base/config/input_errors.h"
#include "partition/layout.h"
#include "scenarios/arrangement.h"
#include "scenarios/scenario.h"

namespace migsim {

// Adds the steps to `sliced`, the arrangement of `layout`, whose tenants are seated. `source` is the file
// that complaints point at.
void plan_reconfiguration(const Scenario& scenario, const Document& source,
                          const std::shared_ptr<const Board>& board, const Layout& layout,
                          const MachineShape& shape, Arrangement& sliced, InputErrors& errors);

} // namespace migsim
