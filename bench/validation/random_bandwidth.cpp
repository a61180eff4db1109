// SPDX-License-Identifier: Apache-2.0
// What random short reads leave of the DRAM bandwidth, inside the reach of the TLBs.
#include "bench/validation/rig.h"

namespace migsim {
namespace {

constexpr Address buffer_bytes = Address{64} << 30;
constexpr std::uint32_t step_bytes = 1024 * 8; // of one CTA
constexpr std::uint64_t warm_lines = 500'000, pass_lines = 250'000;

class RandomBandwidth final : public Twin {
public:
    RandomBandwidth()
        : Twin({"random_bandwidth",
                "bytes read in a second",
                "GB/s",
                "bytes of a read",
                {32, 8192},
                {},
                {""},
                "Walker, arXiv 2405.11425 (method; no code with a commit is public)",
                "CTAs of 1024 threads, two on an SM; each step of a CTA reads 8 KiB as random elements "
                "anywhere in "
                "64 GiB, two steps in flight (assumed); 2-MiB pages",
                "250,000 lines, after 500,000 that fill the GPC TLBs"}) {}

    Answer measure(Device& device, const Question& question, std::string_view) const override {
        if ((Address{device.chip.memory_mib} << 20) <= buffer_bytes)
            throw InputError(device.name + " has no 64 GiB to read from");
        const auto element = static_cast<std::uint32_t>(question.at);
        Rig rig(device);
        Kernel kernel;
        kernel.name = "random";
        kernel.grid_x = 2 * device.sm_count();
        kernel.threads = 1024;
        kernel.program.iterations = 1u << 30;
        kernel.program.depth = 2;
        Stage stage;
        stage.kind = Stage::Kind::Load;
        stage.access.base = rig.allocate(buffer_bytes).base;
        stage.access.order = Access::Order::Random;
        stage.access.row_bytes = element;
        stage.access.rows = step_bytes / element;
        stage.access.elements = buffer_bytes / element;
        kernel.program.stages.push_back(stage);
        Answer answer = rig.ps_per_line(kernel, warm_lines, pass_lines);
        answer.value = gb_per_s(std::min<double>(line_bytes, element), answer.value);
        return answer;
    }

    double million_lines(const Device&, const Question&) const override {
        return 1e-6 * static_cast<double>(warm_lines + 2 * pass_lines);
    }
};

} // namespace

std::unique_ptr<const Twin> make_random_bandwidth() {
    return std::make_unique<RandomBandwidth>();
}

} // namespace migsim
