// SPDX-License-Identifier: Apache-2.0
// DRAM bandwidth against how many threads are resident.
#include "bench/silicon/bench.h"
#include "bench/silicon/experiments.h"

namespace migsim::silicon {
namespace {

constexpr std::uint64_t bytes = 1u << 30;
constexpr unsigned ctas_per_sm = 2, launches = 4;

enum class Kind { Read, Write, Scale, Triad };

template <Kind kind>
__global__ void __launch_bounds__(1024, ctas_per_sm) touch(const double* a, const double* b, double* c) {
    const std::uint64_t i = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
    if constexpr (kind == Kind::Read) {
        const double value = a[i];
        if (value == 123.0) c[i] = value; // memory holds zeros, which the compiler cannot know
    } else if constexpr (kind == Kind::Write) {
        c[i] = 1.5;
    } else if constexpr (kind == Kind::Scale) {
        c[i] = a[i] * 1.2;
    } else {
        c[i] = a[i] + b[i] * 1.2;
    }
}

struct Variant {
    const char* name;
    void (*kernel)(const double*, const double*, double*);
    unsigned buffers; // that it moves
};
constexpr Variant variants[] = {{"read", touch<Kind::Read>, 1},
                                {"write", touch<Kind::Write>, 1},
                                {"scale", touch<Kind::Scale>, 2},
                                {"triad", touch<Kind::Triad>, 3}};

} // namespace

void stream_vs_occupancy(Bench& bench) {
    bench.open();
    const Buffer a(bytes), b(bytes), c(bytes);
    for (unsigned threads = bench.quick() ? 128 : 32; threads <= 1024; threads += bench.quick() ? 128 : 32)
        for (const Variant& variant : variants) {
            if (bench.out_of_time()) return;
            // Many small CTAs fit, so it is shared memory that holds them to two.
            const unsigned shared = bench.shared_bytes_for(variant.kernel, ctas_per_sm, threads);
            const auto grid = static_cast<unsigned>(bytes / sizeof(double) / threads);
            const double moved =
                static_cast<double>(grid) * threads * sizeof(double) * variant.buffers * launches;
            bench.point("stream_vs_occupancy", variant.name, threads, bench.samples([&] {
                return moved / 1e6 / bench.milliseconds([&] {
                    for (unsigned i = 0; i < launches; ++i)
                        variant.kernel<<<grid, threads, shared>>>(a.as<double>(), b.as<double>(),
                                                                  c.as<double>());
                });
            }));
        }
}

} // namespace migsim::silicon
