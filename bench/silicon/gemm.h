// SPDX-License-Identifier: Apache-2.0
// A plain tiled BF16 matrix product on chosen SMs: no library, so that what runs is what stands here.
#pragma once

#include <vector>

#include "bench/silicon/bench.h"

namespace migsim::silicon {

struct GemmShape {
    unsigned m, n, k; // multiples of 128, 128 and 32
    double flop() const { return 2.0 * m * n * k; }
};

class Gemm {
public:
    Gemm(const Bench& bench, GemmShape shape);

    void use(const std::vector<unsigned>& sm_ids); // waits for what runs
    void launch();                                 // does not wait
    void verify() const; // the last launch's product; throws std::runtime_error where it is wrong

private:
    const Bench& bench_;
    GemmShape shape_;
    unsigned shared_;
    Buffer a_, b_, c_, chosen_, state_;
};

} // namespace migsim::silicon
