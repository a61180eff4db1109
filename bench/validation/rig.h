// SPDX-License-Identifier: Apache-2.0
// The bench on which a twin runs: one machine without MIG, one address space, and a count of the lines that
// its kernels have asked for. Rates are taken between two moments while a kernel runs, so launch, ramp and
// tail are no part of them.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "bench/validation/twin.h"
#include "models/base/statistic.h"
#include "models/gpu/machine.h"

namespace migsim {

std::vector<std::uint16_t> all_sms(const Device& device);
std::uint64_t l2_lines(const Device& device); // that all slices hold together

class Rig {
public:
    // Kernels run on these SMs only.
    Rig(const Device& device, std::vector<std::uint16_t> sms);
    explicit Rig(const Device& device) : Rig(device, all_sms(device)) {}

    Buffer allocate(Address bytes, PageSize page = PageSize::M2);
    Location locate(Address virtual_address) const;

    // Runs a kernel that does not end, and gives the time per line that it asks for, in ps: once `warm` lines
    // have gone by, a pass of so many lines, then from the same moment one twice as long, and so on until two
    // agree, as if the program ran again on twice as much. Before it, the buffers' pages are touched on every
    // SM, so that the TLBs hold what earlier launches left there.
    // Lines are counted where the kernel asks for them, or at the HBM where nothing is used twice: how early
    // the L2 takes in what it writes out later is no part of the rate then.
    enum class Counted : std::uint8_t { Asked, AtMemory };
    Answer ps_per_line(const Kernel& kernel, std::uint64_t warm, std::uint64_t pass,
                       const std::vector<Buffer>& touched = {}, Counted counted = Counted::Asked);

    // Or: streams that end. Each is a chain of kernels, run `requests` times; kernels outlive the run.
    void submit(std::vector<const Kernel*> chain, Tick arrival = 0, std::uint64_t requests = 1);
    void run_to_the_end();
    Tick duration(std::size_t stream, std::uint64_t request = 0) const;

private:
    struct Moment {
        Tick time;
        std::uint64_t lines;
    };
    std::uint64_t lines() const;
    Moment run_until(std::uint64_t lines); // no fewer, and hardly more
    Kernel touch(const std::vector<Buffer>& buffers) const;

    const Device& device_;
    InstanceSetup whole_;
    AddressMap map_;
    Machine machine_;
    AddressSpace& space_;
    std::vector<const Statistic*> asked_, moved_;
    Counted counted_ = Counted::Asked;
    std::optional<Kernel> touch_;
    std::uint8_t streams_ = 0;
    Tick horizon_ = 0; // up to which the machine has been run
};

// So that this many CTAs of a kernel share an SM, as the published programs do it: by shared memory.
std::uint32_t shared_bytes_for(const Device& device, std::uint32_t ctas_per_sm);

inline double cycles_of(const Device& device, double ps) {
    return ps * device.chip.clock / 1e6;
}
inline double gb_per_s(double bytes, double ps) { // 10^9 B/s
    return 1000 * bytes / ps;
}

} // namespace migsim
