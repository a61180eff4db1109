// SPDX-License-Identifier: Apache-2.0
// Clusters of CTAs that share loads, on the whole machine.
#include <catch2/catch.hpp>

#include "tests/system/machine_rig.h"

using namespace migsim;

namespace {

constexpr PageSize page = PageSize::M2;

// `clusters` times `cluster` CTAs; those of a cluster are the rows of a column and share a tile of 27 lines.
Kernel sharing_kernel(AddressSpace& space, Stage::Kind kind, std::uint32_t clusters, std::uint32_t cluster) {
    Kernel kernel;
    kernel.name = "sharing";
    kernel.grid_x = clusters;
    kernel.grid_y = kernel.group_y = cluster;
    kernel.cluster = kind == Stage::Kind::MulticastLoad ? cluster : 1;
    kernel.threads = 256;
    kernel.program.iterations = 10;
    kernel.program.depth = 3;
    const Access tile{.base = space.allocate(Address{8} << 20, page).base,
                      .cta_x = 32768,
                      .step = 3200,
                      .rows = 3,
                      .row_bytes = 1056, // nine lines, the last one or the first not all of it
                      .pitch = 1056,
                      .page = page};
    kernel.program.stages = {rig::access(kind, tile), rig::compute(Pipe::Tensor, 50000)};
    return kernel;
}

TenantQueue queue_of(std::uint8_t tenant, InstanceId instance, const Kernel& kernel,
                     std::uint64_t requests = 1) {
    TenantQueue queue = rig::queue_of(tenant, instance, tenant, kernel);
    queue.requests = requests;
    return queue;
}

std::unique_ptr<Device> device_with_clusters(const char* latency = "181") {
    auto device = rig::device();
    device->sm.set("sm_to_sm_latency", latency);
    return device;
}

std::string name_of(Machine::End end) {
    return end == Machine::End::Finished ? "finished\n" : "not finished\n";
}

// One kernel on the whole device; "name value" for each total asked for, of all GPCs and of each.
std::map<std::string, std::uint64_t> totals(const std::function<Kernel(AddressSpace&)>& make) {
    const std::string text = rig::in_child([&] {
        const auto device = device_with_clusters();
        Machine machine(rig::whole(*device));
        const Kernel kernel = make(machine.driver(InstanceId{0}).add_space(SpaceId{0}));
        machine.submit(queue_of(0, InstanceId{0}, kernel));
        std::ostringstream out;
        if (machine.run(4 * ms) != Machine::End::Finished) out << "does not end: " << machine.waits();
        for (const char* const gpc : {"gpc_", "gpc_0", "gpc_1"})
            for (const char* const name : {"requests", "bytes_read", "multicast_loads",
                                           "multicast_deliveries", "l1_bypasses", "l1_lookups", "ctas"})
                out << gpc << '.' << name << ' ' << rig::total(machine, gpc, name) << '\n';
        return out.str();
    });
    INFO(text);
    REQUIRE(text.find("does not end") == std::string::npos);
    std::map<std::string, std::uint64_t> result;
    std::istringstream lines(text);
    std::string name;
    for (std::uint64_t value; lines >> name >> value;) result[name] = value;
    REQUIRE(result.size() == 21);
    return result;
}

// Three instances with clusters of 2, 4 and 1, all kinds of stages beside the multicast; two clock steps, and
// the second instance is stopped while it runs.
std::string eventful_run(const WindowOptions& windows, const char* latency) {
    return rig::in_child([&] {
        const auto device = device_with_clusters(latency);
        MachineSetup setup = rig::three_instances(*device);
        setup.walls.l3_tlb = setup.walls.page_walker = false;
        setup.windows = windows;
        Machine machine(setup);
        std::vector<Kernel> kernels;
        kernels.reserve(3);
        for (std::uint8_t i = 0; i < 3; ++i) {
            AddressSpace& space = machine.driver(InstanceId{i}).add_space(SpaceId{i});
            Kernel kernel = rig::busy_kernel(space, i + 1, 48, page);
            kernel.cluster = i == 0 ? 2 : i == 1 ? 4 : 1;
            const Address base = space.allocate(Address{4} << 20, page).base;
            std::vector<Stage>& stages = kernel.program.stages;
            stages.insert(
                stages.begin() + 1,
                rig::access(Stage::Kind::MulticastLoad,
                            {.base = base, .cta_x = 4096, .step = 1600, .row_bytes = 1600, .page = page}));
            if (i == 1) { // this one leaves its instance's memory with a shared line
                const Address stray = Address{1} << 44;
                space.map(stray, PageSize::M2, Address{1} << 30);
                stages.push_back(rig::access(Stage::Kind::MulticastLoad,
                                             {.base = stray, .row_bytes = 512, .page = PageSize::M2}));
                kernel.program.iterations = 3;
            }
            kernels.push_back(kernel);
            machine.submit(queue_of(i, InstanceId{i}, kernels.back(), 3));
        }
        machine.clock_step(9 * us, 1005);
        machine.clock_step(21 * us, 1410);
        const Machine::End end = machine.run(2 * ms);
        return name_of(end) + rig::digest(machine);
    });
}

} // namespace

