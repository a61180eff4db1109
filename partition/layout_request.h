// SPDX-License-Identifier: Apache-2.0
// How an operator asks for a layout, in a scenario or elsewhere: a list of profile names, or a mig-parted
// file and one of its labels. Order never matters; a profile may be given a placement of its own.
//   layout: [3g.40gb, 4g.40gb]
//   layout: [{profile: 3g.40gb, start: 4}, 2g.20gb]
//   layout: [{profile: 3g.40gb, compute_instances: [1c.3g.40gb, 2c.3g.40gb]}, 4g.40gb]
//   layout: {mig_parted: node.yaml, label: balanced, gpu: 0}
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "models/base/config/codec.h"
#include "partition/layout_search.h"

namespace migsim {

struct LayoutRequest {
    Node written; // for complaints that can only be made once the board is known

    struct Instance {
        std::string profile;
        std::optional<std::uint32_t> start;
        std::optional<std::vector<std::string>> compute_instances; // absent: the one that fills it
    };
    std::vector<Instance> instances; // unless there is a file

    struct MigParted {
        RelativePath file;
        std::optional<std::string> label; // may be left out where the file has one
        std::uint32_t gpu = 0;            // which of the node's GPUs this one plays
    };
    std::optional<MigParted> mig_parted;
};

template <>
struct Codec<LayoutRequest> {
    static void read(const Node& node, LayoutRequest& value, const Limits& limits, InputErrors& errors);
    static Node node(const LayoutRequest& value, const Origin& origin);
    static Shape shape(const Limits& limits);
};

// The layout, or nothing after a complaint that names file, line and what would be legal. Throws InputError
// if a layout file cannot be read at all.
std::optional<Layout> resolve(const LayoutRequest& request, const std::shared_ptr<const Board>& board,
                              InputErrors& errors);

} // namespace migsim
