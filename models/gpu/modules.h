// SPDX-License-Identifier: Apache-2.0
// The blocks as SystemC modules: each holds its core, exports its inboxes, and turns its bound ports into the
// core's links when elaboration ends. Nothing else happens here.
#pragma once

#include <utility>
#include <vector>

#include "models/front_end/front_end.h"
#include "models/gpu/gpc_cluster.h"
#include "models/gpu/ports.h"
#include "models/gsp/gsp.h"
#include "models/l2/l2_slice.h"
#include "models/memory/channel.h"
#include "models/mmu/walker_hub.h"
#include "models/power/governor.h"

namespace migsim {

// What reporters look for when they walk the module tree.
class BlockModule : public sc_core::sc_module {
public:
    using sc_module::sc_module;
    virtual std::vector<std::pair<std::string, const Statistics*>> statistics() const = 0;
    virtual const Block& block() const = 0;
};

// All wires of one chip, in ps at its nominal clock.
struct Wires {
    Tick cluster_to_slice, slice_to_cluster;
    Tick slice_to_channel, channel_to_slice;
    Tick partition_link;
    Tick cluster_to_mmu, mmu_to_slice;
    Tick front_end;
    Tick sm_to_sm; // 0: none
    unsigned slice_buffer, peer_buffer, channel_buffer;
};

class GpcModule final : public BlockModule {
public:
    GpcModule(const sc_core::sc_module_name& name, Windows& windows, const ClusterSetup& setup,
              const Wires& wires);
    std::vector<std::pair<std::string, const Statistics*>> statistics() const override;
    const Block& block() const override { return core; }

    GpcCluster core;
    Receiver<CtaLaunch> from_front_end;
    Receiver<StopInstance> stops;
    Receiver<ClockChange> clock_changes;
    Receiver<InstanceChange> instance_changes;
    Receiver<MemoryResponse> from_l2;
    Receiver<TranslationResponse> from_mmu;
    Receiver<BufferNews> from_sms;
    Sender<MemoryRequest> to_l2;
    Sender<TranslationRequest> to_mmu;
    Sender<CtaDone> to_front_end;
    Sender<FaultReport> faults;
    Sender<BufferNews> to_sms;
    Sender<InstanceGone> to_gsp;

    void connect(const std::vector<Tick>& detours); // to each slice
};

class SliceModule final : public BlockModule {
public:
    SliceModule(const sc_core::sc_module_name& name, Windows& windows, const L2SliceSetup& setup,
                const Wires& wires);
    std::vector<std::pair<std::string, const Statistics*>> statistics() const override {
        return {{"", &core.stats}};
    }
    const Block& block() const override { return core; }

    L2Slice core;
    Receiver<MemoryRequest> from_crossbar, from_peer;
    Receiver<ChannelResponse> from_memory;
    Receiver<MemoryResponse> from_home;
    Receiver<ClockChange> clock_changes;
    Receiver<InstanceChange> instance_changes;
    Sender<MemoryResponse> to_crossbar, to_mmu;
    Sender<ChannelRequest> to_memory;
    Sender<MemoryRequest> to_peer;
    Sender<MemoryResponse> to_near;
    Sender<InstanceGone> to_gsp;

    void connect(const std::vector<Tick>& detours); // to each GPC
};

class ChannelModule final : public BlockModule {
public:
    ChannelModule(const sc_core::sc_module_name& name, Windows& windows, const MemoryParams& params,
                  const ChannelSetup& setup, const Wires& wires);
    std::vector<std::pair<std::string, const Statistics*>> statistics() const override {
        return {{"", &core.stats}};
    }
    const Block& block() const override { return core; }

    Channel core;
    Receiver<ChannelRequest> from_l2;
    Receiver<InstanceChange> instance_changes;
    Sender<ChannelResponse> to_l2;

    void connect() { to_l2.connect(core.to_l2); }
};

class MmuModule final : public BlockModule {
public:
    MmuModule(const sc_core::sc_module_name& name, Windows& windows, const MmuSetup& setup,
              const Wires& wires);
    std::vector<std::pair<std::string, const Statistics*>> statistics() const override {
        return {{"", &core.stats}};
    }
    const Block& block() const override { return core; }

    Mmu core;
    Receiver<TranslationRequest> from_clusters;
    Receiver<MemoryResponse> from_l2;
    Receiver<ClockChange> clock_changes;
    Receiver<InstanceChange> instance_changes;
    Sender<TranslationResponse> to_clusters;
    Sender<MemoryRequest> to_l2;
    Sender<FaultReport> to_front_end;
    Sender<InstanceGone> to_gsp;

    void connect();
};

class FrontEndModule final : public BlockModule {
public:
    FrontEndModule(const sc_core::sc_module_name& name, Windows& windows, const FrontEndParams& params,
                   const Clock& clock, const std::vector<SmSlots>& sms,
                   const std::vector<ComputeSms>& compute_instances, const Wires& wires);
    std::vector<std::pair<std::string, const Statistics*>> statistics() const override {
        return {{"", &core.stats}};
    }
    const Block& block() const override { return core; }

    FrontEnd core;
    Receiver<CtaDone> from_clusters;
    Receiver<FaultReport> faults;
    Receiver<ClockChange> clock_changes;
    Receiver<TenantChange> tenant_changes;
    Sender<CtaLaunch> to_clusters;
    Sender<StopInstance> stops;
    Sender<TenantIdle> to_gsp;

    void connect();
};

class GspModule final : public BlockModule {
public:
    GspModule(const sc_core::sc_module_name& name, Windows& windows,
              std::map<InstanceId, InstanceBlocks> blocks, const Wires& wires);
    std::vector<std::pair<std::string, const Statistics*>> statistics() const override {
        return {{"", &core.stats}};
    }
    const Block& block() const override { return core; }

    Gsp core;
    Receiver<TenantIdle> from_front_end;
    Receiver<InstanceGone> from_blocks;
    Sender<TenantChange> to_front_end;
    Sender<InstanceChange> to_blocks;

    void connect();
};

class GovernorModule final : public BlockModule {
public:
    GovernorModule(const sc_core::sc_module_name& name, Windows& windows, Tick effect, const Wires& wires);
    std::vector<std::pair<std::string, const Statistics*>> statistics() const override {
        return {{"", &core.stats}};
    }
    const Block& block() const override { return core; }

    Governor core;
    Sender<ClockChange> to_domain;

    void connect();
};

} // namespace migsim
