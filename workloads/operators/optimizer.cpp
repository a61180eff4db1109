// SPDX-License-Identifier: Apache-2.0
#include "workloads/operators/optimizer.h"

#include "workloads/operators/row_wise.h"

namespace migsim {

Kernel adam_step(const std::string& name, const AdamState& state) {
    const std::vector<ElementOperand> fp32{
        {state.master_weights, 4}, {state.first_moment, 4}, {state.second_moment, 4}};
    std::vector<ElementOperand> loads = fp32;
    std::vector<ElementOperand> stores = fp32;
    loads.push_back({state.gradients, 2});
    stores.push_back({state.weights, 2});
    return elementwise(name, state.parameters, loads, stores, 12);
}

} // namespace migsim
