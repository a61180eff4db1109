// SPDX-License-Identifier: Apache-2.0
// What one request of a tenant launches: kernels in the order of one stream, each waiting for the one before
// it. Every request is the same, so it touches the same weights, and what stays of them in L2 follows from
// the addresses.
#pragma once

#include <utility>
#include <vector>

#include "workloads/traffic.h"

namespace migsim {

struct Program {
    std::vector<Kernel> kernels; // launches hold on to them: a program stays until the machine is done

    void add(Kernel kernel) { kernels.push_back(std::move(kernel)); }
};

inline Traffic traffic(const Program& program) {
    Traffic total;
    for (const Kernel& kernel : program.kernels) total += traffic(kernel);
    return total;
}

} // namespace migsim
