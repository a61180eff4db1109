// SPDX-License-Identifier: Apache-2.0
// What a dependent load costs while many others do the same.
#include "bench/validation/rig.h"

namespace migsim {
namespace {

constexpr Address buffer_bytes = Address{1} << 30;
constexpr std::uint64_t lines_of_a_pass = 100'000;

class LoadedLatency final : public Twin {
public:
    LoadedLatency()
        : Twin(
              {"loaded_latency",
               "from one load to the next that depends on it",
               "cycles",
               "chases at once",
               {1, 8192},
               {},
               {""},
               "H100 PCIe hardware-validation log, public page 69412431385",
               "CTAs of 1 thread, as many as chases, up to 32 on an SM; each an own random walk over the "
               "same "
               "1 GiB, 64-byte elements; 2-MiB pages (footprint and element size are not published: assumed)",
               "100,000 loads of all chases"}) {}

    Answer measure(Device& device, const Question& question, std::string_view) const override {
        Rig rig(device);
        const Buffer buffer = rig.allocate(buffer_bytes);
        Kernel chase;
        chase.name = "chase";
        chase.grid_x = static_cast<std::uint32_t>(question.at);
        chase.threads = 1;
        chase.program.iterations = 0xffffffff;
        Stage hop;
        hop.kind = Stage::Kind::Load;
        hop.access.base = buffer.base;
        hop.access.order = Access::Order::Random;
        hop.access.row_bytes = 64;
        hop.access.elements = buffer_bytes / 64;
        chase.program.stages.push_back(hop);
        Answer answer = rig.ps_per_line(chase, lines_of_a_pass, lines_of_a_pass, {buffer});
        answer.value = cycles_of(device, answer.value * question.at);
        return answer;
    }

    double million_lines(const Device&, const Question&) const override { return 0.5; }
};

} // namespace

std::unique_ptr<const Twin> make_loaded_latency() {
    return std::make_unique<LoadedLatency>();
}

} // namespace migsim
