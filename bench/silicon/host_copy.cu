// SPDX-License-Identifier: Apache-2.0
// Copies from and to the host, by size, from pinned and pageable memory. Host time, the wait included.
#include <algorithm>

#include "bench/silicon/bench.h"
#include "bench/silicon/experiments.h"

namespace migsim::silicon {
namespace {

constexpr std::uint64_t most = 256u << 20, of_a_sample = 64u << 20;

class Pinned {
public:
    explicit Pinned(std::uint64_t bytes) { MIGSIM_CUDA(cudaMallocHost(&data_, bytes)); }
    ~Pinned() { cudaFreeHost(data_); }
    Pinned(const Pinned&) = delete;
    Pinned& operator=(const Pinned&) = delete;
    char* data() const { return static_cast<char*>(data_); }

private:
    void* data_ = nullptr;
};

} // namespace

void host_copy(Bench& bench) {
    bench.open();
    const Buffer device(most), other(most);
    const Pinned pinned(most), other_pinned(most);
    std::vector<char> pageable(most, 1); // written, so that its pages exist
    std::fill_n(pinned.data(), most, char{1});
    std::fill_n(other_pinned.data(), most, char{1});
    const Stream down, up;

    const auto copy = [](const Stream& stream, void* to, const void* from, std::uint64_t bytes,
                         cudaMemcpyKind kind) {
        MIGSIM_CUDA(cudaMemcpyAsync(to, from, bytes, kind, stream));
    };
    const auto report = [&](const char* variant, std::uint64_t bytes, unsigned copies, auto&& work) {
        const auto times = static_cast<unsigned>(std::clamp<std::uint64_t>(of_a_sample / bytes, 1, 200));
        bench.point("host_copy", variant, static_cast<double>(bytes), bench.samples([&] {
            const auto begin = std::chrono::steady_clock::now();
            for (unsigned i = 0; i < times; ++i) {
                work();
                down.wait();
                up.wait();
            }
            const double ns =
                std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count();
            return static_cast<double>(bytes) * copies * times / ns;
        }));
    };
    for (std::uint64_t bytes = 4096; bytes <= most; bytes *= bench.quick() ? 16 : 4) {
        if (bench.out_of_time()) return;
        report("h2d_pinned", bytes, 1,
               [&] { copy(down, device.as<void>(), pinned.data(), bytes, cudaMemcpyHostToDevice); });
        report("d2h_pinned", bytes, 1,
               [&] { copy(up, pinned.data(), device.as<void>(), bytes, cudaMemcpyDeviceToHost); });
        report("both_pinned", bytes, 2, [&] {
            copy(down, device.as<void>(), pinned.data(), bytes, cudaMemcpyHostToDevice);
            copy(up, other_pinned.data(), other.as<void>(), bytes, cudaMemcpyDeviceToHost);
        });
        report("h2d_pageable", bytes, 1,
               [&] { copy(down, device.as<void>(), pageable.data(), bytes, cudaMemcpyHostToDevice); });
        report("d2h_pageable", bytes, 1,
               [&] { copy(up, pageable.data(), device.as<void>(), bytes, cudaMemcpyDeviceToHost); });
    }
}

} // namespace migsim::silicon
