// SPDX-License-Identifier: Apache-2.0
// The whole machine, with finite credits, two clock steps, a fault and an instance that is made anew in the
// run: what comes out depends on the machine and its tenants only.
#include <cstdlib>

#include <catch2/catch.hpp>

#include "models/base/sort_keys.h"
#include "tests/system/machine_rig.h"

using namespace migsim;

namespace {

// Three instances: tenant 0 runs to its end; tenant 1 is drained on the way and goes on where its instance
// was; tenant 2 walks out of its memory.
std::string eventful_run(const WindowOptions& windows) {
    return rig::in_child([&] {
        const auto device = rig::device();
        MachineSetup setup = rig::three_instances(*device);
        setup.walls.l3_tlb = setup.walls.page_walker = false; // as in hardware
        setup.windows = windows;
        InstanceSetup anew = setup.instances[1];
        anew.id = InstanceId{3};
        setup.reconfigurations.push_back({.at = 20 * us,
                                          .drain = {TenantId{1}},
                                          .destroy = {InstanceId{1}},
                                          .create = {anew},
                                          .start_up_time = 5 * us});
        Machine machine(setup);
        std::vector<Kernel> kernels;
        kernels.reserve(5);
        for (std::uint8_t i = 0; i < 3; ++i) {
            AddressSpace& space = machine.driver(InstanceId{i}).add_space(SpaceId{i});
            kernels.push_back(rig::busy_kernel(space, i + 1, 60, i == 1 ? PageSize::K64 : PageSize::M2));
            kernels.back().program.warps_apart = i != 1;
            if (i == 2) { // the last CTA of its second kernel reads what is mapped to instance 0's memory
                const Address stray = Address{1} << 44;
                space.map(stray, PageSize::M2, Address{1} << 30);
                kernels.push_back(kernels.back());
                kernels.back().program.stages.push_back(
                    rig::access(Stage::Kind::Load, {.base = stray, .row_bytes = 128}));
            }
        }
        for (std::uint8_t i = 0; i < 3; ++i) {
            TenantQueue queue = rig::queue_of(i, InstanceId{i}, i, kernels[i]);
            queue.graph = i == 0;
            queue.requests = 4;
            queue.think = i * 1000 * ns;
            if (i == 2) queue.chain.push_back(&kernels[3]);
            machine.submit(queue);
        }
        AddressSpace& space = machine.driver(InstanceId{3}).add_space(SpaceId{3});
        kernels.push_back(rig::busy_kernel(space, 2, 60, PageSize::K64));
        machine.move(0, rig::queue_of(1, InstanceId{3}, 3, kernels.back()));
        machine.clock_step(9 * us, 1005);
        machine.clock_step(31 * us, 1410);
        const Machine::End end = machine.run(2 * ms);
        return (end == Machine::End::Finished ? "finished\n" : "not finished\n") + rig::digest(machine);
    });
}

} // namespace

TEST_CASE("an eventful run is the same under every window length, block order and thread count, and under "
          "the oracle",
          "[determinism]") {
    const std::string oracle = eventful_run({.event_driven = true});
    REQUIRE(oracle.rfind("finished\n", 0) == 0);
    REQUIRE(oracle.find("fault ") != std::string::npos);
    REQUIRE(oracle.find("gpu.governor.clock_changes  2") != std::string::npos);
    REQUIRE(oracle.find("gpu.gsp.tenants_resumed  1") != std::string::npos);
    CHECK(eventful_run({}) == oracle);
    CHECK(eventful_run({}) == oracle); // again
    for (const Tick length : {Tick{997}, Tick{8192}, Tick{40000}}) {
        INFO("window of " << length << " ps");
        CHECK(eventful_run({.length = length}) == oracle);
    }
    for (const std::uint64_t seed : {1u, 2u}) CHECK(eventful_run({.shuffle = seed}) == oracle);
    for (const unsigned threads : {2u, 4u}) CHECK(eventful_run({.threads = threads}) == oracle);
}

TEST_CASE("an eventful run is the same with every instruction set", "[determinism][isa]") {
    const std::string any = eventful_run({});
    for (const Isa variant : {Isa::Base, Isa::Avx2, Isa::Avx512}) {
        if (!available(variant)) continue;
        setenv("MIGSIM_ISA", std::string(name(variant)).c_str(),
               1); // read by the child, whose first use it is
        CHECK(eventful_run({}) == any);
        unsetenv("MIGSIM_ISA");
    }
}

TEST_CASE("an instruction set that is none is refused", "[fast][isa]") {
    setenv("MIGSIM_ISA", "sse9", 1);
    CHECK_THROWS_WITH(isa(), Catch::Contains("sse9") && Catch::Contains("legal: base, avx2, avx512"));
    unsetenv("MIGSIM_ISA");
}
