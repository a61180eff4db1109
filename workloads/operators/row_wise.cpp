// SPDX-License-Identifier: Apache-2.0
#include "workloads/operators/row_wise.h"

#include <numeric>

namespace migsim {

Kernel row_wise(const std::string& name, std::uint32_t rows, const std::vector<RowOperand>& loads,
                const std::vector<RowOperand>& stores, std::uint64_t operations_per_row) {
    Kernel kernel;
    kernel.name = name;
    kernel.grid_x = rows;
    kernel.threads = 256;
    kernel.registers = 32;
    std::vector<Stage>& stages = kernel.program.stages;
    for (const RowOperand& row : loads) stages.push_back(load(run(row.base, row.row_bytes, row.pitch)));
    stages.push_back(compute(Pipe::Fp32, operations_per_row));
    for (const RowOperand& row : stores) stages.push_back(store(run(row.base, row.row_bytes, row.pitch)));
    return kernel;
}

Kernel elementwise(const std::string& name, std::uint64_t elements, const std::vector<ElementOperand>& loads,
                   const std::vector<ElementOperand>& stores, std::uint32_t operations_per_element) {
    // Eight bf16 elements a thread are one 16-byte access; less only where the elements do not divide so.
    const std::uint64_t row = std::gcd(elements, std::uint64_t{256 * 8});
    require(row >= 64, name, "the number of elements must be a multiple of 64");
    const auto rows = [&](const std::vector<ElementOperand>& operands) {
        std::vector<RowOperand> result;
        for (const ElementOperand& operand : operands)
            result.push_back({operand.base, row * operand.bytes, row * operand.bytes});
        return result;
    };
    Kernel kernel = row_wise(name, static_cast<std::uint32_t>(elements / row), rows(loads), rows(stores),
                             row * operations_per_element);
    kernel.program.warps_apart = true;
    return kernel;
}

Kernel norm(const std::string& name, std::uint32_t rows, std::uint32_t width,
            const std::vector<Address>& inputs, Address weights, Address output) {
    const std::uint64_t bytes = std::uint64_t{width} * 2;
    std::vector<RowOperand> loads;
    for (const Address input : inputs) loads.push_back({input, bytes, bytes});
    loads.push_back({weights, bytes, 0});
    return row_wise(name, rows, loads, {{output, bytes, bytes}}, std::uint64_t{width} * 4 * inputs.size());
}

} // namespace migsim
