// SPDX-License-Identifier: Apache-2.0
// The pseudo channels of the devices as they are shipped: what is asserted of them is asserted of the files
// that runs use, and their timings stand in those files only.
#pragma once

#include <string>

#include "models/gpu/device.h"

namespace migsim::memory_sets {

inline MemoryParams of(const char* device) {
    return load_device(std::string(MIGSIM_SOURCE_DIR) + "/models/devices/" + device + ".yaml")->memory;
}

inline MemoryParams hbm2_1215() {
    return of("a100-sxm-40gb");
}
inline MemoryParams hbm2e_1593() { // also H100 PCIe
    return of("a100-sxm-80gb");
}
inline MemoryParams hbm3_2619() {
    return of("h100-sxm-80gb");
}
inline MemoryParams hbm3e_3125() {
    return of("h200-sxm-141gb");
}

} // namespace migsim::memory_sets
