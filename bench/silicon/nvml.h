// SPDX-License-Identifier: Apache-2.0
// What the management library says about a GPU. It is looked for at run time and only ever read; where it is
// absent, or does not tell, there is no value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace migsim::silicon {

class Nvml {
public:
    explicit Nvml(const std::string& pci_bus_id); // of the GPU, as cudaDeviceGetPCIBusId() gives it
    ~Nvml();
    Nvml(const Nvml&) = delete;
    Nvml& operator=(const Nvml&) = delete;

    std::optional<std::string> driver() const;
    std::optional<std::string> pci_id() const; // vendor:device
    std::optional<bool> mig() const;
    std::optional<unsigned> power_limit_mw() const;
    std::optional<unsigned> power_mw() const;
    std::optional<unsigned> sm_clock_mhz() const;
    std::optional<unsigned> sm_clock_limit_mhz() const;
    std::optional<unsigned> memory_clock_mhz() const;

private:
    template <class... Arguments>
    bool call(const char* function, Arguments... arguments) const;
    std::optional<unsigned> read(const char* function) const;
    std::optional<unsigned> read(const char* function, int which) const;

    void* library_ = nullptr;
    void* device_ = nullptr; // nvmlDevice_t; null: nothing can be read
};

} // namespace migsim::silicon
