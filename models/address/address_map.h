// SPDX-License-Identifier: Apache-2.0
// Where a physical address lies: its L2 slice, its memory channel, and the line's number inside each. The map
// is a bijection, balanced exactly for any count of slices and channels, and knows nothing of powers of two.
// Surprising: it works relative to a region. Without MIG one region spans the GPU; with MIG each instance has
// its own, and spreads its addresses over its own slices as evenly as the whole GPU does over all.
#pragma once

#include <cassert>
#include <cstdint>
#include <optional>
#include <vector>

#include "models/base/divisor.h"
#include "models/base/ids.h"
#include "models/base/parameter.h"
#include "models/base/random.h"
#include "models/messages/memory.h"

namespace migsim {

// Which of the two L2 partitions is home of an address. Both exchange 8-KiB runs inside each aligned 16 KiB.
enum class PartitionHash : std::uint8_t {
    Ga100, // NOT (bit 13 ^ bit 17 ^ bit 20) of the byte address (GPUNetBench, MICRO 2024: exact on its 3.9
           // MiB)
    Mixed, // bit 13 ^ one bit of a mixing hash of the bits above: not linear, runs of 8 and 16 KiB (assumed)
};
template <>
struct EnumNames<PartitionHash> {
    static constexpr std::array table{EnumName{PartitionHash::Ga100, "ga100"},
                                      EnumName{PartitionHash::Mixed, "mixed"}};
};

struct AddressMapParams : Params {
    using Params::Params;
    Param<std::uint32_t> interleave{
        this, "interleave", "B", "consecutive bytes that one slice holds; a power of two", {128, 8192}};
    Param<std::uint32_t> group_slices{this,
                                      "group_slices",
                                      "slices",
                                      "of a group; the groups of a partition hold 16 KiB of it in turn",
                                      {1, 1024}};
    Param<PartitionHash> partition_hash{this, "partition_hash", "hash",
                                        "which L2 partition is an address's home"};
};

struct Location {
    static constexpr std::uint16_t nowhere = 0xffff;

    std::uint16_t slice; // nowhere: no region contains the address, and nothing else is set
    std::uint16_t channel;
    std::uint32_t slice_line;   // 128-byte line inside the slice: consecutive, from 0
    std::uint32_t channel_line; // the same inside the channel
    std::uint8_t partition;     // 0 where the region has only one
};

struct SliceLocation { // the part of a Location that needs no channel
    std::uint16_t slice;
    std::uint8_t partition;
    std::uint32_t slice_line;
};

struct ChannelLocation {
    std::uint16_t channel;
    std::uint32_t channel_line;
};

// Physical addresses that are spread over one set of slices and channels. With two partitions the first half
// of each list lies in partition 0, and slice i of one half keeps the near copies of slice i of the other.
struct Region {
    Address base; // multiples of 16 KiB
    Address bytes;
    std::optional<InstanceId> owner; // none: every instance
    std::vector<std::uint16_t> slices, channels;
    unsigned partitions = 1;
};

class AddressMap {
public:
    // Regions do not overlap in addresses; they may share slices and channels, and then lie behind one
    // another there. Throws std::invalid_argument when a region cannot be balanced.
    AddressMap(const AddressMapParams& params, std::vector<Region> regions);
    AddressMap(AddressMap&&) = default; // not copied: the reciprocals point into regions()

    bool contains(Address physical) const { return find(physical) != nullptr; }
    Location locate(Address physical) const;
    SliceLocation slice_of(Address physical) const; // the same, cheaper

    // Inverses, of lines that exist.
    Address address_of(std::uint16_t slice, std::uint32_t slice_line) const;
    ChannelLocation channel_of(std::uint16_t slice, std::uint32_t slice_line) const;

    // The slice of `partition` at which its SMs find lines homed at `home`: `home` itself in its own
    // partition, or where its region has only one.
    std::uint16_t near_slice(std::uint16_t home, unsigned partition) const { return near_[partition][home]; }

    // Index into regions(), none outside all.
    std::optional<unsigned> region_of(Address physical) const {
        const Spread* spread = find(physical);
        if (!spread) return std::nullopt;
        return static_cast<unsigned>(spread - spreads_.data());
    }
    std::optional<InstanceId> owner(Address physical) const {
        const Spread* spread = find(physical);
        return spread ? spread->owner : std::nullopt;
    }
    const std::vector<Region>& regions() const { return regions_; }

private:
    static constexpr unsigned run_shift = 13; // partitions change every 8 KiB
    static constexpr Address run_bytes = Address{1} << run_shift;
    static constexpr Address turn_bytes =
        2 * run_bytes; // of a partition, that a group of slices holds in turn
    static constexpr std::uint16_t none = Location::nowhere;

