// SPDX-License-Identifier: Apache-2.0
#include "models/gpu/gpu.h"

#include <algorithm>
#include <stdexcept>

#include "models/crossbar/distance.h"

namespace migsim {
namespace {

Wires make_wires(const Device& device) {
    const Clock clock(device.chip.clock);
    const auto ps = [&](std::uint32_t cycles) { return clock.edge(cycles); };
    return {ps(device.crossbar.request_latency),
            ps(device.crossbar.response_latency),
            ps(device.chip.slice_to_channel),
            ps(device.chip.channel_to_slice),
            ps(device.chip.partition_link),
            ps(device.chip.cluster_to_mmu),
            ps(device.chip.mmu_to_slice),
            ps(device.front_end.cluster_latency),
            ps(device.sm.sm_to_sm_latency),
            device.crossbar.slice_buffer,
            device.chip.peer_buffer,
            device.chip.channel_buffer};
}

// Who owns each slice or channel, by number; none where the wall is down or nobody does.
std::vector<std::optional<InstanceId>> owners(const MachineSetup& setup, std::uint32_t count, bool wall,
                                              std::vector<std::uint16_t> InstanceSetup::*owned) {
    std::vector<std::optional<InstanceId>> owner(count);
    if (wall && partitioned(setup))
        for (const InstanceSetup& instance : setup.instances)
            for (const std::uint16_t number : instance.*owned) owner.at(number) = instance.id;
    return owner;
}

std::string numbered(const char* name, std::size_t i) {
    return std::string(name) + "_" + std::to_string(i);
}

} // namespace

Gpu::Gpu(const sc_core::sc_module_name& name, const MachineSetup& setup)
    : sc_module(name), controller("windows", setup.windows), epochs(epochs_of(setup)) {
    const Wires wires = make_wires(*setup.device);
    make_channels(setup, wires);
    make_slices(setup, wires);
    make_gpcs(setup, wires);
    make_hub(setup, wires);
    make_gsp(setup, wires);
    bind_ports(wires);
}

template <class Take>
void Gpu::for_each_created(Take&& take) const {
    for (const Epoch& epoch : epochs)
        for (const InstanceSetup& instance : epoch.instances)
            if (std::find(epoch.created.begin(), epoch.created.end(), instance.id) != epoch.created.end())
                take(instance, epoch);
}

void Gpu::make_channels(const MachineSetup& setup, const Wires& wires) {
    const Device& device = *setup.device;
    const auto owner = owners(setup, device.chip.channels, setup.walls.dram, &InstanceSetup::channels);
    for (std::uint32_t i = 0; i < device.chip.channels; ++i) {
        // Channels are refreshed out of step, evenly over a refresh interval.
        const Cycle phase = Cycle{i} * device.memory.nREFI / device.chip.channels;
        channels.push_back(
            std::make_unique<ChannelModule>(numbered("channel", i).c_str(), controller.windows, device.memory,
                                            ChannelSetup{phase, setup.enforcement.channel}, wires));
        channels.back()->core.set_owner(owner[i]);
    }
}

void Gpu::make_slices(const MachineSetup& setup, const Wires& wires) {
    const Device& device = *setup.device;
    const auto owner = owners(setup, device.chip.l2_slices, setup.walls.l2, &InstanceSetup::slices);
    std::map<InstanceId, const AddressMap*> later;
    for_each_created(
        [&](const InstanceSetup& instance, const Epoch& epoch) { later[instance.id] = &epoch.map; });
    for (std::uint32_t i = 0; i < device.chip.l2_slices; ++i) {
        slices.push_back(std::make_unique<SliceModule>(
            numbered("l2_slice", i).c_str(), controller.windows,
            L2SliceSetup{device.l2, first_map(), Clock(device.chip.clock), static_cast<std::uint16_t>(i),
                         owner[i], setup.enforcement.slice, later},
            wires));
        slice_ids_.push_back(slices.back()->core.id);
    }
}

void Gpu::make_gpcs(const MachineSetup& setup, const Wires& wires) {
    const Device& device = *setup.device;
    const ChipParams& chip = device.chip;
    const bool masked = partitioned(setup) && setup.walls.crossbar && setup.enforcement.crossbar;
    const auto routes_of = [&](InstanceId instance, const AddressMap& map) {
        std::vector<bool> routes(masked ? chip.l2_slices : 0);
        for (const Region& region : map.regions())
            if (masked && region.owner == instance)
                for (const std::uint16_t slice : region.slices) routes[slice] = true;
        return routes;
    };
    std::vector<std::vector<bool>> routes;
    if (masked) routes.assign(max_instances, std::vector<bool>(chip.l2_slices));
    if (masked)
        for (const InstanceSetup& instance : setup.instances)
            routes[index(instance.id)] = routes_of(instance.id, first_map());
    struct Preference {
        std::uint32_t sm_in_tpc, tpc_in_gpc, gpc;
        auto operator<=>(const Preference&) const = default;
    };
    std::vector<std::pair<Preference, SmSlots>> order;
    std::uint16_t sm = 0;
    const std::vector<std::uint32_t>& tpcs = chip.gpc_tpcs;
    const std::vector<std::uint32_t>& near = chip.gpc_partition;
    for (std::uint32_t gpc = 0; gpc < tpcs.size(); ++gpc) {
        ClusterSetup cluster{device.sm,
                             device.crossbar,
                             device.cluster_mmu,
                             tables,
                             first_map(),
                             Clock(chip.clock),
                             {},
                             near[gpc],
                             slice_ids_,
                             routes,
                             {},
                             setup.walls.gpc_tlb && partitioned(setup),
                             {}};
        const std::uint16_t first = sm;
        for (std::uint16_t tpc = 0; tpc < tpcs[gpc]; ++tpc)
            for (std::uint32_t i = 0; i < chip.sms_per_tpc; ++i, ++sm)
                cluster.seats.push_back(
                    {sm, tpc, static_cast<std::uint16_t>(chip.tpcs_per_cpc ? tpc / chip.tpcs_per_cpc : 0)});
        for (const InstanceSetup& instance : all_instances(setup))
            for (const std::uint16_t s : instance.sms)
                if (s >= first && s < sm) cluster.sms[instance.id].push_back(s);
        const auto shares_of = [&](const std::vector<InstanceSetup>& instances) {
            std::vector<InstanceShare> shares;
            for (const InstanceSetup& instance : instances)
                if (const auto here = cluster.sms.find(instance.id); here != cluster.sms.end())
                    shares.push_back({instance.id, static_cast<std::uint32_t>(here->second.size())});
            return shares;
        };
        const auto in_gpc = static_cast<std::uint32_t>(sm - first);
        const bool port_wall = partitioned(setup) && setup.walls.gpc_port && setup.walls.sm;
        cluster.tlb_shares = shares_of(setup.instances);
        if (port_wall && cluster.tlb_shares.size() > 1)
            for (const InstanceShare& share : cluster.tlb_shares)
                cluster.port_shares.push_back({share.instance, share.weight, in_gpc});
        if (!setup.walls.sm) cluster.tlb_wall = false; // every instance may run in every GPC
        for_each_created([&](const InstanceSetup& instance, const Epoch& epoch) {
            if (!cluster.sms.contains(instance.id)) return;
            InstanceInGpc later{
                &epoch.map, routes_of(instance.id, epoch.map), {}, shares_of(epoch.instances)};
            if (port_wall)
                later.port = {instance.id,
                              later.tlb_shares.size() > 1
                                  ? static_cast<std::uint32_t>(cluster.sms[instance.id].size())
                                  : in_gpc,
                              in_gpc};
            cluster.later.emplace(instance.id, std::move(later));
        });
        std::vector<Tick>& detours = detours_.emplace_back();
        for (std::uint32_t slice = 0; slice < chip.l2_slices; ++slice)
            detours.push_back(cluster.clock.edge(detour(device.crossbar.latency_spread, gpc, slice)));
        gpcs.push_back(
            std::make_unique<GpcModule>(numbered("gpc", gpc).c_str(), controller.windows, cluster, wires));
        for (const ClusterSeat& seat : cluster.seats)
            order.push_back({{(seat.sm - first) % chip.sms_per_tpc, seat.tpc, gpc},
                             {seat.sm, gpcs.back()->core.id, device.sm.max_ctas, device.sm.max_threads,
                              device.sm.registers, device.sm.shared_bytes}});
    }
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [preference, slots] : order) sms_.push_back(slots);
}

