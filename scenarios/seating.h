// SPDX-License-Identifier: Apache-2.0
// Gives tenants their memory and their work. The same code does it for a simulation and, without a machine,
// for the check before it: so what does not fit is said before anything runs, in the words the run would use.
#pragma once

#include "models/driver/driver.h"
#include "scenarios/loader.h"
#include "workloads/program.h"

namespace migsim {

// Of each tenant's memory, on the whole GPU.
SpaceId space_of(std::uint32_t tenant);

// The memory is `driver`'s, of the instance that the tenant has in the plan's arm. Throws InputError, at the
// line of the tenant's work, where it cannot be had.
Program seat_tenant(const LoadedScenario& loaded, const SimulationPlan& plan, std::uint32_t tenant,
                    Driver& driver);

// Throws what seat_tenant() would throw in any simulation of the scenario.
void refuse_what_does_not_fit(const LoadedScenario& loaded);

} // namespace migsim
