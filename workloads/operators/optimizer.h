// SPDX-License-Identifier: Apache-2.0
// One Adam step in mixed precision: 14 bytes read and 14 written per parameter for a dozen operations, so it
// runs at memory bandwidth. The state is what ZeRO counts (Rajbhandari et al., 2020): bf16 weights and
// gradients, fp32 master weights and two moments.
#pragma once

#include "workloads/operators/stages.h"

namespace migsim {

struct AdamState {
    std::uint64_t parameters;
    Address weights, gradients;                          // bf16
    Address master_weights, first_moment, second_moment; // fp32
};

Kernel adam_step(const std::string& name, const AdamState& state);

} // namespace migsim
