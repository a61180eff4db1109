// SPDX-License-Identifier: Apache-2.0
// Instances that come and go in a running machine: who has no part in it notices nothing, what is made is as
// new, and no request is lost on the way.
#include <catch2/catch.hpp>

#include "partition/isolation/monitor.h"
#include "tests/system/machine_rig.h"

using namespace migsim;

namespace {

constexpr Address gib = Address{1} << 30;

// The two quarters of three_instances() become one half, on the SMs, slices and channels of both.
InstanceSetup second_half(std::uint8_t id) {
    return {InstanceId{id}, "half", rig::span(6, 8), rig::span(4, 4), rig::span(4, 4), 1, 4 * gib,
            4 * gib,        0.5};
}

struct Options {
    bool change = true;
    bool shared_tlbs = false; // as in hardware
    bool small_tlbs = false;  // so that it is felt which entries others have
    std::function<void(MachineSetup&)> with{};
    WindowOptions windows{};
    std::function<std::string(const Machine&, const Monitor&)> see;
};

// Tenant 0 works on its half to its end. Both others drain at 20 us, their quarters are made one half, and
// tenant 1 does the rest of its requests there; tenant 2 has ended.
std::string run(const Options& options) {
    return rig::in_child([&] {
        const auto device = rig::device();
        if (options.small_tlbs) {
            device->cluster_mmu.set("utlb_entries", "2");
            device->cluster_mmu.set("gpc_sets", "2");
            device->cluster_mmu.set("gpc_ways", "3");
            device->mmu.set("l3_sets", "2");
            device->mmu.set("l3_ways", "6");
        }
        MachineSetup setup = rig::three_instances(*device);
        setup.windows = options.windows;
        if (options.shared_tlbs) setup.walls.l3_tlb = setup.walls.page_walker = setup.walls.gpc_tlb = false;
        if (options.change)
            setup.reconfigurations.push_back({.at = 20 * us,
                                              .drain = {TenantId{1}, TenantId{2}},
                                              .destroy = {InstanceId{1}, InstanceId{2}},
                                              .destroy_time = 5 * us,
                                              .create = {second_half(3)},
                                              .create_time = 3 * us,
                                              .start_up_time = 2 * us});
        if (options.with) options.with(setup);
        Machine machine(setup);
        Monitor monitor(setup);
        machine.watch(monitor);
        std::vector<Kernel> kernels;
        kernels.reserve(4);
        for (std::uint8_t i = 0; i < 3; ++i) {
            AddressSpace& space = machine.driver(InstanceId{i}).add_space(SpaceId{i});
            kernels.push_back(rig::busy_kernel(space, i + 1u, 60, i == 1 ? PageSize::K64 : PageSize::M2));
            TenantQueue queue = rig::queue_of(i, InstanceId{i}, i, kernels.back());
            queue.requests = i == 0 ? 8 : 5;
            machine.submit(queue);
        }
        if (options.change) {
            AddressSpace& space = machine.driver(InstanceId{3}).add_space(SpaceId{3});
            kernels.push_back(rig::busy_kernel(space, 2, 60, PageSize::K64));
            machine.move(0, rig::queue_of(1, InstanceId{3}, 3, kernels.back()));
        }
        if (machine.run(2 * ms) != Machine::End::Finished) return "does not end\n" + machine.waits();
        return options.see(machine, monitor);
    });
}

// What tenant 0 could observe, and what was counted for it.
std::string of_bystander(const Machine& machine, const Monitor&) {
    std::ostringstream text;
    for (const RequestRecord& r : machine.records())
        if (r.tenant == TenantId{0})
            text << r.number << ' ' << r.arrival << ' ' << r.end << ' ' << r.slot_wait << ' '
                 << r.stalls.unloaded << ' ' << r.stalls.sm << ' ' << r.stalls.crossbar << ' ' << r.stalls.l2
                 << ' ' << r.stalls.memory << ' ' << r.stalls.mmu << '\n';
    machine.visit([&](const std::string& path, const Statistic& statistic) {
        if (const auto* per_tenant = dynamic_cast<const PerTenant*>(&statistic))
            text << path << '.' << statistic.name << ' ' << (*per_tenant)[TenantId{0}] << '\n';
    });
    return text.str();
}

} // namespace

