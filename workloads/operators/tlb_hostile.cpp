// SPDX-License-Identifier: Apache-2.0
#include "workloads/operators/tlb_hostile.h"

#include <algorithm>

namespace migsim {

Kernel tlb_hostile(const TlbHostileShape& shape, Buffers& buffers, std::uint32_t sms) {
    constexpr std::uint32_t warp = 32;
    const PageSize page = page_of(shape.page_kib);
    const std::uint64_t bytes = shape.range_mib << 20;
    // The line beside the last one's: else all accesses would meet in the same few L2 sets.
    const std::uint64_t stride = shape.pages_apart * bytes_of(page) + line_bytes;
    const std::uint64_t last_lap = (shape.laps - 1) * line_bytes + sector_bytes;
    const std::uint64_t touches = bytes < last_lap ? 0 : (bytes - last_lap) / stride + 1;

    Kernel kernel;
    kernel.name = "tlb_hostile";
    require(touches >= warp, kernel.name, "range_mib holds less than one warp's pages");
    kernel.grid_x =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(shape.ctas_per_sm * sms, touches / warp));
    kernel.grid_y = shape.laps;
    const std::uint64_t pass = std::uint64_t{kernel.grid_x} * warp;
    kernel.program.iterations = static_cast<std::uint32_t>(touches / pass);
    kernel.program.depth = shape.depth;

    Access pages = run(buffers.allocate("pages", bytes, page), sector_bytes, warp * stride);
    pages.cta_y = line_bytes;
    pages.step = pass * stride;
    pages.rows = warp;
    pages.pitch = stride;
    pages.page = page;
    kernel.program.stages = {load(pages)};
    return kernel;
}

} // namespace migsim
