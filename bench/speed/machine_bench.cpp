// SPDX-License-Identifier: Apache-2.0
// The whole H100 on one core: line transactions per second of wall time for streaming from HBM, L2 hits and
// random rows, simulated nanoseconds per wall second, and peak memory. Each run is a child process, since
// SystemC elaborates once per process; the clock is the run's own, without building the machine.
#include <chrono>
#include <functional>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <benchmark/benchmark.h>

#include "models/gpu/machine.h"

namespace {

using namespace migsim;

struct Speed {
    double seconds = 0, lines = 0, simulated_ns = 0, peak_bytes = 0;
};

std::vector<std::uint16_t> all(std::uint32_t count) {
    std::vector<std::uint16_t> numbers(count);
    for (std::uint32_t i = 0; i < count; ++i) numbers[i] = static_cast<std::uint16_t>(i);
    return numbers;
}

Speed run(const std::function<void(AddressSpace&, Kernel&)>& fill) {
    const auto device = load_device(MIGSIM_SOURCE_DIR "/models/devices/h100-sxm-80gb.yaml");
    MachineSetup setup;
    setup.device = device.get();
    setup.instances.push_back({InstanceId{0}, "whole", all(device->sm_count()), all(device->chip.l2_slices),
                               all(device->chip.channels), device->chip.l2_partitions, 0,
                               Address{device->chip.memory_mib} << 20, 1});
    Machine machine(setup);
    Kernel kernel;
    kernel.threads = 1024;
    fill(machine.driver(InstanceId{0}).add_space(SpaceId{0}), kernel);
    TenantQueue queue;
    queue.chain = {&kernel};
    queue.requests = 1;
    machine.submit(queue);
    const auto begin = std::chrono::steady_clock::now();
    machine.run(never);
    Speed speed;
    speed.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    speed.lines = static_cast<double>(machine.line_transactions());
    speed.simulated_ns = static_cast<double>(machine.now()) / 1e3;
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    speed.peak_bytes = static_cast<double>(usage.ru_maxrss) * 1024;
    return speed;
}

void measure(benchmark::State& state, const std::function<void(AddressSpace&, Kernel&)>& fill) {
    for (auto _ : state) {
        int ends[2];
        if (pipe(ends) != 0) return state.SkipWithError("no pipe");
        const pid_t child = fork();
        if (child == 0) {
            const Speed speed = run(fill);
            _exit(write(ends[1], &speed, sizeof speed) == sizeof speed ? 0 : 1);
        }
        close(ends[1]);
        Speed speed;
        const bool told = read(ends[0], &speed, sizeof speed) == sizeof speed;
        close(ends[0]);
        waitpid(child, nullptr, 0);
        if (!told) return state.SkipWithError("the run failed");
        state.SetIterationTime(speed.seconds);
        state.counters["lines_per_s"] = speed.lines / speed.seconds;
        state.counters["simulated_ns_per_s"] = speed.simulated_ns / speed.seconds;
        state.counters["peak_bytes"] = speed.peak_bytes;
    }
}

Stage load(const Access& access) {
    Stage stage;
    stage.kind = Stage::Kind::Load;
    stage.access = access;
    return stage;
}

constexpr std::uint64_t mib = std::uint64_t{1} << 20;

// 8 KiB per CTA from 512 MiB, each line once.
void hbm_streaming(benchmark::State& state) {
    measure(state, [](AddressSpace& space, Kernel& kernel) {
        const Address base = space.allocate(512 * mib, PageSize::M2).base;
        kernel.grid_x = 512 * mib / 8192;
        kernel.program.stages = {load({.base = base, .cta_x = 8192, .row_bytes = 8192})};
    });
}

// 16 MiB, which every L2 partition holds, forty times; another CTA each time, so L1 does not help.
void l2_hits(benchmark::State& state) {
    measure(state, [](AddressSpace& space, Kernel& kernel) {
        const Address base = space.allocate(16 * mib, PageSize::M2).base;
        kernel.grid_x = 16 * mib / 8192;
        kernel.grid_y = 40;
        kernel.program.stages = {load({.base = base, .cta_x = 8192, .row_bytes = 8192})};
    });
}

// Whole lines at random in 16 GiB.
void random_rows(benchmark::State& state) {
    measure(state, [](AddressSpace& space, Kernel& kernel) {
        const Address base = space.allocate(16384 * mib, PageSize::M2).base;
        kernel.grid_x = 32768;
        kernel.program.stages = {load({.base = base,
                                       .rows = 64,
                                       .row_bytes = 128,
                                       .order = Access::Order::Random,
                                       .elements = 16384 * mib / 128,
                                       .seed = 1})};
    });
}

BENCHMARK(hbm_streaming)->UseManualTime()->Iterations(1)->Unit(benchmark::kSecond);
BENCHMARK(l2_hits)->UseManualTime()->Iterations(1)->Unit(benchmark::kSecond);
BENCHMARK(random_rows)->UseManualTime()->Iterations(1)->Unit(benchmark::kSecond);

} // namespace
