// SPDX-License-Identifier: Apache-2.0
// The walls between GPU instances, one per shared resource, each a switch of its own. A wall that is up keeps
// instances apart in that resource; one that is down lets them meet there. Real parts do not have them all,
// so `hardware`, what the device file says its silicon has, is the usual choice. A new wall is one line here
// and its mechanism in models/.
#pragma once

#include <bitset>
#include <initializer_list>
#include <string>
#include <variant>
#include <vector>

#include "models/base/config/codec.h"

namespace migsim {

enum class Wall {
    Sm,        // an SM runs the kernels of its own instance only
    GpcPort,   // the TPC, CPC and GPC multiplexers on the way to the crossbar
    Crossbar,  // request and response networks
    L2,        // slices: tags, MSHRs, data
    Dram,      // channels: banks, queues, bus
    GpcTlb,    // the TLB of a GPC that serves two instances
    L3Tlb,     // the TLB that the whole GPU has in common
    PageWalker // the walkers behind it
};
template <>
struct EnumNames<Wall> {
    static constexpr std::array table{EnumName{Wall::Sm, "sm"},
                                      EnumName{Wall::GpcPort, "gpc_port"},
                                      EnumName{Wall::Crossbar, "crossbar"},
                                      EnumName{Wall::L2, "l2"},
                                      EnumName{Wall::Dram, "dram"},
                                      EnumName{Wall::GpcTlb, "gpc_tlb"},
                                      EnumName{Wall::L3Tlb, "l3_tlb"},
                                      EnumName{Wall::PageWalker, "page_walker"}};
};

class WallSet {
public:
    WallSet() = default; // all down
    WallSet(std::initializer_list<Wall> walls) {
        for (const Wall wall : walls) add(wall);
    }
    static WallSet all();

    std::vector<Wall> list() const;
    void add(Wall wall) { up_.set(static_cast<std::size_t>(wall)); }
    bool has(Wall wall) const { return up_.test(static_cast<std::size_t>(wall)); }

    bool operator==(const WallSet&) const = default;

private:
    std::bitset<EnumNames<Wall>::table.size()> up_;
};

// As a device file lists what its silicon has. Throws InputError.
WallSet walls_named(const std::vector<std::string>& names);

// What a scenario asks for: `hardware`, `ideal` (all), `none`, or a list of walls.
enum class WallPreset { Hardware, Ideal, None };
template <>
struct EnumNames<WallPreset> {
    static constexpr std::array table{EnumName{WallPreset::Hardware, "hardware"},
                                      EnumName{WallPreset::Ideal, "ideal"},
                                      EnumName{WallPreset::None, "none"}};
};

struct WallChoice {
    std::variant<WallPreset, WallSet> chosen = WallPreset::Hardware;

    WallSet resolve(const WallSet& hardware) const;
};

template <>
struct Codec<WallChoice> {
    static void read(const Node& node, WallChoice& value, const Limits& limits, InputErrors& errors);
    static Node node(const WallChoice& value, const Origin& origin);
    static Shape shape(const Limits& limits);
};

} // namespace migsim