TEST_CASE("a cluster reads a tile that it shares once, and every line reaches every CTA of it",
          "[multicast]") {
    for (const std::uint32_t cluster : {2u, 3u, 6u}) {
        CAPTURE(cluster);
        const auto each = totals(
            [&](AddressSpace& space) { return sharing_kernel(space, Stage::Kind::GpuLoad, 11, cluster); });
        auto shared = totals([&](AddressSpace& space) {
            return sharing_kernel(space, Stage::Kind::MulticastLoad, 11, cluster);
        });
        CHECK(each.at("gpc_.requests") == 11 * 10 * 27 * cluster);
        CHECK(each.at("gpc_.requests") == cluster * shared["gpc_.requests"]);
        CHECK(each.at("gpc_.bytes_read") == cluster * shared["gpc_.bytes_read"]);
        CHECK(each.at("gpc_.l1_bypasses") ==
              shared["gpc_.multicast_loads"] + shared["gpc_.multicast_deliveries"]);
        CHECK(shared["gpc_.l1_lookups"] + shared["gpc_.l1_bypasses"] == 0);
        CHECK(shared["gpc_.ctas"] == 11 * cluster);
        for (const std::string gpc : {"gpc_0", "gpc_1"})
            CHECK(shared[gpc + ".multicast_deliveries"] == (cluster - 1) * shared[gpc + ".multicast_loads"]);
        CHECK(shared["gpc_1.requests"] > 0);
    }
}

TEST_CASE("a cluster never spans two GPCs, even where only one has room for it", "[multicast]") {
    const auto device = rig::device();
    const std::uint32_t whole_sm = device->sm.shared_bytes;
    for (const std::uint32_t cluster : {6u, 7u, 8u}) { // of eight SMs and of six
        CAPTURE(cluster);
        auto counts = totals([&](AddressSpace& space) {
            Kernel kernel = sharing_kernel(space, Stage::Kind::MulticastLoad, 4, cluster);
            kernel.shared_bytes = whole_sm;
            return kernel;
        });
        CHECK(counts["gpc_.ctas"] == 4 * cluster);
        CHECK(counts["gpc_0.ctas"] == (cluster == 6 ? 2 : 4) * cluster);
        for (const std::string gpc : {"gpc_0", "gpc_1"})
            CHECK(counts[gpc + ".multicast_deliveries"] == (cluster - 1) * counts[gpc + ".multicast_loads"]);
    }
}

TEST_CASE("a kernel without clusters may use multicast loads, which then serve its own CTA only",
          "[multicast]") {
    auto counts =
        totals([&](AddressSpace& space) { return sharing_kernel(space, Stage::Kind::MulticastLoad, 11, 1); });
    CHECK(counts["gpc_.requests"] == 11 * 10 * 27);
    CHECK(counts["gpc_.multicast_loads"] == 11 * 10 * 27);
    CHECK(counts["gpc_.multicast_deliveries"] == 0);
}

TEST_CASE("news of a free buffer takes the way from one SM to another, in every iteration that needs it",
          "[multicast]") {
    const auto time_of = [](const char* latency, std::uint32_t iterations) {
        const std::string text = rig::in_child([&] {
            const auto device = device_with_clusters(latency);
            Machine machine(rig::whole(*device));
            Kernel kernel = sharing_kernel(machine.driver(InstanceId{0}).add_space(SpaceId{0}),
                                           Stage::Kind::MulticastLoad, 1, 2);
            kernel.program.iterations = iterations;
            kernel.program.depth = 1;
            machine.submit(queue_of(0, InstanceId{0}, kernel, 3));
            machine.run(4 * ms);
            const RequestRecord& warm = machine.records().at(2); // its lines and pages are in L2 and TLBs
            return std::to_string(warm.end - warm.arrival);
        });
        return std::stoull(text);
    };
    const double cycle = 1e6 / 1410; // ps
    for (const std::uint32_t iterations : {1u, 4u}) {
        CAPTURE(iterations);
        const auto longer = static_cast<double>(time_of("381", iterations) - time_of("181", iterations));
        CHECK(longer / cycle == Approx(200 * iterations).margin(20 * iterations));
    }
}

