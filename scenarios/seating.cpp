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
std::uint32_t visible_sms(const LoadedScenario& loaded, const Arrangement& arrangement,
                          std::uint32_t tenant) {
    return arrangement.walls.sm
               ? static_cast<std::uint32_t>(arrangement.compute_instance_of(tenant).sms.size())
               : loaded.device->sm_count();
}

} // namespace

SpaceId space_of(std::uint32_t tenant) {
    return SpaceId{static_cast<std::uint8_t>(tenant)};
}

Program seat_tenant(const LoadedScenario& loaded, const SimulationPlan& plan, std::uint32_t tenant,
                    Driver& driver) {
    const Arrangement& arrangement = loaded.arrangement(plan.arm);
    SpaceBuffers memory(driver.add_space(space_of(tenant)));
    try {
        Program program = make_program(loaded.scenario.tenants[tenant].work, memory,
                                       visible_sms(loaded, arrangement, tenant));
        for (const Kernel& kernel : program.kernels)
            if (const auto complaint = cluster_complaint(kernel, loaded.device->sm.sm_to_sm_latency != 0))
                throw std::invalid_argument(*complaint);
        return program;
    } catch (const std::invalid_argument& error) {
        const Node& work = *loaded.source.find(fmt::format("tenants[{}].work", tenant));
        refuse(work.place, work.path,
               fmt::format("{} on {}: {}", plan.name, arrangement.compute_instance_of(tenant).name,
                           error.what()));
    }
}

void refuse_what_does_not_fit(const LoadedScenario& loaded) {
    for (const SimulationPlan& plan : loaded.plans()) {
        PageTables tables;
        std::map<InstanceId, Driver> drivers;
        for (const std::uint32_t tenant : plan.tenants) {
            const InstanceSetup& instance = loaded.arrangement(plan.arm).instance_of(tenant);
            Driver& driver = drivers
                                 .try_emplace(instance.id, tables, loaded.device->mmu.format, instance.base,
                                              instance.bytes)
                                 .first->second;
            seat_tenant(loaded, plan, tenant, driver);
        }
    }
}

} // namespace migsim
