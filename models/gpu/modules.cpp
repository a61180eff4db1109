// SPDX-License-Identifier: Apache-2.0
#include "models/gpu/modules.h"

namespace migsim {

GpcModule::GpcModule(const sc_core::sc_module_name& name, Windows& windows, const ClusterSetup& setup,
                     const Wires& wires)
    : BlockModule(name),
      core(windows, setup),
      from_front_end("from_front_end", core.from_front_end, core.id),
      stops("stops", core.stops, core.id),
      clock_changes("clock_changes", core.clock_changes, core.id),
      instance_changes("instance_changes", core.instance_changes, core.id),
      from_l2("from_l2", core.from_l2, core.id),
      from_mmu("from_mmu", core.from_mmu, core.id),
      from_sms("from_sms", core.from_sms, core.id),
      to_l2("to_l2", windows, core.id, {wires.cluster_to_slice, wires.slice_buffer, wires.slice_to_cluster}),
      to_mmu("to_mmu", windows, core.id, {wires.cluster_to_mmu}),
      to_front_end("to_front_end", windows, core.id, {wires.front_end}),
      faults("faults", windows, core.id, {wires.front_end}),
      to_sms("to_sms", windows, core.id, {wires.sm_to_sm}),
      to_gsp("to_gsp", windows, core.id, {wires.front_end}) {}

void GpcModule::connect(const std::vector<Tick>& detours) {
    to_l2.connect(core.to_l2, detours);
    to_mmu.connect([&](BlockId, Link<TranslationRequest> link, auto) { core.mmu.to_l3 = link; });
    to_front_end.connect([&](BlockId, Link<CtaDone> link, auto) { core.to_front_end = link; });
    faults.connect([&](BlockId, Link<FaultReport> link, auto) { core.faults = link; });
    to_sms.connect([&](BlockId, Link<BufferNews> link, auto) { core.to_sms = link; });
    to_gsp.connect([&](BlockId, Link<InstanceGone> link, auto) { core.to_gsp = link; });
}

std::vector<std::pair<std::string, const Statistics*>> GpcModule::statistics() const {
    return {{"", &core.stats}, {".mmu", &core.mmu.stats}};
}

SliceModule::SliceModule(const sc_core::sc_module_name& name, Windows& windows, const L2SliceSetup& setup,
                         const Wires& wires)
    : BlockModule(name),
      core(windows, setup),
      from_crossbar("from_crossbar", core.from_crossbar, core.id),
      from_peer("from_peer", core.from_peer, core.id),
      from_memory("from_memory", core.from_memory, core.id),
      from_home("from_home", core.from_home, core.id),
      clock_changes("clock_changes", core.clock_changes, core.id),
      instance_changes("instance_changes", core.instance_changes, core.id),
      to_crossbar("to_crossbar", windows, core.id, {wires.slice_to_cluster}),
      to_mmu("to_mmu", windows, core.id, {wires.mmu_to_slice}),
      to_memory("to_memory", windows, core.id,
                {wires.slice_to_channel, wires.channel_buffer, wires.channel_to_slice}),
      to_peer("to_peer", windows, core.id, {wires.partition_link, wires.peer_buffer, wires.partition_link}),
      to_near("to_near", windows, core.id, {wires.partition_link}),
      to_gsp("to_gsp", windows, core.id, {wires.front_end}) {}

void SliceModule::connect(const std::vector<Tick>& detours) {
    to_crossbar.connect(core.to_crossbar, detours);
    to_mmu.connect(core.to_crossbar);
    to_memory.connect(core.to_memory);
    to_peer.connect(core.to_peer);
    to_near.connect(core.to_near);
    to_gsp.connect([&](BlockId, Link<InstanceGone> link, auto) { core.to_gsp = link; });
}

ChannelModule::ChannelModule(const sc_core::sc_module_name& name, Windows& windows,
                             const MemoryParams& params, const ChannelSetup& setup, const Wires& wires)
    : BlockModule(name),
      core(windows, params, setup),
      from_l2("from_l2", core.from_l2, core.id),
      instance_changes("instance_changes", core.instance_changes, core.id),
      to_l2("to_l2", windows, core.id, {wires.channel_to_slice}) {}

MmuModule::MmuModule(const sc_core::sc_module_name& name, Windows& windows, const MmuSetup& setup,
                     const Wires& wires)
    : BlockModule(name),
      core(windows, setup),
      from_clusters("from_clusters", core.from_clusters, core.id),
      from_l2("from_l2", core.from_l2, core.id),
      clock_changes("clock_changes", core.clock_changes, core.id),
      instance_changes("instance_changes", core.instance_changes, core.id),
      to_clusters("to_clusters", windows, core.id, {wires.cluster_to_mmu}),
      to_l2("to_l2", windows, core.id, {wires.mmu_to_slice, wires.slice_buffer, wires.mmu_to_slice}),
      to_front_end("to_front_end", windows, core.id, {wires.front_end}),
      to_gsp("to_gsp", windows, core.id, {wires.front_end}) {}

void MmuModule::connect() {
    to_gsp.connect([&](BlockId, Link<InstanceGone> link, auto) { core.to_gsp = link; });
    to_clusters.connect(core.to_clusters);
    to_l2.connect(core.to_l2);
    to_front_end.connect([&](BlockId, Link<FaultReport> link, auto) { core.to_front_end = link; });
}

FrontEndModule::FrontEndModule(const sc_core::sc_module_name& name, Windows& windows,
                               const FrontEndParams& params, const Clock& clock,
                               const std::vector<SmSlots>& sms,
                               const std::vector<ComputeSms>& compute_instances, const Wires& wires)
    : BlockModule(name),
      core(windows, params, clock, sms, compute_instances, wires.sm_to_sm != 0),
      from_clusters("from_clusters", core.from_clusters, core.id),
      faults("faults", core.faults, core.id),
      clock_changes("clock_changes", core.clock_changes, core.id),
      tenant_changes("tenant_changes", core.tenant_changes, core.id),
      to_clusters("to_clusters", windows, core.id, {wires.front_end}),
      stops("stops", windows, core.id, {wires.front_end}),
      to_gsp("to_gsp", windows, core.id, {wires.front_end}) {}

void FrontEndModule::connect() {
    to_gsp.connect([&](BlockId, Link<TenantIdle> link, auto) { core.to_gsp = link; });
    to_clusters.connect(core.to_clusters);
    stops.connect(core.stops);
}

GspModule::GspModule(const sc_core::sc_module_name& name, Windows& windows,
                     std::map<InstanceId, InstanceBlocks> blocks, const Wires& wires)
    : BlockModule(name),
      core(windows, std::move(blocks)),
      from_front_end("from_front_end", core.from_front_end, core.id),
      from_blocks("from_blocks", core.from_blocks, core.id),
      to_front_end("to_front_end", windows, core.id, {wires.front_end}),
      to_blocks("to_blocks", windows, core.id, {wires.front_end}) {}

void GspModule::connect() {
    to_front_end.connect([&](BlockId, Link<TenantChange> link, auto) { core.to_front_end = link; });
    to_blocks.connect(core.to_blocks);
}

GovernorModule::GovernorModule(const sc_core::sc_module_name& name, Windows& windows, Tick effect,
                               const Wires& wires)
    : BlockModule(name), core(windows, effect), to_domain("to_domain", windows, core.id, {wires.front_end}) {}

void GovernorModule::connect() {
    to_domain.connect([&](BlockId to, Link<ClockChange> link, auto) {
        core.to_domain.add(to, link);
        core.domain.push_back(to);
    });
}

} // namespace migsim