    // A region with its reciprocals. `x` numbers the chunks of one group of slices in one partition of it.
    struct Spread {
        Address base, bytes;
        std::optional<InstanceId> owner;
        unsigned partitions;
        Divisor groups;             // of one partition
        Divisor slices, channels;   // of one group
        Divisor channels_per_slice; // 0 channels per slice (held as 1) where the counts do not divide
        bool channels_follow_slices;
        std::uint32_t first_slice_line, slice_lines, first_channel_line;
        const std::uint16_t* slice_ids; // of all partitions, in order
        const std::uint16_t* channel_ids;
        std::vector<std::uint16_t> position; // by slice: index into slice_ids, or none
    };
    struct Slot { // a chunk's place among equals: position, and its number there
        std::uint32_t position, chunk;
    };
    enum Seed : std::uint64_t {
        slice_seed = 0,
        spread_seed = 1ull << 62,
        channel_seed = 2ull << 62,
        group_seed = 3ull << 62
    };

    const Spread* find(Address physical) const {
        for (const Spread& spread : spreads_)
            if (physical - spread.base < spread.bytes) return &spread; // wraps far above `bytes` when below
        return nullptr;
    }

    // Chunk x of n places goes to lap x / n and there to place (x + rotation) mod n: each aligned lap of n
    // chunks fills each place once, and no stride stays on one place because laps are turned by a hash.
    static std::uint32_t rotation(std::uint64_t lap, Seed seed, const Divisor& n) {
        return static_cast<std::uint32_t>(multiply_high(mix64(lap + 1 + seed), n()));
    }
    static Slot rotate(std::uint32_t x, Seed seed, const Divisor& n) {
        const std::uint32_t lap = n.quotient(x);
        const std::uint32_t place = x - lap * n() + rotation(lap, seed, n);
        return {place < n() ? place : place - n(), lap};
    }
    static std::uint32_t unrotate(Slot slot, Seed seed, const Divisor& n);

    // What bit 13 is XORed with to give the partition.
    unsigned flip(Address relative) const {
        const Address above = relative >> (run_shift + 1);
        if (hash_ == PartitionHash::Ga100) return static_cast<unsigned>(~((above >> 3) ^ (above >> 6)) & 1);
        return static_cast<unsigned>(mix64(above + 1) >> 63);
    }

    Slot channel_slot(const Spread& spread, std::uint32_t x, Slot slice) const {
        if (!spread.channels_follow_slices) return rotate(x, channel_seed, spread.channels);
        const Divisor& n = spread.channels_per_slice;
        if (n() == 1) return slice;
        const std::uint32_t group = n.quotient(slice.chunk);
        const std::uint64_t key = std::uint64_t{slice.position} << 32 | group;
        const std::uint32_t place = slice.chunk - group * n() + rotation(key, spread_seed, n);
        return {slice.position * n() + (place < n() ? place : place - n()), group};
    }

    struct Chunk { // where a line lies in a region's own terms
        unsigned partition;
        std::uint32_t group;     // of all partitions
        std::uint32_t x, inside; // the group's chunk; line in it
        Slot slot;               // in the group
    };
    Chunk chunk_of(const Spread& spread, Address physical) const {
        Address local = physical - spread.base;
        unsigned partition = 0;
        if (spread.partitions == 2) { // drop bit 13: what is left counts the bytes of this partition
            partition = (static_cast<unsigned>(local >> run_shift) & 1) ^ flip(local);
            local = (local >> (run_shift + 1) << run_shift) | (local & (run_bytes - 1));
        }
        const auto line = static_cast<std::uint32_t>(local / line_bytes);
        std::uint32_t x = line >> chunk_shift_, group = partition * spread.groups();
        if (spread.groups() > 1) {
            const Slot turn = rotate(x >> turn_shift_, group_seed, spread.groups);
            group += turn.position;
            x = turn.chunk << turn_shift_ | (x & ((1u << turn_shift_) - 1));
        }
        return {partition, group, x, line & ((1u << chunk_shift_) - 1), rotate(x, slice_seed, spread.slices)};
    }

    const Spread& spread_of(std::uint16_t slice, std::uint32_t slice_line) const;

    PartitionHash hash_;
    unsigned chunk_shift_; // log2 of lines per chunk
    unsigned turn_shift_;  // log2 of chunks that a group holds in turn
    std::vector<Region> regions_;
    std::vector<Spread> spreads_;
    std::vector<std::uint16_t> near_[2];
};

inline SliceLocation AddressMap::slice_of(Address physical) const {
    const Spread* spread = find(physical);
    if (!spread) return {Location::nowhere, 0, 0};
    const Chunk chunk = chunk_of(*spread, physical);
    return {spread->slice_ids[chunk.group * spread->slices() + chunk.slot.position],
            static_cast<std::uint8_t>(chunk.partition),
            spread->first_slice_line + (chunk.slot.chunk << chunk_shift_ | chunk.inside)};
}

inline Location AddressMap::locate(Address physical) const {
    const Spread* spread = find(physical);
    if (!spread) return {Location::nowhere, 0, 0, 0, 0};
    const Chunk chunk = chunk_of(*spread, physical);
    const Slot channel = channel_slot(*spread, chunk.x, chunk.slot);
    return {spread->slice_ids[chunk.group * spread->slices() + chunk.slot.position],
            spread->channel_ids[chunk.group * spread->channels() + channel.position],
            spread->first_slice_line + (chunk.slot.chunk << chunk_shift_ | chunk.inside),
            spread->first_channel_line + (channel.chunk << chunk_shift_ | chunk.inside),
            static_cast<std::uint8_t>(chunk.partition)};
}

} // namespace migsim
