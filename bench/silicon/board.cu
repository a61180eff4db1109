// SPDX-License-Identifier: Apache-2.0
// What the board says about itself. Nothing that identifies one piece of hardware (no UUID, no serial
// number).
#include "bench/silicon/bench.h"
#include "bench/silicon/experiments.h"
#include "bench/silicon/nvml.h"

namespace migsim::silicon {
namespace {

std::string version(int number) { // of CUDA: 12040 is 12.4
    return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
}

} // namespace

void tell_board(Channel& channel, int device) {
    int count = 0;
    MIGSIM_CUDA(cudaGetDeviceCount(&count));
    if (device >= count)
        throw NotMeasured("there is no device " + std::to_string(device) + "; CUDA sees " +
                          std::to_string(count));
    cudaDeviceProp properties{};
    MIGSIM_CUDA(cudaGetDeviceProperties(&properties, device));
    int driver = 0, runtime = 0;
    MIGSIM_CUDA(cudaDriverGetVersion(&driver));
    MIGSIM_CUDA(cudaRuntimeGetVersion(&runtime));
    char bus_id[32] = "";
    MIGSIM_CUDA(cudaDeviceGetPCIBusId(bus_id, sizeof bus_id, device));

    const std::string name = properties.name;
    const std::size_t mig = name.find(" MIG ");
    channel.fact("name", name.substr(0, mig));
    if (mig != name.npos) channel.fact("slice", name.substr(mig + 5));
    channel.fact("runtime", version(runtime));
    channel.fact("compute_capability",
                 std::to_string(properties.major) + "." + std::to_string(properties.minor));
    channel.fact("sms", std::to_string(properties.multiProcessorCount));
    channel.fact("l2_bytes", std::to_string(properties.l2CacheSize));
    channel.fact("memory_bytes", std::to_string(properties.totalGlobalMem));

    const Nvml nvml(bus_id);
    channel.fact("driver", nvml.driver().value_or("for CUDA " + version(driver)));
    channel.fact("mig", nvml.mig().value_or(mig != name.npos) ? "on" : "off");
    if (const auto id = nvml.pci_id()) channel.fact("pci", *id);
    const auto number = [&](const char* key, std::optional<unsigned> value) {
        if (value) channel.fact(key, std::to_string(*value));
    };
    number("sm_clock_mhz", nvml.sm_clock_mhz());
    number("sm_clock_limit_mhz", nvml.sm_clock_limit_mhz());
    number("memory_clock_mhz", nvml.memory_clock_mhz());
    number("power_limit_mw", nvml.power_limit_mw());
}

} // namespace migsim::silicon
