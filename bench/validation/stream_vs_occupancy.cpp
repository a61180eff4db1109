// SPDX-License-Identifier: Apache-2.0
// DRAM bandwidth against how many threads are resident.
#include <algorithm>

#include "bench/validation/rig.h"

namespace migsim {
namespace {

constexpr Address buffer_bytes = Address{1} << 30;
constexpr std::uint32_t element_bytes = 8;
constexpr std::uint32_t ctas_per_sm = 2;

class StreamVsOccupancy final : public Twin {
public:
    StreamVsOccupancy()
        : Twin(
              {"stream_vs_occupancy",
               "bytes that the kernel reads and writes in a second",
               "GB/s",
               "threads per CTA",
               {32, 1024},
               {},
               {"read", "write", "scale", "triad"},
               "te42kyfo/gpu-benches, commit 1c36d509, gpu-stream",
               "1 GiB / (8 B x threads) CTAs, two on an SM at a time by their shared memory, replaced as "
               "they "
               "retire; one 8-byte access per thread and buffer; read: 1 buffer, write: 1, scale: 1 read and "
               "1 "
               "written, triad: 2 read and 1 written; between reading and writing one FP64 operation per "
               "thread, as the names say (read: a comparison, without which a compiler drops the load; "
               "assumed); buffers of 1 GiB, 2-MiB pages",
               "what 2 generations of resident CTAs move, at least 8 MiB, walking on through the 1 GiB; with "
               "stores, half as many lines at the HBM as the L2 holds, after as many: from then on dirty "
               "lines "
               "leave as fast as they come"}) {}

    Answer measure(Device& device, const Question& question, std::string_view) const override {
        Rig rig(device);
        const Plan plan = plan_of(device, question);
        Kernel kernel;
        kernel.name = question.variant;
        kernel.threads = static_cast<std::uint32_t>(question.at);
        kernel.registers = 16;
        kernel.program.warps_apart = true;
        kernel.shared_bytes = shared_bytes_for(device, ctas_per_sm);
        const std::uint32_t cta_bytes = kernel.threads * element_bytes;
        kernel.grid_x = static_cast<std::uint32_t>(buffer_bytes / cta_bytes);
        kernel.grid_y = 16; // launches that follow each other
        std::vector<Buffer> buffers;
        for (unsigned i = 0; i < plan.loads + plan.stores; ++i) {
            if (i == plan.loads && plan.loads > 0)
                kernel.program.stages.push_back(arithmetic(kernel.threads));
            buffers.push_back(rig.allocate(buffer_bytes));
            Stage stage;
            stage.kind = i < plan.loads ? Stage::Kind::Load : Stage::Kind::Store;
            stage.access.base = buffers.back().base;
            stage.access.cta_x = cta_bytes;
            stage.access.row_bytes = cta_bytes;
            kernel.program.stages.push_back(stage);
        }
        if (plan.stores == 0) kernel.program.stages.push_back(arithmetic(kernel.threads));
        Answer answer = rig.ps_per_line(kernel, plan.warm, plan.pass, buffers,
                                        plan.stores ? Rig::Counted::AtMemory : Rig::Counted::Asked);
        answer.value = gb_per_s(line_bytes, answer.value);
        return answer;
    }

    double million_lines(const Device& device, const Question& question) const override {
        const Plan plan = plan_of(device, question);
        return static_cast<double>(plan.warm + 2 * plan.pass) / 1e6;
    }

private:
    // A multiplication and an addition take the pipe for the same time as both in one.
    static Stage arithmetic(std::uint32_t threads) {
        Stage stage;
        stage.kind = Stage::Kind::Compute;
        stage.pipe = Pipe::Fp64;
        stage.operations = 2 * threads;
        return stage;
    }

    struct Plan {
        unsigned loads, stores;
        std::uint64_t warm, pass; // lines
    };
    static Plan plan_of(const Device& device, const Question& question) {
        const unsigned stores = question.variant == "read" ? 0 : 1;
        const unsigned loads = question.variant == "write" ? 0 : question.variant == "triad" ? 2 : 1;
        const auto threads = static_cast<std::uint64_t>(question.at);
        const std::uint64_t generation =
            ctas_per_sm * device.sm_count() * (threads * element_bytes / line_bytes) * (loads + stores);
        const std::uint64_t pass = std::max<std::uint64_t>(2 * generation, (8u << 20) / line_bytes);
        if (stores == 0) return {loads, stores, pass, pass};
        return {loads, stores, l2_lines(device) / 2, l2_lines(device) / 2};
    }
};

} // namespace

std::unique_ptr<const Twin> make_stream_vs_occupancy() {
    return std::make_unique<StreamVsOccupancy>();
}

} // namespace migsim
