// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/workload_brute_force.h"

#include <set>

#include "workloads/operators/gemm.h"

namespace migsim {
namespace {

constexpr Address a = 1 << 20, b = 2 << 20, c = 3 << 20;

GemmTiles small_tiles() {
    GemmTiles tiles;
    tiles.tile_m = 32;
    tiles.tile_n = 16;
    tiles.tile_k = 16;
    return tiles;
}

TEST_CASE("a GEMM's bytes and operations are those of its tiles", "[fast]") {
    GemmShape shape;
    shape.m = 512;
    shape.n = 768;
    shape.k = 1024;
    TestBuffers buffers;
    const Kernel kernel = gemm(shape, buffers);
    const Traffic total = traffic(kernel);
    REQUIRE(total.operations_on(Pipe::Tensor) == 2ull * 512 * 768 * 1024);
    REQUIRE(total.loads.bytes == 2ull * 512 * 768 * 1024 * 2 / 128); // each operand tile 128 deep
    REQUIRE(total.loads.lines * 128 == total.loads.bytes);
    REQUIRE(total.stores == Flow{512 * 768 * 2 / 128, 512 * 768 * 2});
    REQUIRE(lines_outside(kernel, buffers) == 0);
    REQUIRE(ctas_that_fit(kernel) == 1); // four stages of 32 KiB
}

TEST_CASE("a GEMM reads each operand once per tile of the other and writes each element of C once",
          "[fast]") {
    for (const bool a_by_k : {true, false})
        for (const bool b_by_k : {true, false}) {
            const GemmProblem problem{
                .m = 96, .n = 64, .k = 128, .a = {a, a_by_k}, .b = {b, b_by_k}, .c = c, .c_bytes = 4};
            const Kernel kernel = gemm("gemm", small_tiles(), problem);
            Coverage of_a(a, 96 * 128 * 2), of_b(b, 64 * 128 * 2), of_c(c, 96 * 64 * 4);
            of_a.add(kernel, kernel.program.stages[0].access);
            of_b.add(kernel, kernel.program.stages[1].access);
            of_c.add(kernel, Stage::Kind::Store);
            REQUIRE(of_a.everywhere(64 / 16));
            REQUIRE(of_b.everywhere(96 / 32));
            REQUIRE(of_c.everywhere(1));
            REQUIRE(of_a.outside() + of_b.outside() + of_c.outside() == 0);
        }
}

// Which rows (columns) of the operands a CTA reads, and which of C it writes, in elements.
TEST_CASE(
    "a CTA reads the very rows of A and B whose product is its tile, whichever way round they are stored",
    "[fast]") {
    const std::uint32_t m = 96, n = 64, k = 128;
    for (const bool by_k : {true, false}) {
        const Kernel kernel =
            gemm("gemm", small_tiles(), {.m = m, .n = n, .k = k, .a = {a, by_k}, .b = {b, by_k}, .c = c});
        const auto extent = [&](const CtaLaunch& cta, const Stage& stage, bool row_is_extent,
                                std::uint32_t width) {
            std::set<std::uint64_t> result;
            for (std::uint32_t iteration = 0; iteration < kernel.program.iterations; ++iteration)
                for (std::uint32_t row = 0; row < stage.access.rows; ++row)
                    for (std::uint32_t byte = 0; byte < stage.access.row_bytes; byte += 2) {
                        const Access& access = stage.access;
                        const std::uint64_t element = ((cta.x * access.cta_x + cta.y * access.cta_y +
                                                        iteration * access.step + row * access.pitch + byte) /
                                                       2);
                        result.insert(row_is_extent ? element / width : element % width);
                    }
            return result;
        };
        for_each_cta(kernel, [&](const CtaLaunch& cta, std::uint32_t iteration) {
            if (iteration) return;
            const auto& stages = kernel.program.stages;
            REQUIRE(extent(cta, stages[0], by_k, by_k ? k : m) == extent(cta, stages.back(), true, n));
            REQUIRE(extent(cta, stages[1], by_k, by_k ? k : n) == extent(cta, stages.back(), false, n));
        });
    }
}

TEST_CASE("split k shares the sums of a tile among CTAs, which add to C at L2", "[fast]") {
    GemmTiles tiles = small_tiles();
    tiles.split_k = 4;
    const GemmProblem problem{
        .m = 64, .n = 32, .k = 256, .a = {a, true}, .b = {b, false}, .c = c, .c_bytes = 4};
    const Kernel kernel = gemm("gemm", tiles, problem);
    Coverage of_a(a, 64 * 256 * 2), of_b(b, 32 * 256 * 2), of_c(c, 64 * 32 * 4);
    of_a.add(kernel, kernel.program.stages[0].access);
    of_b.add(kernel, kernel.program.stages[1].access);
    of_c.add(kernel, Stage::Kind::Atomic);
    REQUIRE(of_a.everywhere(32 / 16));
    REQUIRE(of_b.everywhere(64 / 32));
    REQUIRE(of_c.everywhere(4));
    REQUIRE(of_a.outside() + of_b.outside() + of_c.outside() == 0);
    REQUIRE(traffic(kernel).operations_on(Pipe::Tensor) == 2ull * 64 * 32 * 256);
    REQUIRE(traffic(kernel).stores == Flow{});
    GemmProblem bf16 = problem;
    bf16.c_bytes = 2;
    REQUIRE_THROWS_AS(gemm("gemm", tiles, bf16), std::invalid_argument);
}

TEST_CASE("a GEMM that accumulates reads each element of C where it writes it", "[fast]") {
    const Kernel kernel =
        gemm("gemm", small_tiles(),
             {.m = 64, .n = 32, .k = 64, .a = {a, true}, .b = {b, true}, .c = c, .accumulate = true});
    Coverage read(c, 64 * 32 * 2);
    read.add(kernel, kernel.program.stages[2].access);
    REQUIRE(kernel.program.stages[2].kind == Stage::Kind::Load);
    REQUIRE(read.everywhere(1));
}

TEST_CASE("the CTAs of a GEMM's cluster share their tile of B, which is then loaded once for all of them",
          "[fast]") {
    GemmShape shape;
    shape.m = 1280; // ten rows of tiles: a band of eight and one of two
    shape.n = 768;
    shape.k = 1024;
    TestBuffers buffers;
    const Traffic alone = traffic(gemm(shape, buffers));
    shape.cluster = 2;
    const Kernel kernel = gemm(shape, buffers);
    const Access& of_b = kernel.program.stages[1].access;
    REQUIRE(kernel.program.stages[1].kind == Stage::Kind::MulticastLoad);
    for (std::uint64_t number = 0; number < kernel.ctas(); ++number) {
        const Kernel::Place cta = kernel.place(number), first = kernel.place(number / 2 * 2);
        REQUIRE(cta.x * of_b.cta_x + cta.y * of_b.cta_y + cta.z * of_b.cta_z ==
                first.x * of_b.cta_x + first.y * of_b.cta_y + first.z * of_b.cta_z);
    }
    REQUIRE(traffic(kernel).loads.bytes * 4 == alone.loads.bytes * 3); // all of A, half of B
    REQUIRE(traffic(kernel).stores == alone.stores);
    shape.cluster = 4;
    REQUIRE_THAT(shape.complaint(shape.m, shape.n, shape.k).value_or(""),
                 Catch::Contains("cluster must divide"));
    REQUIRE_THROWS_AS(gemm(shape, buffers), std::invalid_argument);
}

// Triton's matrix multiplication tutorial: of a product of 9 x 9 tiles the first nine outputs need 90 operand
// tiles row by row, and 54 in groups of three rows.
TEST_CASE("a tile order in groups of rows needs fewer operand tiles at once", "[fast]") {
    GemmTiles tiles;
    const auto operand_tiles = [&](std::uint32_t group_rows) {
        tiles.group_rows = group_rows;
        const std::uint32_t size = 9 * 128;
        const Kernel kernel =
            gemm("gemm", tiles,
                 {.m = size, .n = size, .k = 1024, .a = {a, true}, .b = {Address{1} << 30, true}, .c = c});
        REQUIRE(kernel.grid_x == 9);
        REQUIRE(kernel.grid_y == 9);
        std::set<Address> seen;
        for (std::uint32_t number = 0; number < 9; ++number) { // bands of group_y rows, column by column
            const std::uint32_t x = number / kernel.group_y, y = number % kernel.group_y;
            for (const std::size_t operand : {0, 1}) {
                const Access& access = kernel.program.stages[operand].access;
                seen.insert(access.base + x * access.cta_x + y * access.cta_y);
            }
        }
        return seen.size() * 9; // tiles along k, counted as the tutorial does
    };
    REQUIRE(operand_tiles(1) == 90);
    REQUIRE(operand_tiles(3) == 54);
}

TEST_CASE("sizes that tiles do not fit are refused with what would fit", "[fast]") {
    const auto refusal = [](const GemmTiles& tiles, std::uint32_t m, std::uint32_t n, std::uint32_t k) {
        return std::string(tiles.complaint(m, n, k).value_or(""));
    };
    GemmTiles tiles;
    REQUIRE(refusal(tiles, 4096, 4096, 4096).empty());
    REQUIRE_THAT(refusal(tiles, 4000, 4096, 4096), Catch::Contains("tile_m and tile_n"));
    REQUIRE_THAT(refusal(tiles, 4096, 4000, 4096), Catch::Contains("tile_m and tile_n"));
    REQUIRE_THAT(refusal(tiles, 4096, 4096, 4128), Catch::Contains("multiple of tile_k"));
    REQUIRE_THAT(refusal(tiles, 4096, 4096, 768), Catch::Contains("divide tile_m")); // 12 steps
    REQUIRE_THAT(refusal(tiles, 4096, 4096, 16384), Catch::Contains("divide tile_m"));
    tiles.tile_m = tiles.tile_n = 256;
    REQUIRE_THAT(refusal(tiles, 4096, 4096, 4096), Catch::Contains("registers"));
    REQUIRE_THROWS_AS(
        gemm("gemm", tiles, {.m = 256, .n = 256, .k = 64, .a = {a, true}, .b = {b, true}, .c = c}),
        std::invalid_argument);
}

} // namespace
} // namespace migsim
