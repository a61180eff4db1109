// SPDX-License-Identifier: Apache-2.0
// C = A B on the tensor pipe, one output tile per CTA, K walked in steps with a few of them in flight.
// Operands are dense bf16 matrices in row-major order and may be stored either way round, so that a layer's
// forward pass, its data gradient and its weight gradient read the very same buffers. CTAs along x own
// columns of C, along y rows.
#pragma once

#include <optional>

#include "models/base/config/limits.h"
#include "workloads/buffers.h"
#include "workloads/operators/stages.h"

namespace migsim {

struct GemmTiles {
    std::uint32_t tile_m = 128;
    std::uint32_t tile_n = 128;
    std::uint32_t tile_k = 64;
    std::uint32_t group_rows = 8; // of tiles, numbered together: CTAs that run at once share operands in L2
    std::uint32_t split_k = 1;
    std::uint32_t stages = 4;
    std::uint32_t cluster = 1; // CTAs that share a column of tiles, and so one load of their tile of B

    // What a problem of this size needs of the tiles, or nothing.
    std::optional<const char*> complaint(std::uint32_t m, std::uint32_t n, std::uint32_t k) const;
};

struct GemmOperand {
    Address base;
    bool k_contiguous; // else its m (or n) is: A is stored k x m, B is stored k x n
};

struct GemmProblem {
    std::uint32_t m, n, k;
    GemmOperand a, b;
    Address c;                 // m x n
    std::uint32_t c_bytes = 2; // per element: bf16 or fp32
    bool accumulate = false;   // C += A B
};

// Split K adds partial products to C with atomics at L2; C must be fp32 and have been zeroed.
Kernel gemm(const std::string& name, const GemmTiles& tiles, const GemmProblem& problem);

struct GemmShape : GemmTiles {
    static constexpr const char* kind = "gemm";
    std::uint32_t m = 4096, n = 4096, k = 4096;
};

template <class Visitor>
void describe(Visitor& v, GemmShape& s) {
    v.required("m", s.m, "rows of the result", Range{1, 1 << 20});
    v.required("n", s.n, "columns of the result", Range{1, 1 << 20});
    v.required("k", s.k, "length of the sums", Range{1, 1 << 20});
    v.optional("tile_m", s.tile_m, "rows of one CTA's tile", Range{16, 256});
    v.optional("tile_n", s.tile_n, "columns of one CTA's tile", Range{16, 256});
    v.optional("tile_k", s.tile_k, "step along k", Range{16, 256});
    v.optional("group_rows", s.group_rows, "rows of tiles that are numbered together; 1: row by row",
               Range{1, 1024});
    v.optional("split_k", s.split_k, "CTAs that share the sums of one tile, through atomics", Range{1, 64});
    v.optional("cluster", s.cluster,
               "CTAs of a cluster, for which a tile of B is loaded once; needs a device with such clusters",
               Range{1, max_cluster});
    v.optional("stages", s.stages, "steps along k in flight", Range{1, 8});
    v.rule("k", !s.complaint(s.m, s.n, s.k), s.complaint(s.m, s.n, s.k).value_or(""));
}

Kernel gemm(const GemmShape& shape, Buffers& buffers);

} // namespace migsim