TEST_CASE("a run with clusters, a fault in a shared line and clock steps is the same under every window "
          "length, block order and thread count, and under the oracle",
          "[multicast][determinism]") {
    for (const char* const latency : {"181", "20"}) { // longer and shorter than every other wire
        CAPTURE(latency);
        const std::string oracle = eventful_run({.event_driven = true}, latency);
        REQUIRE(oracle.rfind("finished\n", 0) == 0);
        REQUIRE(oracle.find("fault ") != std::string::npos);
        REQUIRE(oracle.find("multicast_deliveries") != std::string::npos);
        REQUIRE(oracle.find("gpu.governor.clock_changes  2") != std::string::npos);
        CHECK(eventful_run({}, latency) == oracle);
        for (const Tick length : {Tick{997}, Tick{8192}, Tick{14000}}) {
            INFO("window of " << length << " ps");
            CHECK(eventful_run({.length = length}, latency) == oracle);
        }
        CHECK(eventful_run({.shuffle = 1}, latency) == oracle);
        for (const unsigned threads : {2u, 4u}) CHECK(eventful_run({.threads = threads}, latency) == oracle);
    }
}

TEST_CASE("a window is never longer than the way from one SM to another", "[multicast]") {
    CHECK_THAT(eventful_run({.length = 40000}, "20"), Catch::Contains("to_sms"));
}

TEST_CASE("wherever a shared line is refused, its instance is stopped and no CTA of the cluster hangs",
          "[multicast]") {
    for (const int level : {0, 1, 2, 3}) { // the page walker refuses it, the crossbar, the slice, the channel
        CAPTURE(level);
        const std::string text = rig::in_child([&] {
            const auto device = device_with_clusters();
            MachineSetup setup = rig::three_instances(*device);
            setup.enforcement.walker = level == 0;
            setup.enforcement.crossbar = level <= 1;
            setup.enforcement.slice = level <= 2;
            Machine machine(setup);
            AddressSpace& space = machine.driver(InstanceId{2}).add_space(SpaceId{0});
            Kernel kernel = sharing_kernel(space, Stage::Kind::MulticastLoad, 9, 4);
            const Address stray = Address{1} << 44; // a page of instance 0
            space.map(stray, PageSize::M2, Address{1} << 30);
            kernel.program.stages.push_back(
                rig::access(Stage::Kind::MulticastLoad, {.base = stray, .row_bytes = 1024, .page = page}));
            machine.submit(queue_of(0, InstanceId{2}, kernel));
            const Machine::End end = machine.run(4 * ms);
            return name_of(end) + machine.waits() + rig::digest(machine);
        });
        INFO(text);
        CHECK(text.rfind("finished\n", 0) == 0);
        CHECK(text.find("fault ") != std::string::npos);
        CHECK(text.find("instances_stopped  1") != std::string::npos);
    }
}

TEST_CASE("a cluster that waits for room is not overtaken by what became ready later", "[multicast]") {
    const std::string text = rig::in_child([&] {
        const auto device = device_with_clusters();
        Machine machine(rig::whole(*device));
        std::vector<Kernel> kernels;
        kernels.reserve(4);
        for (std::uint8_t i = 0; i < 4;
             ++i) { // three neighbours without end that fill every SM, and a cluster
            AddressSpace& space = machine.driver(InstanceId{0}).add_space(SpaceId{i});
            kernels.push_back(i < 3 ? sharing_kernel(space, Stage::Kind::GpuLoad, 17 + 4 * i, 1)
                                    : sharing_kernel(space, Stage::Kind::MulticastLoad, 1, 8));
            kernels.back().shared_bytes = device->sm.shared_bytes;
            TenantQueue queue = queue_of(i, InstanceId{0}, kernels.back(), i < 3 ? 0 : 1);
            queue.first_arrival = i * 700 * ns;
            machine.submit(queue);
        }
        const Machine::End end = machine.run(1 * ms);
        return name_of(end);
    });
    CHECK(text == "finished\n");
}

TEST_CASE("a cluster that can never run is refused with one clear sentence", "[multicast]") {
    const auto refusal = [](const char* latency, std::uint32_t grid, std::uint32_t cluster,
                            std::uint32_t shared_bytes) {
        return rig::in_child([&] {
            const auto device = device_with_clusters(latency);
            Machine machine(rig::three_instances(*device));
            AddressSpace& space = machine.driver(InstanceId{1}).add_space(SpaceId{0});
            Kernel kernel = sharing_kernel(space, Stage::Kind::MulticastLoad, grid, 1);
            kernel.cluster = cluster;
            kernel.shared_bytes = shared_bytes;
            machine.submit(queue_of(0, InstanceId{1}, kernel)); // two SMs of either GPC
            return name_of(machine.run(4 * ms));
        });
    };
    CHECK_THAT(
        refusal("0", 8, 2, 0),
        Catch::Contains("sharing: clusters of 2 CTAs need an SM-to-SM network, which this device has not"));
    CHECK_THAT(refusal("181", 9, 2, 0), Catch::Contains("do not divide its grid of 9"));
    CHECK_THAT(refusal("181", 34, 17, 0), Catch::Contains("legal: 1 to 16"));
    CHECK_THAT(refusal("181", 8, 4, 100000),
               Catch::Contains("no GPC of its instance has room for a cluster of 4 CTAs"));
    CHECK(refusal("181", 8, 2, 100000) == "finished\n");
    CHECK(refusal("0", 8, 1, 0) == "finished\n");
}
