// SPDX-License-Identifier: Apache-2.0
#include "workloads/operators/gemm.h"

#include <algorithm>

namespace migsim {
namespace {

constexpr std::uint64_t bf16 = 2;

// A CTA's share of an operand in one step: `tile` of its `extent` rows or columns, by tile_k.
struct OperandTile {
    Access access;
    std::uint64_t next_tile, next_split;
};

OperandTile operand(const GemmOperand& operand, std::uint64_t extent, std::uint32_t tile,
                    const GemmTiles& tiles, std::uint64_t k) {
    const std::uint64_t slice = k / tiles.split_k;
    OperandTile result;
    Access& access = result.access;
    access.base = operand.base;
    if (operand.k_contiguous) {
        access.rows = tile;
        access.row_bytes = static_cast<std::uint32_t>(tiles.tile_k * bf16);
        access.pitch = k * bf16;
        access.step = access.row_bytes;
        result.next_tile = tile * access.pitch;
        result.next_split = slice * bf16;
    } else {
        access.rows = tiles.tile_k;
        access.row_bytes = static_cast<std::uint32_t>(tile * bf16);
        access.pitch = extent * bf16;
        access.step = tiles.tile_k * access.pitch;
        result.next_tile = access.row_bytes;
        result.next_split = slice * access.pitch;
    }
    access.cta_z = result.next_split;
    return result;
}

} // namespace

std::optional<const char*> GemmTiles::complaint(std::uint32_t m, std::uint32_t n, std::uint32_t k) const {
    if (tile_m * tile_n > 32768)
        return "tile_m times tile_n must be at most 32768: the sums live in registers";
    if (m % tile_m || n % tile_n) return "m and n must be multiples of tile_m and tile_n";
    if (k % (tile_k * split_k)) return "k must be a multiple of tile_k times split_k";
    const std::uint32_t steps = k / tile_k / split_k;
    if (steps > tile_m || tile_m % steps)
        return "k / tile_k / split_k must divide tile_m: each step writes as many rows";
    if (group_rows % cluster || m / tile_m % cluster)
        return "cluster must divide group_rows and m / tile_m: its CTAs lie below each other";
    return std::nullopt;
}

Kernel gemm(const std::string& name, const GemmTiles& tiles, const GemmProblem& problem) {
    const auto complaint = tiles.complaint(problem.m, problem.n, problem.k);
    require(!complaint, name, complaint.value_or(""));
    require(tiles.split_k == 1 || (problem.c_bytes == 4 && !problem.accumulate), name,
            "split k adds to a zeroed fp32 C");

    Kernel kernel;
    kernel.name = name;
    kernel.grid_x = problem.n / tiles.tile_n;
    kernel.grid_y = problem.m / tiles.tile_m;
    kernel.grid_z = tiles.split_k;
    kernel.group_y = tiles.group_rows;
    kernel.cluster = tiles.cluster;
    // A thread keeps 64 fp32 sums in registers, and about as many again for fragments and addresses.
    const std::uint32_t outputs = tiles.tile_m * tiles.tile_n;
    kernel.threads = std::clamp(outputs / 64 / 32 * 32, 128u, 512u);
    kernel.registers = std::min(outputs / kernel.threads + 64, 255u);
    kernel.shared_bytes =
        static_cast<std::uint32_t>(tiles.stages * (tiles.tile_m + tiles.tile_n) * tiles.tile_k * bf16);
    kernel.program.iterations = problem.k / tiles.tile_k / tiles.split_k;
    kernel.program.depth = tiles.stages;

    OperandTile a = operand(problem.a, problem.m, tiles.tile_m, tiles, problem.k);
    OperandTile b = operand(problem.b, problem.n, tiles.tile_n, tiles, problem.k);
    a.access.cta_y = a.next_tile;
    b.access.cta_x = b.next_tile;

    // Simplified: the rows of a tile leave evenly over its K loop, as where the epilogue of one tile overlaps
    // the main loop of the next; a CtaProgram has no part that runs once at the end.
    Access c;
    c.base = problem.c;
    c.rows = tiles.tile_m / kernel.program.iterations;
    c.row_bytes = tiles.tile_n * problem.c_bytes;
    c.pitch = std::uint64_t{problem.n} * problem.c_bytes;
    c.step = c.rows * c.pitch;
    c.cta_x = c.row_bytes;
    c.cta_y = tiles.tile_m * c.pitch;

    std::vector<Stage>& stages = kernel.program.stages;
    stages = {load(a.access), load(b.access)};
    if (tiles.cluster > 1) stages[1].kind = Stage::Kind::MulticastLoad;
    if (problem.accumulate) stages.push_back(load(c));
    stages.push_back(compute(Pipe::Tensor, std::uint64_t{2} * outputs * tiles.tile_k));
    stages.push_back(tiles.split_k > 1 ? atomic(c) : store(c));
    return kernel;
}

Kernel gemm(const GemmShape& shape, Buffers& buffers) {
    const std::uint32_t c_bytes = shape.split_k > 1 ? 4 : 2;
    const auto matrix = [&](const char* name, std::uint64_t rows, std::uint64_t columns,
                            std::uint64_t bytes) {
        return buffers.allocate(name, rows * columns * bytes, PageSize::M2);
    };
    return gemm(
        "gemm", shape,
        {.m = shape.m,
         .n = shape.n,
         .k = shape.k,
         .a = {matrix("A", shape.m, shape.k, bf16), true},
         .b = {matrix("B", shape.n, shape.k, bf16), true}, // as a layer's weights lie: outputs x inputs
         .c = matrix("C", shape.m, shape.n, c_bytes),
         .c_bytes = c_bytes});
}

} // namespace migsim
