// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/workload_brute_force.h"

#include "workloads/operators/stages.h"

namespace migsim {
namespace {

Traffic walked(const Kernel& kernel) {
    Traffic total;
    for (const Stage& stage : kernel.program.stages) {
        if (!is_access(stage)) {
            for_each_cta(kernel, [&](const CtaLaunch&, std::uint32_t) {
                total.operations[static_cast<std::size_t>(stage.pipe)] += stage.operations;
            });
            continue;
        }
        Flow& flow = stage.kind == Stage::Kind::Store    ? total.stores
                     : stage.kind == Stage::Kind::Atomic ? total.atomics
                                                         : total.loads;
        if (stage.kind == Stage::Kind::MulticastLoad) {
            CtaLaunch cta{};
            cta.kernel = &kernel;
            const std::uint32_t iterations = kernel.program.iterations;
            for (std::uint64_t first = 0; first < kernel.ctas(); first += kernel.cluster) {
                const Kernel::Place place = kernel.place(first);
                cta.x = place.x;
                cta.y = place.y;
                cta.z = place.z;
                for (std::uint32_t iteration = 0; iteration < iterations; ++iteration) {
                    flow.bytes += std::uint64_t{stage.access.rows} * stage.access.row_bytes;
                    for (LineCursor cursor(stage.access, cta, iteration, iterations); !cursor.done();
                         cursor.advance())
                        ++flow.lines;
                }
            }
            continue;
        }
        for_each_line(kernel, stage.access, [&](const Line&) { ++flow.lines; });
        for_each_cta(kernel, [&](const CtaLaunch&, std::uint32_t) {
            flow.bytes += std::uint64_t{stage.access.rows} * stage.access.row_bytes;
        });
    }
    return total;
}

Kernel grid(std::uint32_t x, std::uint32_t y, std::uint32_t z, std::uint32_t iterations) {
    Kernel kernel;
    kernel.name = "test";
    kernel.grid_x = x;
    kernel.grid_y = y;
    kernel.grid_z = z;
    kernel.program.iterations = iterations;
    return kernel;
}

TEST_CASE("traffic counts exactly the lines that a load/store unit walks, whatever the strides", "[fast]") {
    RandomStream random(1, "strides");
    for (int trial = 0; trial < 300; ++trial) {
        const auto below = [&](std::uint64_t n) { return static_cast<std::uint32_t>(random.below(n)); };
        Kernel kernel = grid(1 + below(5), 1 + below(4), 1 + below(3), 1 + below(6));
        Access access;
        access.base = below(1000);
        access.cta_x = below(500);
        access.cta_y = below(3) * 32;
        access.cta_z = below(300);
        access.step = below(4) * 100;
        access.rows = 1 + below(5);
        access.pitch = below(400);
        access.row_bytes = 1 + below(500);
        Access other = access;
        other.base += 77;
        kernel.program.stages = {load(access), compute(Pipe::Alu, 3), compute(Pipe::Tensor, trial),
                                 store(other)};
        other.row_bytes += 13;
        kernel.program.stages.push_back(atomic(other));
        kernel.group_y = below(4);
        kernel.cluster = kernel.grid_x;
        kernel.program.stages.push_back(load(other));
        kernel.program.stages.back().kind = Stage::Kind::MulticastLoad;
        INFO("trial " << trial);
        REQUIRE(traffic(kernel) == walked(kernel));
    }
}

TEST_CASE("traffic of scattered accesses is exact although nobody knows which elements are drawn", "[fast]") {
    for (const std::uint32_t element : {8u, 32u, 64u, 128u, 512u}) {
        Kernel kernel = grid(3, 2, 1, 4);
        Access access;
        access.rows = 5;
        access.row_bytes = element;
        access.elements = 1000;
        access.order = Access::Order::Random;
        kernel.program.stages = {load(access)};
        access.order = Access::Order::Permuted;
        kernel.program.stages.push_back(atomic(access));
        kernel.cluster = 3;
        kernel.program.stages.push_back(load(access));
        kernel.program.stages.back().kind = Stage::Kind::MulticastLoad;
        REQUIRE(traffic(kernel) == walked(kernel));
    }
}

TEST_CASE("scattered elements that straddle lines have no exact traffic and are refused", "[fast]") {
    Kernel kernel = grid(1, 1, 1, 1);
    Access access;
    access.row_bytes = 48;
    access.elements = 10;
    access.order = Access::Order::Random;
    kernel.program.stages = {load(access)};
    REQUIRE_THROWS_AS(traffic(kernel), std::invalid_argument);
    kernel.program.stages[0].access.row_bytes = 64;
    REQUIRE_NOTHROW(traffic(kernel));
    kernel.program.stages[0].access.base = 32;
    REQUIRE_THROWS_AS(traffic(kernel), std::invalid_argument);
}

} // namespace
} // namespace migsim
