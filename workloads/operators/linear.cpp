// SPDX-License-Identifier: Apache-2.0
#include "workloads/operators/linear.h"

namespace migsim {

Kernel linear(const std::string& name, const LinearLayer& layer) {
    constexpr std::uint64_t bf16 = 2, fp32 = 4;
    require(layer.outputs % layer.outputs_per_cta == 0, name,
            "outputs must be a multiple of outputs_per_cta");
    const std::uint64_t weights = std::uint64_t{layer.outputs_per_cta} * layer.inputs;

    Kernel kernel;
    kernel.name = name;
    kernel.grid_x = layer.outputs / layer.outputs_per_cta;
    kernel.threads = 256;
    kernel.registers = 64;

    const auto outputs = [&](Address base, std::uint64_t element) {
        Access access = run(base, layer.outputs_per_cta * element, layer.outputs_per_cta * element);
        access.rows = layer.batch;
        access.pitch = layer.outputs * element;
        return access;
    };
    std::vector<Stage>& stages = kernel.program.stages;
    for (const Span& span : layer.read_by_all) {
        stages.push_back(load(run(span.base, span.bytes)));
        kernel.shared_bytes += static_cast<std::uint32_t>(span.bytes);
    }
    stages.push_back(load(run(layer.weights, weights * bf16, weights * bf16)));
    if (layer.residual) stages.push_back(load(outputs(*layer.residual, bf16)));
    if (layer.sums) stages.push_back(load(outputs(*layer.sums, fp32)));
    // The tensor pipe's smallest tile has eight columns; below that the products go through the FP32 pipe.
    stages.push_back(compute(layer.batch < 8 ? Pipe::Fp32 : Pipe::Tensor, 2 * weights * layer.batch));
    stages.push_back(store(outputs(layer.output, bf16)));
    if (layer.sums) stages.push_back(store(outputs(*layer.sums, fp32)));
    return kernel;
}

} // namespace migsim
