// SPDX-License-Identifier: Apache-2.0
// A linear layer for a batch of one or a few tokens (GEMV): the weights are streamed once, in contiguous
// shares, and every CTA reads the whole input. Fused as inference engines fuse it: whatever else the CTAs
// read whole is one more input, and what is to be added to the outputs (a residual, the sums of the
// feed-forward kernel before) is added to the CTA's own. No pipelining: a CTA's share is small, so all of it
// is in flight at once.
#pragma once

#include <optional>

#include "workloads/operators/stages.h"

namespace migsim {

struct Span {
    Address base;
    std::uint64_t bytes;
};

struct LinearLayer {
    std::uint32_t inputs, outputs;
    std::uint32_t batch = 1;
    std::uint32_t outputs_per_cta = 16;
    Address weights;                   // bf16, outputs x inputs
    std::vector<Span> read_by_all;     // the input vectors and whatever else each CTA reads whole
    std::optional<Address> residual{}; // bf16, batch x outputs; may be `output`
    std::optional<Address> sums{};     // fp32, batch x outputs; cleared for their next use
    Address output;                    // bf16, batch x outputs
};

Kernel linear(const std::string& name, const LinearLayer& layer);

} // namespace migsim