void Gpu::make_hub(const MachineSetup& setup, const Wires& wires) {
    const Device& device = *setup.device;
    const Clock clock(device.chip.clock);
    MmuSetup hub{device.mmu, first_map(), tables, clock, slice_ids_};
    const auto shares_of = [](const std::vector<InstanceSetup>& instances) {
        std::vector<InstanceShare> shares;
        for (const InstanceSetup& instance : instances)
            shares.push_back({instance.id, static_cast<std::uint32_t>(instance.slices.size())});
        return shares;
    };
    hub.shares = shares_of(setup.instances);
    for (const InstanceSetup& instance : setup.instances)
        hub.windows[index(instance.id)] = {instance.base, instance.bytes};
    for_each_created([&](const InstanceSetup& instance, const Epoch& epoch) {
        hub.later[instance.id] = {&epoch.map, {instance.base, instance.bytes}, shares_of(epoch.instances)};
    });
    std::vector<ComputeSms> compute_instances;
    for (const InstanceSetup& instance : all_instances(setup)) {
        const auto usable = [&](const std::vector<std::uint16_t>& sms) {
            return ComputeSms{instance.id, setup.walls.sm ? sms : numbers(device.sm_count())};
        };
        for (const ComputeInstanceSetup& compute : instance.compute_instances)
            compute_instances.push_back(usable(compute.sms));
        if (instance.compute_instances.empty()) compute_instances.push_back(usable(instance.sms));
    }
    hub.enforce = setup.enforcement.walker;
    if (partitioned(setup)) hub.walls = {setup.walls.l3_tlb, setup.walls.page_walker};
    mmu = std::make_unique<MmuModule>("mmu", controller.windows, hub, wires);
    front_end = std::make_unique<FrontEndModule>("front_end", controller.windows, device.front_end, clock,
                                                 sms_, compute_instances, wires);
    governor = std::make_unique<GovernorModule>("governor", controller.windows, 4 * wires.front_end, wires);
}

