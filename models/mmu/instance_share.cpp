// SPDX-License-Identifier: Apache-2.0
#include "models/mmu/instance_share.h"

#include <stdexcept>
#include <string>

namespace migsim {

Split::Split(bool wall, std::span<const InstanceShare> shares) : upto_{0} {
    if (!wall || shares.empty()) {
        upto_.push_back(1);
        return;
    }
    std::uint32_t seen = 0;
    for (const InstanceShare& share : shares) {
        const std::uint32_t bit = std::uint32_t{1} << index(share.instance);
        if (share.weight == 0 || seen & bit)
            throw std::invalid_argument("instance " + std::to_string(index(share.instance)) +
                                        (seen & bit ? " is named twice" : " has no weight") +
                                        " in the shares of a translation resource");
        seen |= bit;
        part_of_[index(share.instance)] = static_cast<std::uint8_t>(parts());
        upto_.push_back(upto_.back() + share.weight);
    }
}

std::uint32_t Split::of(std::uint32_t total, unsigned part, std::string_view what) const {
    const std::uint64_t first = upto_[part] * total / upto_.back();
    const std::uint64_t end = upto_[part + 1] * total / upto_.back();
    if (first == end)
        throw std::invalid_argument(std::to_string(total) + " " + std::string(what) +
                                    " cannot be split so that each of " + std::to_string(parts()) +
                                    " instances gets one");
    return static_cast<std::uint32_t>(end - first);
}

} // namespace migsim
