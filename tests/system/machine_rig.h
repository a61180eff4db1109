// SPDX-License-Identifier: Apache-2.0
// A small partitioned machine with busy tenants, run in a child process, since SystemC elaborates once per
// process. What comes back is everything there is to see: every request record, every fault, every statistic.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <poll.h>
#include <sstream>
#include <string>
#include <vector>

#include <systemc>

#include "models/gpu/machine.h"
#include "scenarios/child_process.h"

namespace migsim::rig {

inline std::unique_ptr<Device> device(const std::string& name = "tiny") {
    return load_device(std::string(MIGSIM_SOURCE_DIR) + "/models/devices/" + name + ".yaml");
}

// Runs `job` in a child and returns what it returned; what it threw comes back as "threw: ...".
inline std::string in_child(const std::function<std::string()>& job) {
    ChildProcess child([&](const ChildProcess::Send& send) {
        std::string text;
        try {
            text = job();
        } catch (const std::exception& error) {
            text = std::string("threw: ") + error.what();
        }
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) send(line);
        return 0;
    });
    std::string all;
    while (!child.ended()) {
        pollfd wait{child.pipe(), POLLIN, 0};
        poll(&wait, 1, -1);
        for (const std::string& line : child.receive()) all += line + "\n";
    }
    return all + child.failure();
}

inline std::vector<std::uint16_t> span(std::uint16_t first, std::uint16_t count) {
    std::vector<std::uint16_t> all;
    for (std::uint16_t i = 0; i < count; ++i) all.push_back(static_cast<std::uint16_t>(first + i));
    return all;
}

// Three instances of the tiny device: half of the memory, and two quarters. GPC 0 has SMs 0 to 7.
inline MachineSetup three_instances(const Device& device) {
    MachineSetup setup;
    setup.device = &device;
    constexpr Address gib = Address{1} << 30;
    setup.instances.push_back(
        {InstanceId{0}, "half", span(0, 6), span(0, 4), span(0, 4), 1, 0, 4 * gib, 0.5});
    setup.instances.push_back(
        {InstanceId{1}, "quarter", span(6, 4), span(4, 2), span(4, 2), 1, 4 * gib, 2 * gib, 0.25});
    setup.instances.push_back(
        {InstanceId{2}, "quarter", span(10, 4), span(6, 2), span(6, 2), 1, 6 * gib, 2 * gib, 0.25});
    return setup;
}

inline MachineSetup whole(const Device& device) {
    MachineSetup setup;
    setup.device = &device;
    setup.instances.push_back({InstanceId{0}, "whole", span(0, static_cast<std::uint16_t>(device.sm_count())),
                               span(0, static_cast<std::uint16_t>(device.chip.l2_slices)),
                               span(0, static_cast<std::uint16_t>(device.chip.channels)),
                               device.chip.l2_partitions, 0, Address{device.chip.memory_mib} << 20, 1});
    return setup;
}

inline Stage access(Stage::Kind kind, Access access) {
    Stage stage;
    stage.kind = kind;
    stage.access = access;
    return stage;
}

inline Stage compute(Pipe pipe, std::uint64_t operations) {
    Stage stage;
    stage.pipe = pipe;
    stage.operations = operations;
    return stage;
}

// One request of one kernel by a tenant in an instance; its pages are those of `space`.
inline TenantQueue queue_of(std::uint8_t tenant, InstanceId instance, std::uint8_t space,
                            const Kernel& kernel) {
    TenantQueue queue;
    queue.tenant = TenantId{tenant};
    queue.instance = instance;
    queue.space = SpaceId{space};
    queue.chain = {&kernel};
    return queue;
}

// Everything that can be observed of a finished run.
inline std::string digest(const Machine& machine) {
    std::ostringstream text;
    for (const RequestRecord& r : machine.records())
        text << "request " << index(r.tenant) << ' ' << r.number << ' ' << r.arrival << ' ' << r.end << ' '
             << r.failed << ' ' << r.slot_wait << ' ' << r.stalls.unloaded << ' ' << r.stalls.sm << ' '
             << r.stalls.crossbar << ' ' << r.stalls.l2 << ' ' << r.stalls.memory << ' ' << r.stalls.mmu
             << '\n';
    for (const FaultReport& f : machine.faults())
        text << "fault " << static_cast<int>(f.kind) << ' ' << index(f.instance) << ' ' << f.address << '\n';
    machine.visit([&](const std::string& path, const Statistic& s) {
        for (const Statistic::Column& column : s.columns())
            if (column.value)
                text << path << '.' << s.name << ' ' << column.label << ' ' << column.value << '\n';
    });
    return text.str();
}

// Sum of a statistic over all modules whose path contains `part`.
inline std::uint64_t total(const Machine& machine, const std::string& part, const std::string& name) {
    std::uint64_t sum = 0;
    machine.visit([&](const std::string& path, const Statistic& s) {
        if (path.find(part) == std::string::npos || s.name != name) return;
        for (const Statistic::Column& column : s.columns()) sum += column.value;
    });
    return sum;
}

// A kernel that uses everything: streaming, random and gpu-scope loads, stores, atomics, a fence, all pipes.
inline Kernel busy_kernel(AddressSpace& space, std::uint64_t seed, std::uint32_t ctas, PageSize page) {
    const Address bytes = Address{8} << 20;
    const Address from = space.allocate(bytes, page).base, to = space.allocate(bytes, page).base;
    Kernel kernel;
    kernel.name = "busy";
    kernel.grid_x = ctas;
    kernel.threads = 128;
    kernel.program.iterations = 6;
    kernel.program.depth = 3;
    const Access stream{.base = from, .cta_x = 12288, .step = 2048, .row_bytes = 2048, .page = page};
    const Access scattered{.base = from,
                           .rows = 8,
                           .row_bytes = 96,
                           .order = Access::Order::Random,
                           .elements = bytes / 96,
                           .seed = seed,
                           .page = page};
    const Access sectors{
        .base = to + 64, .cta_x = 128, .rows = 3, .row_bytes = 32, .pitch = 4096, .page = page};
    const Access out{.base = to, .cta_x = 12288, .step = 2048, .row_bytes = 2048, .page = page};
    kernel.program.stages = {access(Stage::Kind::Load, stream),
                             access(Stage::Kind::Load, scattered),
                             access(Stage::Kind::GpuLoad, sectors),
                             compute(Pipe::Tensor, 100000),
                             compute(Pipe::Fp32, 5000),
                             compute(Pipe::Fp64, 2000),
                             compute(Pipe::Alu, 900),
                             access(Stage::Kind::Store, out),
                             access(Stage::Kind::Atomic, sectors),
                             compute(Pipe::Fp32, 0)};
    Stage fence;
    fence.kind = Stage::Kind::Fence;
    kernel.program.stages.back() = fence;
    return kernel;
}

} // namespace migsim::rig
