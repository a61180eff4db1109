// SPDX-License-Identifier: Apache-2.0
// What a chase pays when its page has left the uTLB and the GPC TLB still has it.
#include <cmath>

#include "bench/validation/rig.h"

namespace migsim {
namespace {

constexpr std::uint32_t hops = 512;
constexpr Address page = bytes_of(PageSize::M2);
constexpr unsigned most_laps = 8;

class UtlbMiss final : public Twin {
public:
    UtlbMiss()
        : Twin({"utlb_miss",
                "cycles that it adds to a load which hits L2",
                "cycles",
                "",
                {},
                {"gpc_tlb_hit"},
                {""},
                "te42kyfo/gpu-benches, commit 1c36d509, gpu-latency",
                "1 CTA of 1 thread; 512 dependent loads a launch, one line each, all in L2 and none in L1; "
                "512 pages "
                "of 2 MiB, one load in each, against the same number of lines in two pages",
                "one launch"}) {}

    std::vector<std::string> runs() const override { return {"two pages", "a page each"}; }

    Answer measure(Device& device, const Question&, std::string_view run) const override {
        Rig rig(device, {0});
        const Address step = (run == "two pages" ? page / 256 : page) + line_bytes;
        Kernel chase;
        chase.name = "chase";
        chase.threads = 1;
        chase.program.iterations = hops;
        Stage hop;
        hop.kind = Stage::Kind::Load;
        hop.access.base = rig.allocate(hops * step).base;
        hop.access.step = step;
        hop.access.row_bytes = sector_bytes;
        chase.program.stages.push_back(hop);
        rig.submit({&chase}, 0, most_laps);
        rig.run_to_the_end();

        Answer answer;
        for (; answer.passes < most_laps; ++answer.passes) {
            const double value =
                cycles_of(device, static_cast<double>(rig.duration(0, answer.passes)) / hops);
            answer.change_percent = 100 * std::fabs(value / answer.value - 1);
            answer.value = value;
        }
        return answer;
    }

    double combine(const std::vector<double>& cycles) const override { return cycles[1] - cycles[0]; }

    double million_lines(const Device&, const Question&) const override { return 0.05; }
};

} // namespace

std::unique_ptr<const Twin> make_utlb_miss() {
    return std::make_unique<UtlbMiss>();
}

} // namespace migsim
