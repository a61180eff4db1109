// SPDX-License-Identifier: Apache-2.0
// Names, types and constants are those of NVIDIA's NVML API reference, whose binary interface is stable.
#include "bench/silicon/nvml.h"

#include <cstdio>

#include <dlfcn.h>

namespace migsim::silicon {
namespace {

constexpr int clock_sm = 1, clock_memory = 2; // nvmlClockType_t

struct PciInfo { // nvmlPciInfo_t
    char bus_id_legacy[16];
    unsigned domain, bus, device, pci_device_id, pci_subsystem_id;
    char bus_id[32];
};

} // namespace

template <class... Arguments>
bool Nvml::call(const char* function, Arguments... arguments) const {
    if (!library_) return false;
    const auto found = reinterpret_cast<int (*)(Arguments...)>(dlsym(library_, function));
    return found && found(arguments...) == 0; // NVML_SUCCESS
}

Nvml::Nvml(const std::string& pci_bus_id) : library_(dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL)) {
    if (!call("nvmlInit_v2")) return;
    if (!call("nvmlDeviceGetHandleByPciBusId_v2", pci_bus_id.c_str(), &device_)) device_ = nullptr;
}

Nvml::~Nvml() {
    call("nvmlShutdown");
    if (library_) dlclose(library_);
}

std::optional<unsigned> Nvml::read(const char* function) const {
    unsigned value = 0;
    if (!device_ || !call(function, device_, &value)) return std::nullopt;
    return value;
}

std::optional<unsigned> Nvml::read(const char* function, int which) const {
    unsigned value = 0;
    if (!device_ || !call(function, device_, which, &value)) return std::nullopt;
    return value;
}

std::optional<std::string> Nvml::driver() const {
    char text[96] = "";
    if (!call("nvmlSystemGetDriverVersion", static_cast<char*>(text), static_cast<unsigned>(sizeof text)))
        return std::nullopt;
    return text;
}

std::optional<std::string> Nvml::pci_id() const {
    PciInfo info{};
    if (!device_ || !call("nvmlDeviceGetPciInfo_v3", device_, &info)) return std::nullopt;
    char text[16];
    std::snprintf(text, sizeof text, "%04x:%04x", info.pci_device_id & 0xffff, info.pci_device_id >> 16);
    return text;
}

std::optional<bool> Nvml::mig() const {
    unsigned now = 0, pending = 0;
    if (!device_ || !call("nvmlDeviceGetMigMode", device_, &now, &pending)) return std::nullopt;
    return now == 1;
}

std::optional<unsigned> Nvml::power_limit_mw() const {
    return read("nvmlDeviceGetEnforcedPowerLimit");
}
std::optional<unsigned> Nvml::power_mw() const {
    return read("nvmlDeviceGetPowerUsage");
}
std::optional<unsigned> Nvml::sm_clock_mhz() const {
    return read("nvmlDeviceGetClockInfo", clock_sm);
}
std::optional<unsigned> Nvml::sm_clock_limit_mhz() const {
    return read("nvmlDeviceGetMaxClockInfo", clock_sm);
}
std::optional<unsigned> Nvml::memory_clock_mhz() const {
    return read("nvmlDeviceGetClockInfo", clock_memory);
}

} // namespace migsim::silicon
