// SPDX-License-Identifier: Apache-2.0
// What walls promise: with all of them up a tenant cannot tell who its neighbours are; a forged access stops
// its own instance only; and the monitor, who shares nothing with enforcement, sees what enforcement lets
// through.
#include <catch2/catch.hpp>

#include "partition/isolation/monitor.h"
#include "tests/system/machine_rig.h"

using namespace migsim;

namespace {

enum class Neighbour { None, Busy, Hostile, Forger };

struct Seen {
    std::string victim;  // all that tenant 0 could observe
    std::string monitor; // findings
    std::string faults;
};

// Tenant 0 in its half beside neighbours of a kind in the other two instances.
Seen run(Neighbour neighbour, const std::function<void(MachineSetup&)>& change = {}) {
    const std::string text = rig::in_child([&] {
        const auto device = rig::device();
        // Small TLBs, so that the victim needs the L3 TLB and the walkers all the time.
        device->cluster_mmu.set("gpc_sets", "4");
        device->cluster_mmu.set("gpc_ways", "2");
        device->mmu.set("l3_sets", "8");
        MachineSetup setup = rig::three_instances(*device);
        if (change) change(setup);
        Machine machine(setup);
        Monitor monitor(setup);
        machine.watch(monitor);
        std::vector<Kernel> kernels;
        kernels.reserve(8);
        for (std::uint8_t i = 0; i < 3; ++i) {
            if (i > 0 && neighbour == Neighbour::None) break;
            AddressSpace& space = machine.driver(InstanceId{i}).add_space(SpaceId{i});
            kernels.push_back(rig::busy_kernel(space, i + 1, i == 0 ? 30 : 90, PageSize::K64));
            if (i > 0 && neighbour == Neighbour::Hostile) { // one line of each of many pages, over and over
                const Address base = space.allocate(Address{256} << 20, PageSize::K64).base;
                kernels.back().program.stages[0].access = {.base = base,
                                                           .rows = 64,
                                                           .row_bytes = 65536,
                                                           .order = Access::Order::Random,
                                                           .elements = 4096,
                                                           .seed = 9,
                                                           .page = PageSize::K64};
                kernels.back().program.stages[0].access.row_bytes = 32;
                kernels.back().program.stages[0].access.elements = (Address{256} << 20) / 32;
            }
            if (i == 1 && neighbour == Neighbour::Forger) {
                const Address stray = Address{1} << 44; // mapped into instance 0's memory
                space.map(stray, PageSize::M2, Address{1} << 31);
                kernels.back().program.stages.push_back(
                    rig::access(Stage::Kind::Load, {.base = stray, .cta_x = 4096, .row_bytes = 4096}));
            }
            TenantQueue queue = rig::queue_of(i, InstanceId{i}, i, kernels[i]);
            queue.requests = i == 0 ? 3 : 0;
            machine.submit(queue);
        }
        machine.run(2 * ms);
        std::ostringstream out;
        for (const RequestRecord& r : machine.records())
            if (r.tenant == TenantId{0})
                out << "victim " << r.number << ' ' << r.arrival << ' ' << r.end << ' ' << r.slot_wait << ' '
                    << r.stalls.unloaded << ' ' << r.stalls.sm << ' ' << r.stalls.crossbar << ' '
                    << r.stalls.l2 << ' ' << r.stalls.memory << ' ' << r.stalls.mmu << ' ' << r.failed
                    << '\n';
        for (const FaultReport& fault : machine.faults())
            out << "fault of instance " << index(fault.instance) << '\n';
        std::istringstream findings(monitor.findings());
        for (std::string line; std::getline(findings, line);) out << "monitor " << line << '\n';
        out << "seen "
            << (monitor.slices().seen > 0 && monitor.channels().seen > 0 && monitor.translations().seen > 0 &&
                monitor.responses().seen > 0 && monitor.launches().seen > 0)
            << '\n';
        return out.str();
    });
    INFO(text);
    REQUIRE(text.find("victim 2 ") != std::string::npos);
    REQUIRE(text.find("seen 1") != std::string::npos);
    Seen outcome;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.rfind("victim", 0) == 0) outcome.victim += line + '\n';
        if (line.rfind("fault", 0) == 0) outcome.faults += line + '\n';
        if (line.rfind("monitor", 0) == 0) outcome.monitor += line + '\n';
    }
    return outcome;
}

} // namespace

TEST_CASE("with all walls up a tenant is bit-identical alone and beside any neighbour", "[isolation]") {
    const Seen alone = run(Neighbour::None);
    for (const Neighbour neighbour : {Neighbour::Busy, Neighbour::Hostile, Neighbour::Forger}) {
        const Seen beside = run(neighbour);
        CHECK(beside.victim == alone.victim);
        CHECK(beside.monitor.empty());
    }
}

TEST_CASE("each memory wall that is lowered lets the neighbour be felt", "[isolation]") {
    const Seen alone = run(Neighbour::None, [](MachineSetup& s) { s.walls.l2 = s.walls.dram = false; });
    CHECK(run(Neighbour::Busy, [](MachineSetup& s) { s.walls.l2 = s.walls.dram = false; }).victim !=
          alone.victim);
    const Seen dram = run(Neighbour::None, [](MachineSetup& s) { s.walls.dram = false; });
    CHECK(run(Neighbour::Busy, [](MachineSetup& s) { s.walls.dram = false; }).victim != dram.victim);
    const auto tlb = [](MachineSetup& s) { s.walls.l3_tlb = s.walls.page_walker = false; };
    CHECK(run(Neighbour::Hostile, tlb).victim != run(Neighbour::None, tlb).victim);
}

TEST_CASE("an address forged into another instance's memory stops the forger and nobody else",
          "[isolation]") {
    const Seen forged = run(Neighbour::Forger);
    CHECK(forged.faults.find("instance 1") != std::string::npos);
    CHECK(forged.faults.find("instance 0") == std::string::npos);
    CHECK(forged.faults.find("instance 2") == std::string::npos);
    CHECK(forged.monitor.empty()); // it never reached a link
}