TEST_CASE("a tenant whose instance a reconfiguration leaves alone is bit-identical with and without it",
          "[reconfiguration][isolation]") {
    const std::string without = run({.change = false, .see = of_bystander});
    REQUIRE(without.find("7 ") != std::string::npos);
    CHECK(run({.see = of_bystander}) == without);
}

TEST_CASE("a tenant that moves goes on where it stopped, and no request is lost", "[reconfiguration]") {
    const std::string text = run({.see = [](const Machine& machine, const Monitor& monitor) {
        const ReconfigurationRecord& record = machine.reconfigurations().at(0);
        std::ostringstream out;
        std::uint64_t done[3] = {}, before = 0;
        Tick last_end_before = 0, first_arrival_after = never;
        for (const RequestRecord& r : machine.records()) {
            done[index(r.tenant)] += r.end != never;
            if (r.tenant != TenantId{1}) continue;
            if (r.arrival <= record.drained) {
                ++before;
                last_end_before = std::max(last_end_before, r.end);
            } else {
                first_arrival_after = std::min(first_arrival_after, r.arrival);
            }
        }
        out << "done " << done[0] << ' ' << done[1] << " fewer " << (done[2] < 5) << '\n'
            << "some before " << (before > 0 && before < 5) << '\n'
            << "drained after the last of them " << (record.drained > last_end_before) << '\n'
            << "begun " << record.begun << " destroyed " << record.destroyed - record.drained << " created "
            << record.created - record.destroyed << " started " << record.started - record.created << '\n'
            << "begins after the start " << (first_arrival_after > record.started) << '\n'
            << "in flight "
            << (rig::total(machine, "gpc", "requests") == rig::total(machine, "gpc", "responses")) << '\n'
            << "foreign " << monitor.foreign() << ' ' << monitor.findings() << '\n'
            << "faults " << machine.faults().size() << '\n';
        return out.str();
    }});
    CHECK(text == "done 8 5 fewer 1\nsome before 1\ndrained after the last of them 1\n"
                  "begun 20000000 destroyed 5000000 created 3000000 started 2000000\n"
                  "begins after the start 1\nin flight 1\nforeign 0 \nfaults 0\n");
}

TEST_CASE(
    "a reconfiguration is the same under every window length, block order and thread count, and under the "
    "oracle",
    "[reconfiguration][determinism]") {
    const auto see = [](const Machine& machine, const Monitor&) { return rig::digest(machine); };
    for (const bool shared_tlbs : {false, true}) {
        Options options{.shared_tlbs = shared_tlbs, .small_tlbs = shared_tlbs, .see = see};
        options.windows.event_driven = true;
        const std::string oracle = run(options);
        REQUIRE(oracle.find("gpu.gsp.instances_destroyed  2") != std::string::npos);
        for (const WindowOptions& windows :
             {WindowOptions{}, {.length = 997}, {.length = 40000}, {.shuffle = 3}, {.threads = 3}}) {
            options.windows = windows;
            CHECK(run(options) == oracle);
        }
    }
}

TEST_CASE(
    "without walls of its own in TLBs and walkers, a tenant that needs none of them notices nothing either",
    "[reconfiguration][isolation]") {
    const std::string without = run({.change = false, .shared_tlbs = true, .see = of_bystander});
    CHECK(run({.shared_tlbs = true, .see = of_bystander}) == without);
}

