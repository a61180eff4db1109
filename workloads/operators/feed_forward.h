// SPDX-License-Identifier: Apache-2.0
// The gated feed-forward part of a layer for one token, fused into one kernel: a CTA computes a few inner
// neurons, multiplies each with its row of the down projection, and adds the result to the sums of all CTAs
// by reductions at L2. Both weight matrices are streamed once; the inner vector never leaves the SMs.
#pragma once

#include "workloads/operators/linear.h"

namespace migsim {

struct FeedForward {
    std::uint32_t hidden, inner;
    std::uint32_t neurons_per_cta = 16;
    Address gate_up;               // bf16, inner x 2 x hidden
    Address down;                  // bf16, inner x hidden
    std::vector<Span> read_by_all; // the input vector
    Address sums;                  // fp32, hidden; zero at the start
};

Kernel feed_forward(const std::string& name, const FeedForward& layer);

} // namespace migsim
