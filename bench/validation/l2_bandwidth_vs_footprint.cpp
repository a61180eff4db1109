// SPDX-License-Identifier: Apache-2.0
// What all SMs together read from L2, and beyond it, against the footprint.
#include <algorithm>

#include "bench/validation/rig.h"

namespace migsim {
namespace {

constexpr std::uint32_t threads = 1024, elements = 64;         // of 8 bytes that each thread reads
constexpr Address cta_bytes = Address{threads} * elements * 8; // 512 KiB
constexpr std::uint32_t chunk_bytes = 2 * threads * 8;         // of one step of the loop
constexpr std::uint32_t unrolled = 4;                          // steps
constexpr std::uint32_t ctas_per_sm = 1;

class L2BandwidthVsFootprint final : public Twin {
public:
    L2BandwidthVsFootprint()
        : Twin({"l2_bandwidth_vs_footprint",
                "bytes that all CTAs read in a second",
                "GB/s",
                "KiB",
                {512, 16u << 20},
                {},
                {""},
                "te42kyfo/gpu-benches, commit 1c36d509, gpu-l2-cache",
                "200,000 CTAs of 1024 threads, one on an SM (assumed: the unrolled loop takes 64 registers a "
                "thread; 108 "
                "CTAs at a time also are what the published fall from 28 to 55 MB looks like); each reads "
                "512 KiB in "
                "32 steps of 16 KiB, 8 bytes a thread twice; step i of CTA b reads chunk i x R + b mod R of "
                "the "
                "footprint, R = footprint / 512 KiB, so the same bytes are read again R CTAs later, mostly "
                "by another "
                "SM; each warp issues the loads of four steps, waits for all and goes on (assumed: a loop "
                "unrolled by "
                "four); 2-MiB pages",
                "whole waves of CTAs, which begin and end together: as many as a lap over the footprint "
                "takes, "
                "one where the footprint is at least four times the L2; before the first go eight from half "
                "to twice the L2, "
                "elsewhere one"}) {}

    Answer measure(Device& device, const Question& question, std::string_view) const override {
        Rig rig(device);
        const Address bytes = footprint(question);
        const Buffer buffer = rig.allocate(bytes);
        Kernel kernel;
        kernel.name = "sum";
        kernel.grid_x = static_cast<std::uint32_t>(bytes / cta_bytes);
        kernel.grid_y = 200'000 / kernel.grid_x + 1;
        kernel.threads = threads;
        kernel.shared_bytes = shared_bytes_for(device, ctas_per_sm);
        kernel.program.iterations = static_cast<std::uint32_t>(cta_bytes / chunk_bytes / unrolled);
        kernel.program.warps_apart = true;
        const Address step = Address{chunk_bytes} * kernel.grid_x;
        for (std::uint32_t i = 0; i < unrolled; ++i) {
            Stage stage;
            stage.kind = Stage::Kind::Load;
            stage.access.base = buffer.base + i * step;
            stage.access.cta_x = chunk_bytes;
            stage.access.step = unrolled * step;
            stage.access.rows = 2;
            stage.access.pitch = chunk_bytes / 2;
            stage.access.row_bytes = chunk_bytes / 2;
            kernel.program.stages.push_back(stage);
        }

        const std::uint64_t pass = pass_of(device, question);
        Answer answer = rig.ps_per_line(kernel, warm_passes(device, question) * pass, pass, {buffer});
        answer.value = gb_per_s(line_bytes, answer.value);
        return answer;
    }

    double million_lines(const Device& device, const Question& question) const override {
        return 1e-6 * (warm_passes(device, question) + 2) * static_cast<double>(pass_of(device, question));
    }

private:
    static Address footprint(const Question& question) {
        return static_cast<Address>(question.at) * 1024 / cta_bytes * cta_bytes;
    }
    static std::uint64_t pass_of(const Device& device, const Question& question) {
        const std::uint64_t wave = device.sm_count() * ctas_per_sm * (cta_bytes / line_bytes);
        const std::uint64_t lap = footprint(question) / line_bytes;
        return lap >= 4 * l2_lines(device) ? wave : (lap + wave - 1) / wave * wave;
    }
    // CTAs begin in step. Where some hit and others miss they go apart, within some waves.
    static std::uint32_t warm_passes(const Device& device, const Question& question) {
        const std::uint64_t lap = footprint(question) / line_bytes;
        return 2 * lap > l2_lines(device) && lap < 2 * l2_lines(device) ? 8 : 1;
    }
};

} // namespace

std::unique_ptr<const Twin> make_l2_bandwidth_vs_footprint() {
    return std::make_unique<L2BandwidthVsFootprint>();
}

} // namespace migsim
