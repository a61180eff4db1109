// SPDX-License-Identifier: Apache-2.0
#include "workloads/operators/pointer_chase.h"

namespace migsim {

Kernel pointer_chase(const ChaseShape& shape, Buffers& buffers) {
    const std::uint64_t bytes = shape.footprint_kib * 1024;
    Access hop = run(buffers.allocate("cycle", bytes, page_of(shape.page_kib)), ChaseShape::element_bytes);
    hop.order = Access::Order::Permuted;
    hop.elements = bytes / ChaseShape::element_bytes;
    hop.seed = shape.seed;
    hop.page = page_of(shape.page_kib);

    Kernel kernel;
    kernel.name = "pointer_chase";
    kernel.program = {.stages = {load(hop)}, .iterations = shape.hops, .depth = 1}; // depth 1: dependent
    return kernel;
}

} // namespace migsim
