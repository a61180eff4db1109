// SPDX-License-Identifier: Apache-2.0
// The latency of one level at a time. Near and far addresses are told apart as the papers do, by where they
// are homed (they find that out by latency, the twin asks the address map).
#include <stdexcept>

#include "bench/validation/rig.h"

namespace migsim {
namespace {

constexpr Address run_bytes = 8192; // homed in one partition
constexpr Address page = bytes_of(PageSize::M2);
constexpr unsigned launches = 640; // of a stream
constexpr unsigned passes = 2;
constexpr Tick apart = 20 * ms; // of streams: each begins when those before it have long ended

class LevelLatency final : public Twin {
public:
    LevelLatency()
        : Twin({"level_latency",
                "of a load that this level answers",
                "cycles",
                "",
                {},
                {"l2_near_hit", "l2_far_hit", "near_miss", "far_miss"},
                {""},
                "Luo et al., arXiv 2501.12084 (code: HPMLL/NVIDIA-Hopper-Benchmark, commit ded6f57); "
                "te42kyfo/gpu-benches, commit 1c36d509, gpu-latency",
                "1 CTA of 1 thread on an SM of GPC 0; dependent loads of one sector, one to each slice of an "
                "8-KiB "
                "run that is homed near (far); 640 launches, each on another run; hits: a launch before has "
                "stored "
                "the run, so it lies in L2 at home and nowhere else; misses: first touch, rows closed; 2-MiB "
                "pages in the uTLB",
                "640 launches of all hops of a run less 640 launches of a quarter of them, on lines of their "
                "own"}) {}

    Answer measure(Device& device, const Question& question, std::string_view) const override {
        const bool far = question.name == "l2_far_hit" || question.name == "far_miss";
        const bool hit = question.name == "l2_near_hit" || question.name == "l2_far_hit";
        if (far && device.chip.l2_partitions == 1)
            throw InputError(device.name + " has one L2 partition, so nothing is far");
        const unsigned partition = device.chip.gpc_partition.value()[0];
        const std::uint32_t hops = run_bytes / device.address.interleave;

        Rig rig(device, {0});
        const Buffer buffer = rig.allocate((passes * 2 * launches / (page / run_bytes / 2 - 1) + 2) * page);
        std::vector<Kernel> kernels;
        kernels.reserve(1 + passes * 2 * launches * 2);
        kernels.push_back(first_touch(buffer));
        rig.submit({&kernels.back()});
        Address next = buffer.base;
        for (unsigned stream = 0; stream < 2 * passes; ++stream) {
            std::vector<const Kernel*> chain;
            for (unsigned launch = 0; launch < launches;) {
                const Address run = next;
                next += run_bytes;
                if ((rig.locate(run).partition != partition) != far) continue;
                if (next % page == 0) continue; // the run that first_touch() has touched
                ++launch;
                if (hit) {
                    kernels.push_back(store(run));
                    chain.push_back(&kernels.back());
                }
                kernels.push_back(chase(run, device.address.interleave, stream % 2 ? hops : hops / 4));
                chain.push_back(&kernels.back());
            }
            rig.submit(std::move(chain), (stream + 1) * apart);
        }
        rig.run_to_the_end();

        Answer answer;
        for (; answer.passes < passes; ++answer.passes) {
            const Tick few = rig.duration(1 + 2 * answer.passes), all = rig.duration(2 + 2 * answer.passes);
            const double value =
                cycles_of(device, static_cast<double>(all - few) / launches / (hops - hops / 4));
            answer.change_percent = 100 * std::abs(value / answer.value - 1);
            answer.value = value;
        }
        return answer;
    }

    double million_lines(const Device&, const Question&) const override { return 0.1; }

private:
    static Kernel kernel_of(Stage::Kind kind, Access access, std::uint32_t iterations) {
        Kernel kernel;
        kernel.threads = 1;
        kernel.program.stages.push_back({kind, access});
        kernel.program.iterations = iterations;
        return kernel;
    }
    static Kernel chase(Address run, std::uint32_t step, std::uint32_t hops) {
        return kernel_of(Stage::Kind::Load, {.base = run, .step = step, .row_bytes = sector_bytes}, hops);
    }
    static Kernel store(Address run) {
        return kernel_of(Stage::Kind::Store, {.base = run, .row_bytes = run_bytes}, 1);
    }
    // The last sector of each page, for its translation.
    static Kernel first_touch(const Buffer& buffer) {
        const auto pages = static_cast<std::uint32_t>(buffer.bytes / page);
        return kernel_of(Stage::Kind::Load,
                         {.base = buffer.base + page - sector_bytes, .step = page, .row_bytes = sector_bytes},
                         pages);
    }
};

} // namespace

std::unique_ptr<const Twin> make_level_latency() {
    return std::make_unique<LevelLatency>();
}

} // namespace migsim
