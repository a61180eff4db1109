// SPDX-License-Identifier: Apache-2.0
// Kernels that go once over rows of memory: norms, rotary embeddings, and everything elementwise (residuals,
// activations), for which the elements are cut into equal rows. A CTA takes one row: no loop, no reuse, pure
// bandwidth.
#pragma once

#include "workloads/operators/stages.h"

namespace migsim {

struct RowOperand {
    Address base;
    std::uint64_t row_bytes;
    std::uint64_t pitch; // from row to row; 0: all rows read the same one
};

Kernel row_wise(const std::string& name, std::uint32_t rows, const std::vector<RowOperand>& loads,
                const std::vector<RowOperand>& stores, std::uint64_t operations_per_row);

struct ElementOperand {
    Address base;
    std::uint32_t bytes; // per element
};

Kernel elementwise(const std::string& name, std::uint64_t elements, const std::vector<ElementOperand>& loads,
                   const std::vector<ElementOperand>& stores, std::uint32_t operations_per_element);

// Layer norm or RMS norm of bf16 rows, forward; or backward, where `inputs` are the gradient and the
// forward's input.
Kernel norm(const std::string& name, std::uint32_t rows, std::uint32_t width,
            const std::vector<Address>& inputs, Address weights, Address output);

} // namespace migsim
