// SPDX-License-Identifier: Apache-2.0
#include "workloads/operators/random_access.h"

#include <algorithm>

namespace migsim {

Kernel random_access(const RandomAccessShape& shape, Buffers& buffers, std::uint32_t sms) {
    const std::uint64_t bytes = shape.range_kib * 1024;
    const std::uint32_t threads_per_run = std::max(shape.run_bytes / 16, 1u);
    Access runs = run(buffers.allocate("table", bytes, page_of(shape.page_kib)), shape.run_bytes);
    runs.rows = shape.threads_per_cta / threads_per_run;
    runs.order = Access::Order::Random;
    runs.elements = bytes / shape.run_bytes;
    runs.seed = shape.seed;
    runs.page = page_of(shape.page_kib);

    Kernel kernel;
    kernel.name = "random_" + std::string(enum_name(shape.operation));
    kernel.grid_x = shape.ctas_per_sm * sms;
    kernel.threads = shape.threads_per_cta;
    kernel.program.iterations = shape.accesses_per_thread;
    kernel.program.depth = shape.depth;
    kernel.program.warps_apart = runs.rows >= kernel.threads / 32; // else several warps make one run
    if (shape.operation == RandomOperation::Atomic) {
        kernel.program.stages = {atomic(runs)};
    } else {
        kernel.program.stages = {load(runs)};
    }
    if (shape.operation == RandomOperation::Update) { // the same draws: what was read is what is written
        kernel.program.stages.push_back(compute(Pipe::Alu, std::uint64_t{runs.rows} * shape.run_bytes / 8));
        kernel.program.stages.push_back(store(runs));
    }
    return kernel;
}

} // namespace migsim
