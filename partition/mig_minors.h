// SPDX-License-Identifier: Apache-2.0
// The numbers of /proc/driver/nvidia-caps/mig-minors: the device node /dev/nvidia-caps/nvidia-cap<minor> that
// gives a process the right to one instance. Source: NVIDIA MIG User Guide, device nodes and capabilities.
#pragma once

#include <cstdint>

namespace migsim {

struct MigMinors {
    static constexpr std::uint32_t config = 1;
    static constexpr std::uint32_t monitor = 2;

    static constexpr std::uint32_t gpu_instance(std::uint32_t gpu, std::uint32_t id) {
        return 3 + gpu * instances * per_instance + id * per_instance;
    }
    static constexpr std::uint32_t compute_instance(std::uint32_t gpu, std::uint32_t gpu_instance_id,
                                                    std::uint32_t id) {
        return gpu_instance(gpu, gpu_instance_id) + 1 + id;
    }

private:
    static constexpr std::uint32_t instances = 15; // GPU instance ids: a GPU, 2 halves, 4 quarters, 8 eighths
    static constexpr std::uint32_t per_instance = 9; // itself and eight compute instances
};

} // namespace migsim
