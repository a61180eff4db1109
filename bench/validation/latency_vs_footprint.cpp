// SPDX-License-Identifier: Apache-2.0
// How long one thread waits for each element of a random cycle, against the size of the cycle.
#include <algorithm>

#include "bench/validation/rig.h"

namespace migsim {
namespace {

constexpr Address element_bytes = 64;
constexpr std::uint64_t fewest_hops = 20'000, hops_of_a_part = 100'000;

class LatencyVsFootprint final : public Twin {
public:
    LatencyVsFootprint()
        : Twin({"latency_vs_footprint",
                "from one load to the next that depends on it",
                "cycles",
                "KiB",
                {1, 16u << 20},
                {},
                {"", "lru", "nru", "random"},
                "te42kyfo/gpu-benches, commit 1c36d509, gpu-latency",
                "1 CTA of 1 thread; one fixed random cycle over 64-byte elements, lap after lap; 2-MiB pages",
                "half a lap, at least 20,000 hops, after one lap; 100,000 hops of a lap where the footprint "
                "is at "
                "least twice the L2 (four times with random replacement), since cold and warm caches miss "
                "alike "
                "there. The first lap of a launch, cold in L1, is left out: 0.4 cycles in the published "
                "program "
                "at 144 kB",
                {"lru", "nru", "random"}}) {}

    Answer measure(Device& device, const Question& question, std::string_view) const override {
        if (!question.variant.empty()) device.l2.set("replacement", question.variant);
        const Address bytes = footprint(question);
        Rig rig(device);
        Kernel chase;
        chase.name = "chase";
        chase.threads = 1;
        chase.program.iterations = 0xffffffff;
        Stage hop;
        hop.kind = Stage::Kind::Load;
        hop.access.base = rig.allocate(bytes).base;
        hop.access.order = Access::Order::Permuted;
        hop.access.row_bytes = element_bytes;
        hop.access.elements = bytes / element_bytes;
        hop.access.seed = 1;
        chase.program.stages.push_back(hop);

        Answer answer = whole_laps(device, question)
                            ? rig.ps_per_line(chase, hop.access.elements,
                                              std::max<std::uint64_t>(hop.access.elements / 2, fewest_hops))
                            : rig.ps_per_line(chase, fewest_hops, hops_of_a_part);
        answer.value = cycles_of(device, answer.value);
        return answer;
    }

    double million_lines(const Device& device, const Question& question) const override {
        const double lap = static_cast<double>(footprint(question) / element_bytes) / 1e6;
        return 4 * (whole_laps(device, question) ? 2 * lap : 0.2); // a hop costs the host four lines' time
    }

private:
    static Address footprint(const Question& question) { return static_cast<Address>(question.at) * 1024; }

    static bool whole_laps(const Device& device, const Question& question) {
        const bool random = question.variant == "random" ||
                            (question.variant.empty() && device.l2.replacement == Replacement::Random);
        return footprint(question) < (random ? 4 : 2) * l2_lines(device) * line_bytes;
    }
};

} // namespace

std::unique_ptr<const Twin> make_latency_vs_footprint() {
    return std::make_unique<LatencyVsFootprint>();
}

} // namespace migsim
