// SPDX-License-Identifier: Apache-2.0
// What streaming loses to address translation: the same machine beside one whose TLBs are next to ideal.
#include "bench/validation/rig.h"

namespace migsim {
namespace {

constexpr Address buffer_bytes = Address{1} << 30;
constexpr std::uint32_t cta_bytes = 1024 * 8;
constexpr std::uint64_t pass_lines = (64u << 20) / line_bytes;

// Everything misses the uTLB in a cycle more, and nothing misses the level behind it twice.
void make_ideal(Device& device) {
    device.cluster_mmu.set("utlb_latency", "0");
    device.cluster_mmu.set("gpc_latency", "1");
    device.cluster_mmu.set("gpc_sets", "65536");
    device.cluster_mmu.set("gpc_ways", "16");
    device.cluster_mmu.set("gpc_misses", "1024");
    device.mmu.set("l3_sets", "65536");
    device.mmu.set("l3_ways", "16");
    device.mmu.set("l3_latency", "1");
    device.mmu.set("walkers", "1024");
    device.mmu.set("walk_step", "1");
}

class TranslationLoss final : public Twin {
public:
    TranslationLoss()
        : Twin({"translation_loss",
                "bandwidth that a read stream loses to translation",
                "%",
                "",
                {},
                {"64KiB", "2MiB"},
                {""},
                "te42kyfo/gpu-benches, commit 1c36d509, gpu-stream, at full occupancy",
                "the SMs of seven compute slices (14 of each GPC); CTAs of 1024 threads, two on an SM, each "
                "reads 8 "
                "KiB of a buffer of 1 GiB, whose pages have the size asked for and were touched before",
                "64 MiB, walking on through the 1 GiB"}) {}

    std::vector<std::string> runs() const override { return {"ideal", "real"}; }

    Answer measure(Device& device, const Question& question, std::string_view run) const override {
        if (run == "ideal") make_ideal(device);
        Rig rig(device, seven_slices(device));
        const Buffer buffer =
            rig.allocate(buffer_bytes, question.name == "64KiB" ? PageSize::K64 : PageSize::M2);
        Kernel kernel;
        kernel.name = "read";
        kernel.threads = 1024;
        kernel.registers = 16;
        kernel.program.warps_apart = true;
        kernel.shared_bytes = shared_bytes_for(device, 2);
        kernel.grid_x = static_cast<std::uint32_t>(buffer_bytes / cta_bytes);
        Stage stage;
        stage.kind = Stage::Kind::Load;
        stage.access.base = buffer.base;
        stage.access.cta_x = cta_bytes;
        stage.access.row_bytes = cta_bytes;
        stage.access.page = buffer.page;
        kernel.program.stages.push_back(stage);
        Answer answer = rig.ps_per_line(kernel, pass_lines / 4, pass_lines, {buffer});
        answer.value = gb_per_s(line_bytes, answer.value);
        return answer;
    }

    double combine(const std::vector<double>& rates) const override {
        return 100 * (1 - rates[1] / rates[0]);
    }

    double million_lines(const Device&, const Question&) const override {
        return 2.5e-6 * static_cast<double>(pass_lines);
    }

private:
    static std::vector<std::uint16_t> seven_slices(const Device& device) {
        constexpr std::uint32_t slices = 7, sms_of_a_slice = 14;
        const std::vector<std::uint32_t>& tpcs = device.chip.gpc_tpcs;
        std::vector<std::uint16_t> sms;
        std::uint32_t first = 0;
        for (std::size_t gpc = 0; gpc < tpcs.size() && gpc < slices; ++gpc) {
            const std::uint32_t here = tpcs[gpc] * device.chip.sms_per_tpc;
            for (std::uint32_t sm = 0; sm < std::min(here, sms_of_a_slice); ++sm)
                sms.push_back(static_cast<std::uint16_t>(first + sm));
            first += here;
        }
        return sms;
    }
};

} // namespace

std::unique_ptr<const Twin> make_translation_loss() {
    return std::make_unique<TranslationLoss>();
}

} // namespace migsim
