// SPDX-License-Identifier: Apache-2.0
// A statistic that nothing can move tells nothing. A few runs, each hard on another part of the machine,
// together move every statistic that a block declares.
#include <regex>
#include <set>

#include <catch2/catch.hpp>

#include "tests/system/machine_rig.h"

using namespace migsim;

namespace {

enum class Run {
    Whole,    // three tenants on all of it: far lines, near copies, turnarounds, refresh; small buffers
              // everywhere
    Walkers,  // instances with small TLBs; one walks out of its memory and is stopped at the walker
    Routes,   // the walker is off: stopped at the crossbar
    Channels, // only the channel is on: stopped there
    Moves     // one tenant's instance is made anew
};

// Small enough that everything that can fill up does.
void shrink(Device& device) {
    device.l2.set("sets", "4");
    device.l2.set("ways", "2");
    device.l2.set("mshrs", "12");
    device.l2.set("peer_mshrs", "4");
    device.l2.set("waiters", "2");
    device.l2.set("write_buffer", "1");
    device.l2.set("link_buffer", "1");
    device.l2.set("atomic_cycles", "40");
    device.chip.set("channel_buffer", "4");
    device.chip.set("peer_buffer", "2");
    device.memory.set("write_queue", "16");
    device.memory.set("write_high", "12");
    device.memory.set("write_low", "2");
    device.sm.set("outstanding_lines", "48");
}

// A second kernel: everybody reads, writes and counts in the same few lines.
Kernel crowd(AddressSpace& space) {
    const Address base = space.allocate(Address{1} << 16, PageSize::M2).base;
    Kernel kernel;
    kernel.name = "crowd";
    kernel.grid_x = 40;
    kernel.cluster = 2;
    kernel.threads = 128;
    kernel.program.iterations = 12;
    kernel.program.depth = 4;
    const Access all{.base = base, .step = 2048, .row_bytes = 4096, .page = PageSize::M2};
    const Access word{.base = base, .rows = 8, .row_bytes = 32, .pitch = 512, .page = PageSize::M2};
    const Access half{
        .base = base, .step = 64, .rows = 8, .row_bytes = 64, .pitch = 256, .page = PageSize::M2};
    kernel.program.stages = {
        rig::access(Stage::Kind::Load, word),    rig::access(Stage::Kind::Load, all),
        rig::access(Stage::Kind::GpuLoad, half), rig::access(Stage::Kind::MulticastLoad, word),
        rig::access(Stage::Kind::Atomic, word),  rig::access(Stage::Kind::Store, half)};
    return kernel;
}

// One line per statistic: "gpc_0.mmu" is of the kind "gpc.mmu".
std::string run(Run kind) {
    return rig::in_child([&] {
        const auto device = rig::device();
        device->cluster_mmu.set("gpc_sets", "4");
        device->cluster_mmu.set("gpc_ways", "2");
        device->cluster_mmu.set("gpc_misses", "4");
        device->mmu.set("l3_sets", "8");
        device->mmu.set("walkers", "2");
        device->sm.set("sm_to_sm_latency", "181"); // so that CTAs may form clusters
        if (kind == Run::Whole) shrink(*device);
        MachineSetup setup = kind == Run::Whole ? rig::whole(*device) : rig::three_instances(*device);
        setup.walls.l3_tlb = setup.walls.page_walker = setup.walls.gpc_tlb = false;
        setup.enforcement.walker = kind != Run::Routes && kind != Run::Channels;
        setup.enforcement.crossbar = setup.enforcement.slice = kind != Run::Channels;
        if (kind == Run::Moves) {
            InstanceSetup anew = setup.instances[1];
            anew.id = InstanceId{3};
            setup.reconfigurations.push_back(
                {.at = 5 * us, .drain = {TenantId{1}}, .destroy = {InstanceId{1}}, .create = {anew}});
        }
        Machine machine(setup);
        std::vector<Kernel> kernels;
        kernels.reserve(7);
        for (std::uint8_t i = 0; i < 3; ++i) {
            const InstanceId instance{kind == Run::Whole ? std::uint8_t{0} : i};
            AddressSpace& space = machine.driver(instance).add_space(SpaceId{i});
            kernels.push_back(rig::busy_kernel(space, i + 1, 80, i == 1 ? PageSize::K64 : PageSize::M2));
            kernels.push_back(crowd(space));
            if (kind != Run::Whole && kind != Run::Moves && i == 2) {
                const Address stray = Address{1} << 44; // a page of instance 0
                space.map(stray, PageSize::M2, Address{1} << 30);
                kernels.back().program.stages.push_back(
                    rig::access(Stage::Kind::Load, {.base = stray, .row_bytes = 128, .page = PageSize::M2}));
            }
            TenantQueue queue = rig::queue_of(i, instance, i, kernels[2 * i]);
            queue.requests = 2;
            queue.chain.push_back(&kernels[2 * i + 1]);
            machine.submit(queue);
        }
        if (kind == Run::Moves) {
            AddressSpace& space = machine.driver(InstanceId{3}).add_space(SpaceId{3});
            kernels.push_back(rig::busy_kernel(space, 2, 80, PageSize::K64));
            machine.move(0, rig::queue_of(1, InstanceId{3}, 3, kernels.back()));
        }
        machine.clock_step(9 * us, 1005);
        std::ostringstream out;
        if (machine.run(4 * ms) != Machine::End::Finished) out << "does not end\n" << machine.waits();
        static const std::regex number("_[0-9]+");
        machine.visit([&](const std::string& path, const Statistic& s) {
            std::uint64_t sum = 0;
            for (const Statistic::Column& column : s.columns()) sum += column.value;
            out << (sum ? "moved " : "still ") << std::regex_replace(path, number, "") << '.' << s.name
                << '\n';
        });
        return out.str();
    });
}

} // namespace

TEST_CASE("every statistic that a block declares is moved by some run", "[conservation]") {
    std::set<std::string> declared, moved;
    for (const Run kind : {Run::Whole, Run::Walkers, Run::Routes, Run::Channels, Run::Moves}) {
        std::istringstream lines(run(kind));
        for (std::string line; std::getline(lines, line);) {
            INFO(static_cast<int>(kind) << ": " << line);
            REQUIRE((line.rfind("moved ", 0) == 0 || line.rfind("still ", 0) == 0));
            declared.insert(line.substr(6));
            if (line[0] == 'm') moved.insert(line.substr(6));
        }
    }
    CHECK(declared.size() > 80);
    for (const std::string& name : declared) {
        INFO("dead: " << name);
        CHECK(moved.contains(name));
    }
}
