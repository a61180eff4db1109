// SPDX-License-Identifier: Apache-2.0
// How much more than one SM the SMs of a TPC, a CPC or a GPC get from L2 together.
#include "bench/validation/rig.h"

namespace migsim {
namespace {

constexpr std::uint32_t ctas_per_sm = 2, threads = 1024;
constexpr std::uint32_t cta_bytes = 256 * 1024; // so that L1 keeps nothing, and 18 SMs stay in half of the L2
constexpr std::uint32_t step_bytes = threads * 8;

class PortScaling final : public Twin {
public:
    PortScaling()
        : Twin({"port_scaling",
                "bandwidth of these SMs of GPC 0 over that of one",
                "x",
                "",
                {},
                {"tpc", "cpc", "gpc_one_sm_per_tpc", "gpc"},
                {"read", "write"},
                "chrirocca/GPUNetBench, commit 6e483f0, SPEEDUP",
                "two CTAs of 1024 threads on each SM; each goes over 256 KiB of its own, resident in L2 and "
                "too "
                "much for L1, 8 bytes a thread, four steps in flight of each warp, again and again (grid, "
                "footprint and "
                "unrolling are assumed); 2-MiB pages",
                "two laps over all that is read (written)"}) {}

    std::vector<std::string> runs() const override { return {"one SM", "all"}; }

    Answer measure(Device& device, const Question& question, std::string_view run) const override {
        std::vector<std::uint16_t> sms{0};
        if (run == "all") sms = members(device, question.name);
        Rig rig(device, sms);
        Kernel kernel;
        kernel.name = question.variant;
        kernel.grid_x = static_cast<std::uint32_t>(ctas_per_sm * sms.size());
        kernel.grid_y = 1u << 20;
        kernel.threads = threads;
        kernel.registers = 32;
        kernel.shared_bytes = shared_bytes_for(device, ctas_per_sm);
        kernel.program.iterations = cta_bytes / step_bytes;
        kernel.program.depth = 4;
        kernel.program.warps_apart = true;
        const Buffer buffer = rig.allocate(Address{kernel.grid_x} * cta_bytes);
        Stage stage;
        stage.kind = question.variant == "read" ? Stage::Kind::Load : Stage::Kind::Store;
        stage.access.base = buffer.base;
        stage.access.cta_x = cta_bytes;
        stage.access.step = step_bytes;
        stage.access.row_bytes = step_bytes;
        kernel.program.stages.push_back(stage);
        const std::uint64_t pass = 2 * buffer.bytes / line_bytes;
        Answer answer = rig.ps_per_line(kernel, pass, pass, {buffer});
        answer.value = gb_per_s(line_bytes, answer.value);
        return answer;
    }

    double combine(const std::vector<double>& rates) const override { return rates[1] / rates[0]; }

    double million_lines(const Device&, const Question&) const override { return 0.4; }

private:
    // SMs are numbered TPC by TPC.
    static std::vector<std::uint16_t> members(const Device& device, const std::string& name) {
        const std::uint32_t sms = device.chip.sms_per_tpc, tpcs = device.chip.gpc_tpcs.value()[0];
        if (name == "cpc" && device.chip.tpcs_per_cpc == 0) throw InputError(device.name + " has no CPCs");
        const std::uint32_t end = (name == "tpc"   ? 1
                                   : name == "cpc" ? device.chip.tpcs_per_cpc.value()
                                                   : tpcs) *
                                  sms;
        const std::uint32_t step = name == "gpc_one_sm_per_tpc" ? sms : 1;
        std::vector<std::uint16_t> members;
        for (std::uint32_t sm = 0; sm < end; sm += step) members.push_back(static_cast<std::uint16_t>(sm));
        return members;
    }
};

} // namespace

std::unique_ptr<const Twin> make_port_scaling() {
    return std::make_unique<PortScaling>();
}

} // namespace migsim