void Gpu::make_gsp(const MachineSetup& setup, const Wires& wires) {
    std::map<InstanceId, InstanceBlocks> blocks;
    for (const InstanceSetup& instance : all_instances(setup)) {
        InstanceBlocks& own = blocks[instance.id];
        for (const auto& gpc : gpcs)
            if (gpc->core.has_sms_of(instance.id)) own.clusters.push_back(gpc->core.id);
        own.l2.push_back(mmu->core.id);
        for (const std::uint16_t slice : instance.slices) own.l2.push_back(slice_ids_[slice]);
        for (const std::uint16_t channel : instance.channels)
            own.channels.push_back(channels[channel]->core.id);
    }
    gsp = std::make_unique<GspModule>("gsp", controller.windows, std::move(blocks), wires);
}

void Gpu::bind_ports(const Wires& wires) {
    for (const auto& gpc : gpcs) {
        for (const auto& slice : slices) {
            gpc->to_l2(slice->from_crossbar);
            slice->to_crossbar(gpc->from_l2);
        }
        gpc->to_mmu(mmu->from_clusters);
        mmu->to_clusters(gpc->from_mmu);
        gpc->to_front_end(front_end->from_clusters);
        gpc->faults(front_end->faults);
        front_end->to_clusters(gpc->from_front_end);
        front_end->stops(gpc->stops);
        governor->to_domain(gpc->clock_changes);
        if (wires.sm_to_sm) gpc->to_sms(gpc->from_sms);
        gsp->to_blocks(gpc->instance_changes);
        gpc->to_gsp(gsp->from_blocks);
    }
    for (const auto& slice : slices) {
        mmu->to_l2(slice->from_crossbar);
        slice->to_mmu(mmu->from_l2);
        governor->to_domain(slice->clock_changes);
        gsp->to_blocks(slice->instance_changes);
        slice->to_gsp(gsp->from_blocks);
    }
    for (const auto& channel : channels) gsp->to_blocks(channel->instance_changes);
    gsp->to_blocks(mmu->instance_changes);
    mmu->to_gsp(gsp->from_blocks);
    gsp->to_front_end(front_end->tenant_changes);
    front_end->to_gsp(gsp->from_front_end);
    mmu->to_front_end(front_end->faults);
    governor->to_domain(mmu->clock_changes);
    governor->to_domain(front_end->clock_changes);

    reaches_.assign(slices.size(), std::vector<bool>(channels.size()));
    paired_.assign(slices.size(), false);
    for (const Epoch& epoch : epochs)
        for (const Region& region : epoch.map.regions()) bind_region(region, epoch.map);
}