namespace {

struct Traffic { // of tenant 0, after one or two requests
    std::uint64_t reads = 0, writes = 0, walks = 0;
};

// Reads and writes each line once in a request, all of it small enough to stay in L2 and TLBs.
Traffic traffic(std::uint64_t requests, bool anew, Tick at = 100 * us) {
    const std::string text = rig::in_child([&] {
        const auto device = rig::device();
        device->front_end.set("cluster_latency", "20"); // news of a CTA's end overtakes its posted stores
        MachineSetup setup = rig::three_instances(*device);
        InstanceSetup again = setup.instances[0];
        again.id = InstanceId{3};
        if (anew)
            setup.reconfigurations.push_back(
                {.at = at, .drain = {TenantId{0}}, .destroy = {InstanceId{0}}, .create = {again}});
        Machine machine(setup);
        std::vector<Kernel> kernels(2);
        for (const std::uint8_t instance : {0, 3}) {
            if (instance == 3 && !anew) break;
            AddressSpace& space = machine.driver(InstanceId{instance}).add_space(SpaceId{instance});
            const Address from = space.allocate(Address{2} << 20, PageSize::M2).base,
                          to = space.allocate(Address{2} << 20, PageSize::M2).base;
            Kernel& kernel = kernels[instance / 3];
            kernel.grid_x = 16;
            kernel.threads = 128;
            kernel.program.stages = {
                rig::access(Stage::Kind::Load, {.base = from, .cta_x = 8192, .row_bytes = 8192}),
                rig::access(Stage::Kind::Store, {.base = to, .cta_x = 8192, .row_bytes = 8192})};
            TenantQueue queue = rig::queue_of(0, InstanceId{instance}, instance, kernel);
            queue.requests = requests;
            queue.think = 200 * us; // the second request comes after the change
            if (instance == 0)
                machine.submit(queue);
            else
                machine.move(0, queue);
        }
        machine.run(2 * ms);
        if (!machine.faults().empty()) return std::string("a fault");
        return std::to_string(rig::total(machine, "channel", "reads")) + ' ' +
               std::to_string(rig::total(machine, "channel", "writes")) + ' ' +
               std::to_string(rig::total(machine, "mmu", "walks"));
    });
    INFO(text);
    Traffic seen;
    std::istringstream(text) >> seen.reads >> seen.writes >> seen.walks;
    return seen;
}

} // namespace

TEST_CASE(
    "an instance made anew on the same slices finds nothing of the one before in L2 and TLBs, and that one's "
    "stores are in memory",
    "[reconfiguration]") {
    constexpr std::uint64_t lines = 16 * 8192 / 128;
    const Traffic one = traffic(1, false), two = traffic(2, false), anew = traffic(2, true);
    CHECK(one.reads >= lines);
    CHECK(one.reads < 2 * lines);
    CHECK(one.writes == 0);
    CHECK(two.reads == one.reads); // nothing is missed by the second request
    CHECK(two.walks == one.walks);
    CHECK(two.writes == 0);
    CHECK(anew.reads == 2 * one.reads);
    CHECK(anew.walks == 2 * one.walks);
    CHECK(anew.writes == lines);
    // Also where the instance ends right behind the request.
    CHECK(traffic(2, true, 1 * us).writes == lines);
}

TEST_CASE("an instance over both L2 partitions becomes two, each in one, and again one over both",
          "[reconfiguration]") {
    const std::string text = rig::in_child([&] {
        const auto device = rig::device();
        MachineSetup setup = rig::whole(*device);
        const auto half = [](std::uint8_t id, std::uint16_t sm, std::uint16_t slice, Address base) {
            return InstanceSetup{
                InstanceId{id}, "half", rig::span(sm, 7), rig::span(slice, 4), rig::span(slice, 4), 1, base,
                4 * gib,        0.5};
        };
        InstanceSetup again = setup.instances[0];
        again.id = InstanceId{3};
        setup.reconfigurations.push_back({.at = 20 * us,
                                          .drain = {TenantId{0}, TenantId{1}},
                                          .destroy = {InstanceId{0}},
                                          .create = {half(1, 0, 0, 0), half(2, 7, 4, 4 * gib)}});
        setup.reconfigurations.push_back({.at = 60 * us,
                                          .drain = {TenantId{0}, TenantId{1}},
                                          .destroy = {InstanceId{1}, InstanceId{2}},
                                          .create = {again}});
        Machine machine(setup);
        Monitor monitor(setup);
        machine.watch(monitor);
        std::vector<Kernel> kernels;
        kernels.reserve(6);
        std::uint8_t space_number = 0;
        const auto seat = [&](std::uint8_t tenant, std::uint8_t instance) {
            AddressSpace& space = machine.driver(InstanceId{instance}).add_space(SpaceId{space_number});
            kernels.push_back(rig::busy_kernel(space, tenant + 1u, 40, PageSize::M2));
            TenantQueue queue = rig::queue_of(tenant, InstanceId{instance}, space_number++, kernels.back());
            queue.requests = 12;
            return queue;
        };
        for (const std::uint8_t tenant : {0, 1}) {
            machine.submit(seat(tenant, 0));
            machine.move(0, seat(tenant, tenant + 1));
            machine.move(1, seat(tenant, 3));
        }
        const bool finished = machine.run(2 * ms) == Machine::End::Finished;
        std::uint64_t done = 0;
        std::array<int, 3> in_epoch{};
        for (const RequestRecord& r : machine.records()) {
            done += r.end != never;
            ++in_epoch[r.arrival < machine.reconfigurations().at(0).drained   ? 0
                       : r.arrival < machine.reconfigurations().at(1).drained ? 1
                                                                              : 2];
        }
        std::ostringstream out;
        out << "finished " << finished << " done " << done << " epochs " << (in_epoch[0] > 0)
            << (in_epoch[1] > 0) << (in_epoch[2] > 0) << " copies "
            << (rig::total(machine, "l2", "copies_filled") > 0) << " in flight "
            << (rig::total(machine, "gpc", "requests") == rig::total(machine, "gpc", "responses"))
            << " faults " << machine.faults().size() << " foreign " << monitor.findings();
        return out.str();
    });
    CHECK(text == "finished 1 done 24 epochs 111 copies 1 in flight 1 faults 0 foreign \n");
}

