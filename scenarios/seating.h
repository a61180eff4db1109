// SPDX-License-Identifier: Apache-2.0
// Gives tenants their memory and their work. The same code does it for a simulation and, without a machine,
// for the check before it: so what does not fit is said before anything runs, in the words the run would use.
#pragma once

#include "models/driver/driver.h"
#include "scenarios/loader.h"
#include "workloads/program.h"

namespace migsim {

// A tenant on a seat that it has in a simulation, from its start or by a move.
struct Seating {
    std::uint32_t tenant;
    Seat seat;
    SpaceId space;                   // of its memory there; unique in the simulation
    std::optional<std::size_t> step; // of the reconfiguration that moves it there
};
std::vector<Seating> seatings_of(const LoadedScenario& loaded, const SimulationPlan& plan);

// The memory is `driver`'s, of the instance of the seat. Throws InputError, at the line of the tenant's work,
// where it cannot be had.
Program seat_tenant(const LoadedScenario& loaded, const SimulationPlan& plan, const Seating& seating,
                    Driver& driver);

// Throws what seat_tenant() would throw in any simulation of the scenario.
void refuse_what_does_not_fit(const LoadedScenario& loaded);

} // namespace migsim
