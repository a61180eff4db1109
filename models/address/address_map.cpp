// SPDX-License-Identifier: Apache-2.0
#include "models/address/address_map.h"

#include <algorithm>
#include <bit>
#include <stdexcept>
#include <string>

namespace migsim {

namespace {

void require(bool holds, const std::string& complaint) {
    if (!holds) throw std::invalid_argument("address map: " + complaint);
}

void check(const Region& region, const Region* previous) {
    constexpr Address unit = 16 * 1024;
    require(region.bytes > 0 && region.base % unit == 0 && region.bytes % unit == 0,
            "a region begins and ends at multiples of 16 KiB");
    require(!previous || previous->base + previous->bytes <= region.base, "two regions overlap");
    require(region.partitions == 1 || region.partitions == 2, "a region has one or two L2 partitions");
    require(!region.slices.empty() && region.slices.size() % region.partitions == 0,
            std::to_string(region.slices.size()) + " slices do not divide evenly over the partitions");
    require(!region.channels.empty() && region.channels.size() % region.partitions == 0,
            std::to_string(region.channels.size()) + " channels do not divide evenly over the partitions");
    for (const auto* list : {&region.slices, &region.channels}) {
        std::vector<std::uint16_t> sorted = *list;
        std::sort(sorted.begin(), sorted.end());
        require(std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end(),
                "a region names a slice or channel twice");
    }
}

// The first line number that is free in all of `ids`; they are taken up to `lines` beyond it.
std::uint32_t claim(std::vector<std::uint32_t>& used, const std::vector<std::uint16_t>& ids,
                    std::uint64_t lines) {
    std::uint64_t first = 0;
    for (const std::uint16_t id : ids) {
        if (used.size() <= id) used.resize(id + std::size_t{1});
        first = std::max<std::uint64_t>(first, used[id]);
    }
    require(first + lines <= 0xffffffffu, "a slice or channel holds more than 2^32 lines");
    for (const std::uint16_t id : ids) used[id] = static_cast<std::uint32_t>(first + lines);
    return static_cast<std::uint32_t>(first);
}

} // namespace

AddressMap::AddressMap(const AddressMapParams& params, std::vector<Region> regions)
    : hash_(params.partition_hash), regions_(std::move(regions)) {
    const std::uint32_t interleave = params.interleave;
    require(std::has_single_bit(interleave) && interleave >= line_bytes,
            "the interleave is not a power of two");
    chunk_shift_ =
        static_cast<unsigned>(std::countr_zero(interleave / static_cast<std::uint32_t>(line_bytes)));
    turn_shift_ = static_cast<unsigned>(std::countr_zero(turn_bytes / interleave));
    require(!regions_.empty(), "there is no region");
    std::sort(regions_.begin(), regions_.end(),
              [](const Region& a, const Region& b) { return a.base < b.base; });

    std::vector<std::uint32_t> slice_lines, channel_lines;
    const Region* previous = nullptr;
    for (const Region& region : regions_) {
        check(region, previous);
        previous = &region;
        const auto of_partition = static_cast<std::uint32_t>(region.slices.size() / region.partitions);
        const auto channels_of_partition =
            static_cast<std::uint32_t>(region.channels.size() / region.partitions);
        // Where what a region has does not come in such groups, it is one.
        const std::uint32_t wanted = of_partition / params.group_slices;
        const bool divides =
            wanted > 0 && of_partition % params.group_slices == 0 && channels_of_partition % wanted == 0;
        const std::uint32_t groups = divides ? wanted : 1;
        const std::uint32_t slices = of_partition / groups, channels = channels_of_partition / groups;
        const bool follow = channels % slices == 0;
        const Address bytes = region.bytes / region.partitions;
        require(bytes / line_bytes <= std::uint64_t{1} << 32,
                "a partition of a region has more than 2^32 lines");
        // Whole rounds, also where the last is begun only.
        const auto rounds = [](Address all, Address per_round) { return (all + per_round - 1) / per_round; };
        const Address chunks =
            groups == 1 ? rounds(bytes, interleave) : rounds(bytes, turn_bytes * groups) << turn_shift_;
        const Address per_slice = rounds(chunks, slices);
        const Address per_channel = follow ? rounds(per_slice, channels / slices) : rounds(chunks, channels);
        Spread spread{region.base,
                      region.bytes,
                      region.owner,
                      region.partitions,
                      Divisor(groups),
                      Divisor(slices),
                      Divisor(channels),
                      Divisor(follow ? channels / slices : 1),
                      follow,
                      claim(slice_lines, region.slices, per_slice << chunk_shift_),
                      static_cast<std::uint32_t>(per_slice << chunk_shift_),
                      claim(channel_lines, region.channels, per_channel << chunk_shift_),
                      region.slices.data(),
                      region.channels.data(),
                      {}};
        for (std::size_t i = 0; i < region.slices.size(); ++i) {
            const std::uint16_t slice = region.slices[i];
            if (spread.position.size() <= slice) spread.position.resize(slice + std::size_t{1}, none);
            spread.position[slice] = static_cast<std::uint16_t>(i);
            for (unsigned partition = 0; partition < 2; ++partition) {
                std::vector<std::uint16_t>& near = near_[partition];
                if (near.size() <= slice) near.resize(slice + std::size_t{1}, none);
                const std::uint16_t at = region.partitions == 1
                                             ? slice
                                             : region.slices[partition * of_partition + i % of_partition];
                require(near[slice] == none || near[slice] == at,
                        "two regions pair the same slices differently");
                near[slice] = at;
            }
        }
        spreads_.push_back(std::move(spread));
    }
}

const AddressMap::Spread& AddressMap::spread_of(std::uint16_t slice, std::uint32_t slice_line) const {
    for (const Spread& spread : spreads_)
        if (slice < spread.position.size() && spread.position[slice] != none &&
            slice_line - spread.first_slice_line < spread.slice_lines)
            return spread;
    throw std::out_of_range("address map: no region has this line in this slice");
}

std::uint32_t AddressMap::unrotate(Slot slot, Seed seed, const Divisor& n) {
    const std::uint32_t turned = rotation(slot.chunk, seed, n);
    return slot.chunk * n() +
           (slot.position >= turned ? slot.position - turned : slot.position + n() - turned);
}

Address AddressMap::address_of(std::uint16_t slice, std::uint32_t slice_line) const {
    const Spread& spread = spread_of(slice, slice_line);
    const std::uint32_t line = slice_line - spread.first_slice_line;
    const std::uint32_t group = spread.slices.quotient(spread.position[slice]);
    const unsigned partition = group >= spread.groups();
    const Slot slot{spread.slices.remainder(spread.position[slice]), line >> chunk_shift_};
    std::uint32_t x = unrotate(slot, slice_seed, spread.slices);
    if (spread.groups() > 1) {
        const Slot turn{group - partition * spread.groups(), x >> turn_shift_};
        x = unrotate(turn, group_seed, spread.groups) << turn_shift_ | (x & ((1u << turn_shift_) - 1));
    }
    const Address inside = line & ((1u << chunk_shift_) - 1);
    Address local = (Address{x} << chunk_shift_ | inside) * line_bytes;
    if (spread.partitions == 2) {
        const Address above = local >> run_shift << (run_shift + 1);
        local = above | Address{partition ^ flip(above)} << run_shift | (local & (run_bytes - 1));
    }
    return spread.base + local;
}

ChannelLocation AddressMap::channel_of(std::uint16_t slice, std::uint32_t slice_line) const {
    const Spread& spread = spread_of(slice, slice_line);
    const std::uint32_t line = slice_line - spread.first_slice_line;
    const std::uint32_t group = spread.slices.quotient(spread.position[slice]);
    const Slot slot{spread.slices.remainder(spread.position[slice]), line >> chunk_shift_};
    const std::uint32_t x = spread.channels_follow_slices
                                ? 0
                                : unrotate(slot, slice_seed, spread.slices); // unused when following
    const Slot channel = channel_slot(spread, x, slot);
    const std::uint32_t inside = line & ((1u << chunk_shift_) - 1);
    return {spread.channel_ids[group * spread.channels() + channel.position],
            spread.first_channel_line + (channel.chunk << chunk_shift_ | inside)};
}

} // namespace migsim