// Every slice reaches the channels that its lines live in, and its pair in the other partition.
void Gpu::bind_region(const Region& region, const AddressMap& map) {
    const std::size_t n = region.slices.size() / region.partitions,
                      m = region.channels.size() / region.partitions;
    for (std::size_t i = 0; i < region.slices.size(); ++i) {
        const std::uint16_t slice = region.slices[i];
        const std::size_t partition = i / n;
        for (std::size_t j = partition * m; j < (partition + 1) * m; ++j) {
            const std::size_t place = j - partition * m;
            const bool follows = m % n == 0; // each slice has channels of its own
            if (follows && place / (m / n) != i % n) continue;
            if (reaches_[slice][region.channels[j]]) continue;
            reaches_[slice][region.channels[j]] = true;
            slices[slice]->to_memory(channels[region.channels[j]]->from_l2);
            channels[region.channels[j]]->to_l2(slices[slice]->from_memory);
        }
        if (region.partitions == 2 && !paired_[slice]) {
            paired_[slice] = true;
            const std::uint16_t pair = map.near_slice(slice, partition == 0 ? 1 : 0);
            slices[slice]->to_peer(slices[pair]->from_peer);
            slices[slice]->to_near(slices[pair]->from_home);
            slices[slice]->core.pair(pair, slice_ids_[pair]);
        }
    }
}

// Ports are bound: they become links, and both ends of each credit loop learn of it.
void Gpu::end_of_elaboration() {
    for (std::size_t gpc = 0; gpc < gpcs.size(); ++gpc) gpcs[gpc]->connect(detours_[gpc]);
    for (std::size_t slice = 0; slice < slices.size(); ++slice) {
        std::vector<Tick> from_gpcs;
        for (const std::vector<Tick>& detours : detours_) from_gpcs.push_back(detours[slice]);
        slices[slice]->connect(from_gpcs);
    }
    for (const auto& channel : channels) channel->connect();
    mmu->connect();
    front_end->connect();
    governor->connect();
    gsp->connect();
    for (std::size_t s = 0; s < slices.size(); ++s) {
        L2Slice& slice = slices[s]->core;
        for (const auto& gpc : gpcs) slice.admit(gpc->core.id, gpc->core.to_l2.shared_credits(slice.id));
        slice.admit(mmu->core.id, mmu->core.to_l2.shared_credits(slice.id));
        for (std::uint16_t c = 0; c < channels.size(); ++c) {
            Channel& channel = channels[c]->core;
            if (!slice.to_memory.reaches(channel.id)) continue;
            slice.connect_channel(c, channel.id);
            channel.set_credits(slice.id, slice.to_memory.shared_credits(channel.id));
        }
        for (const auto& other : slices)
            if (other->core.to_peer.reaches(slice.id))
                slice.admit(other->core.id, other->core.to_peer.shared_credits(slice.id));
    }
}

} // namespace migsim
