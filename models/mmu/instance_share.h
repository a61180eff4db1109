// SPDX-License-Identifier: Apache-2.0
// How a shared resource is divided among instances when its wall is up: several smaller copies, one per
// instance, in proportion to the weights. With the wall down there is one copy, and the list of shares plays
// no part.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "models/base/ids.h"

namespace migsim {

struct InstanceShare {
    InstanceId instance;
    std::uint32_t weight; // memory slices, TPCs: any unit, compared with the others of the list only
};

class Split {
public:
    // Throws std::invalid_argument where a list names an instance twice or gives it no weight.
    Split(bool wall, std::span<const InstanceShare> shares);

    unsigned parts() const { return static_cast<unsigned>(upto_.size() - 1); }
    // An instance that is not in the list has no business here; what carries its id is served by part 0 and
    // refused by the page walker.
    unsigned part(InstanceId instance) const { return part_of_[index(instance)]; }
    // Units of `total` that a part gets: all are given away, every part gets at least one, or it throws
    // std::invalid_argument naming `what`.
    std::uint32_t of(std::uint32_t total, unsigned part, std::string_view what) const;

private:
    std::vector<std::uint64_t> upto_; // running sum of weights
    std::array<std::uint8_t, max_instances> part_of_{};
};

} // namespace migsim
