// SPDX-License-Identifier: Apache-2.0
// Which clusters of CTAs a kernel may ask for. Whether a GPC has room for one is the CTA scheduler's
// business.
#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "models/messages/kernel.h"

namespace migsim {

// What is wrong with a kernel's clusters, if anything. network: whether the device's SMs reach each other.
inline std::optional<std::string> cluster_complaint(const Kernel& kernel, bool network) {
    const bool multicasts = std::ranges::any_of(
        kernel.program.stages, [](const Stage& stage) { return stage.kind == Stage::Kind::MulticastLoad; });
    if (kernel.program.warps_apart && multicasts)
        return kernel.name + ": warps that go apart cannot share a multicast load";
    const std::uint32_t cluster = kernel.cluster;
    if (cluster == 1) return std::nullopt;
    const std::string who = kernel.name + ": clusters of " + std::to_string(cluster) + " CTAs ";
    if (cluster == 0 || cluster > max_cluster)
        return who + "are none; legal: 1 to " + std::to_string(max_cluster);
    if (!network) return who + "need an SM-to-SM network, which this device has not";
    if (kernel.ctas() % cluster != 0)
        return who + "do not divide its grid of " + std::to_string(kernel.ctas());
    return std::nullopt;
}

} // namespace migsim