TEST_CASE("the monitor knows who has a slice, a channel and an SM when these are told",
          "[reconfiguration][fast]") {
    const auto device = rig::device();
    MachineSetup setup = rig::three_instances(*device);
    setup.reconfigurations.push_back({.destroy = {InstanceId{1}, InstanceId{2}}, .create = {second_half(3)}});
    Monitor monitor(setup);
    LinkObserver& links = monitor;
    const auto touch = [&](std::uint8_t instance) {
        const std::uint64_t before = monitor.foreign();
        MemoryRequest request{};
        request.address = 4 * gib;
        request.instance = InstanceId{instance};
        links.at_slice(4, request);
        CtaLaunch launch{};
        launch.sm = 8;
        launch.instance = InstanceId{instance};
        links.at_gpc(1, launch);
        return monitor.foreign() - before;
    };
    CHECK(touch(1) == 0);
    CHECK(touch(3) == 2);
    const InstanceChange gone{InstanceChange::Kind::Destroy, InstanceId{1}};
    links.at_slice(4, gone);
    links.at_gpc(1, gone);
    CHECK(touch(1) == 2);
    CHECK(touch(3) == 2);
    const InstanceChange there{InstanceChange::Kind::Create, InstanceId{3}};
    links.at_slice(4, there);
    links.at_gpc(1, there);
    CHECK(touch(1) == 2);
    CHECK(touch(3) == 0);

    ChannelRequest request{};
    request.instance = InstanceId{1};
    const std::uint64_t before = monitor.foreign();
    links.at_channel(4, request);
    CHECK(monitor.foreign() == before);
    links.at_channel(4, there);
    links.at_channel(4, request);
    CHECK(monitor.foreign() == before + 1);
}

TEST_CASE("changes of instances that cannot follow each other are refused before the run",
          "[reconfiguration]") {
    const auto refusal = [](const std::function<void(MachineSetup&)>& with) {
        return run({.with = with, .see = [](const Machine&, const Monitor&) { return "ran"; }});
    };
    CHECK(refusal([](MachineSetup& s) { s.reconfigurations[0].destroy = {InstanceId{5}}; }) ==
          "threw: instance 5 is destroyed and was not there\n");
    CHECK(refusal([](MachineSetup& s) { s.walls.dram = false; }) ==
          "threw: instances change during a run only where the walls sm, l2 and dram are up\n");
    CHECK(refusal([](MachineSetup& s) {
              s.reconfigurations[0].create[0].id = InstanceId{1};
          }).starts_with("threw: instance 1 is named twice, or one too many"));
    CHECK(refusal([](MachineSetup& s) { s.reconfigurations[0].drain = {TenantId{2}}; }) ==
          "threw: a tenant that moves must be drained first\n");
    CHECK(refusal([](MachineSetup& s) { s.reconfigurations[0].destroy = {InstanceId{2}}; }).find("overlap") !=
          std::string::npos);
}
