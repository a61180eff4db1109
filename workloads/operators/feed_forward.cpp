// SPDX-License-Identifier: Apache-2.0
#include "workloads/operators/feed_forward.h"

namespace migsim {

Kernel feed_forward(const std::string& name, const FeedForward& layer) {
    require(layer.inner % layer.neurons_per_cta == 0, name, "inner must be a multiple of neurons_per_cta");
    const std::uint64_t rows = std::uint64_t{layer.neurons_per_cta} * layer.hidden; // elements
    constexpr std::uint64_t bf16 = 2, fp32 = 4;

    Kernel kernel;
    kernel.name = name;
    kernel.grid_x = layer.inner / layer.neurons_per_cta;
    kernel.threads = 256;
    kernel.registers = 64;
    std::vector<Stage>& stages = kernel.program.stages;
    for (const Span& span : layer.read_by_all) {
        stages.push_back(load(run(span.base, span.bytes)));
        kernel.shared_bytes += static_cast<std::uint32_t>(span.bytes);
    }
    stages.push_back(load(run(layer.gate_up, 2 * rows * bf16, 2 * rows * bf16)));
    stages.push_back(load(run(layer.down, rows * bf16, rows * bf16)));
    stages.push_back(compute(Pipe::Fp32, 2 * 3 * rows));
    stages.push_back(atomic(run(layer.sums, layer.hidden * fp32)));
    return kernel;
}

} // namespace migsim
