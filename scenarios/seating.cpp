// SPDX-License-Identifier: Apache-2.0
#include "scenarios/seating.h"

#include <map>
#include <stdexcept>

#include <fmt/format.h>

#include "models/messages/cta_cluster.h"

namespace migsim {
namespace {

// A tenant's memory, as its work asks for it.
class SpaceBuffers final : public Buffers {
public:
    explicit SpaceBuffers(AddressSpace& space) : space_(space) {}

    Address allocate(const std::string& name, std::uint64_t bytes, PageSize page) override {
        try {
            return space_.allocate(bytes, page).base;
        } catch (const std::invalid_argument& error) {
            throw std::invalid_argument(name + ": " + error.what());
        }
    }

private:
    AddressSpace& space_;
};

// A program sizes its grid by the SMs it sees: without a wall between them, those of the whole GPU.
std::uint32_t visible_sms(const LoadedScenario& loaded, const Arrangement& arrangement, const Seat& seat) {
    return arrangement.walls.sm ? static_cast<std::uint32_t>(arrangement.compute_instance(seat).sms.size())
                                : loaded.device->sm_count();
}

} // namespace

std::vector<Seating> seatings_of(const LoadedScenario& loaded, const SimulationPlan& plan) {
    const Arrangement& arrangement = loaded.arrangement(plan.arm);
    std::vector<Seating> seatings;
    for (const std::uint32_t tenant : plan.tenants)
        seatings.push_back(
            {tenant, arrangement.seats[tenant], SpaceId{static_cast<std::uint8_t>(tenant)}, {}});
    if (is_baseline(plan.arm)) return seatings;
    auto space = static_cast<std::uint8_t>(max_tenants);
    for (std::size_t step = 0; step < arrangement.steps.size(); ++step)
        for (const auto& [tenant, seat] : arrangement.steps[step].moves)
            seatings.push_back({tenant, seat, SpaceId{space++}, step});
    return seatings;
}

Program seat_tenant(const LoadedScenario& loaded, const SimulationPlan& plan, const Seating& seating,
                    Driver& driver) {
    const Arrangement& arrangement = loaded.arrangement(plan.arm);
    SpaceBuffers memory(driver.add_space(seating.space));
    try {
        Program program = make_program(loaded.scenario.tenants[seating.tenant].work, memory,
                                       visible_sms(loaded, arrangement, seating.seat));
        for (const Kernel& kernel : program.kernels)
            if (const auto complaint = cluster_complaint(kernel, loaded.device->sm.sm_to_sm_latency != 0))
                throw std::invalid_argument(*complaint);
        return program;
    } catch (const std::invalid_argument& error) {
        const Node& work = *loaded.source.find(fmt::format("tenants[{}].work", seating.tenant));
        refuse(work.place, work.path,
               fmt::format("{} on {}: {}", plan.name, arrangement.compute_instance(seating.seat).name,
                           error.what()));
    }
}

void refuse_what_does_not_fit(const LoadedScenario& loaded) {
    for (const SimulationPlan& plan : loaded.plans()) {
        PageTables tables;
        std::map<InstanceId, Driver> drivers;
        for (const Seating& seating : seatings_of(loaded, plan)) {
            const InstanceSetup& instance = loaded.arrangement(plan.arm).instance(seating.seat.instance);
            Driver& driver = drivers
                                 .try_emplace(instance.id, tables, loaded.device->mmu.format, instance.base,
                                              instance.bytes)
                                 .first->second;
            seat_tenant(loaded, plan, seating, driver);
        }
    }
}

} // namespace migsim
