// SPDX-License-Identifier: Apache-2.0
// What a launch carries: a grid of CTAs, what each needs of an SM, and the small program each runs.
// Addresses are real: every line a CTA touches follows from its number, the iteration and these structs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "models/messages/translation.h"

namespace migsim {

// Bytes a CTA touches in one iteration: `rows` runs of `row_bytes`, `pitch` bytes apart, at
//   base + cta.x * cta_x + cta.y * cta_y + cta.z * cta_z + iteration * step.
// A scattered access instead touches `rows` runs of `row_bytes` at
//   base + element * row_bytes, where element = order(first + row) over `elements` elements.
struct Access {
    enum class Order : std::uint8_t {
        Affine,   // rows, pitch and strides as above
        Permuted, // element k of a fixed pseudo-random permutation: each element once per lap
        Random,   // an independent draw per element
    };
    Address base = 0; // virtual
    std::uint64_t cta_x = 0, cta_y = 0, cta_z = 0, step = 0;
    std::uint32_t rows = 1;
    std::uint32_t row_bytes = 0;
    std::uint64_t pitch = 0;
    Order order = Order::Affine;
    std::uint64_t elements = 0;
    std::uint64_t first = 0; // scattered: element index at which CTA 0, iteration 0 starts
    std::uint64_t seed = 0;  // scattered: of the permutation or the draws
    PageSize page = PageSize::M2;
};

enum class Pipe : std::uint8_t { Tensor, Fp32, Fp64, Alu };
inline constexpr std::size_t pipe_count = 4;

struct Stage {
    enum class Kind : std::uint8_t {
        Load,    // the loads of an iteration are independent of each other
        GpuLoad, // gpu-scope: never served by L1 or a near copy
        Store,   // posted
        Atomic,  // posted reduction, performed at L2
        Compute, // `operations` on `pipe`
        Fence,   // waits until all own stores are acknowledged
        // The lines that the access names for the first CTA of a cluster, delivered to shared memory of every
        // CTA of it: each CTA asks for its share of them, L1 is bypassed.
        MulticastLoad,
    };
    Kind kind = Kind::Compute;
    Access access{};
    Pipe pipe = Pipe::Fp32;
    std::uint64_t operations = 0; // per CTA and iteration
};

constexpr bool is_load(Stage::Kind kind) {
    return kind == Stage::Kind::Load || kind == Stage::Kind::GpuLoad || kind == Stage::Kind::MulticastLoad;
}

// Per iteration: all loads are issued, up to `depth` iterations ahead; when they have arrived, the other
// stages run in order.
struct CtaProgram {
    std::vector<Stage> stages;
    std::uint32_t iterations = 1;
    std::uint32_t depth = 1; // iterations whose loads may be in flight ahead of the one that computes
    // Each warp runs the program for itself, on its share of every access and operation: an equal part of
    // each row, or every so many-th row of a scattered access. Otherwise the warps of a CTA go in step, as
    // barriers make them.
    bool warps_apart = false;
};

struct Kernel {
    std::string name;
    std::uint32_t grid_x = 1, grid_y = 1, grid_z = 1;
    std::uint32_t group_y = 0; // tile order: CTAs are numbered in bands of this many rows (0: row by row)
    std::uint32_t threads = 32;
    std::uint32_t registers = 32; // per thread
    std::uint32_t shared_bytes = 0;
    // CTAs of a cluster: consecutive in the tile order, resident in one GPC at the same time. Divides ctas().
    std::uint32_t cluster = 1;
    CtaProgram program;

    // Of the threads of a CTA that run the program for themselves; 1: all in step.
    std::uint32_t strands() const { return program.warps_apart ? (threads + 31) / 32 : 1; }

    std::uint64_t ctas() const { return std::uint64_t{grid_x} * grid_y * grid_z; }

    // Where in the grid the CTA of a number lies: CTAs are numbered in bands of group_y rows, column by
    // column inside a band.
    struct Place {
        std::uint32_t x, y, z;
    };
    Place place(std::uint64_t number) const {
        const std::uint64_t plane = std::uint64_t{grid_x} * grid_y;
        const std::uint64_t in_plane = number % plane;
        const std::uint32_t rows = group_y ? group_y : 1;
        const std::uint64_t band = in_plane / (std::uint64_t{rows} * grid_x);
        const std::uint64_t in_band = in_plane % (std::uint64_t{rows} * grid_x);
        const auto height = static_cast<std::uint32_t>(std::min<std::uint64_t>(rows, grid_y - band * rows));
        return {static_cast<std::uint32_t>(in_band / height),
                static_cast<std::uint32_t>(band * rows + in_band % height),
                static_cast<std::uint32_t>(number / plane)};
    }
};

inline constexpr std::uint32_t max_cluster = 16; // CTAs

} // namespace migsim
