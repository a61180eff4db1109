// SPDX-License-Identifier: Apache-2.0
// The GSP (GPU System Processor), whose firmware makes and destroys instances while others work. It carries
// out steps, one after another, and each in order: tenants drain, instances end, instances are made, tenants
// start up in them. Surprising: how long a step takes is not known before, since it waits for the last
// request of those it drains and for the last line that their L2 slices write back.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "models/base/links.h"
#include "models/base/statistic.h"
#include "models/messages/instance_change.h"

namespace migsim {

// The blocks that have a part of an instance.
struct InstanceBlocks {
    std::vector<BlockId> clusters; // of its SMs
    std::vector<BlockId> l2;       // its slices and the MMU, which must find the clusters quiet
    std::vector<BlockId> channels;
};

struct GspStep {
    Tick at = 0; // or when the step before is done, if that is later
    std::vector<TenantChange> drain;
    std::vector<InstanceId> destroy;
    Tick destroy_time = 0; // at least, from when the tenants are drained
    std::vector<InstanceId> create;
    Tick create_time = 0;
    std::vector<TenantChange> resume;
    Tick start_up_time = 0;
};

// When each part of a step was done; `never` while it is not.
struct GspRecord {
    Tick begun = never, drained = never, destroyed = never, created = never, started = never;
};

class Gsp final : public Block {
public:
    Gsp(Windows& windows, std::map<InstanceId, InstanceBlocks> blocks);

    const BlockId id;
    Inbox<TenantIdle> from_front_end;
    Inbox<InstanceGone> from_blocks;
    std::optional<Link<TenantChange>> to_front_end;
    Links<InstanceChange> to_blocks;

    // Before the run.
    void start(std::vector<GspStep> steps);
    const std::vector<GspRecord>& records() const { return records_; } // of the steps begun

    Statistics stats;
    Counter drained{stats, "tenants_drained", "tenants", "that had to begin no more requests"};
    Counter destroyed{stats, "instances_destroyed", "instances", "of which no block has anything any more"};
    Counter created{stats, "instances_created", "instances", "during the run"};
    Counter resumed{stats, "tenants_resumed", "tenants", "that went on in another instance"};

    Tick turn(Tick end) override;
    std::vector<Wait> waits() const override;

private:
    enum class Stage : std::uint8_t { Begin, Drain, Quiesce, Flush, Destroy, Create, StartUp };

    void go_on(Tick now);
    void tell(Tick now, InstanceChange::Kind kind, const std::vector<InstanceId>& instances,
              std::vector<BlockId> InstanceBlocks::*who);

    Windows& windows_;
    const std::map<InstanceId, InstanceBlocks> blocks_;
    std::vector<GspStep> steps_;
    std::size_t step_ = 0;
    Stage stage_ = Stage::Begin; // that is under way, or waits for its time
    std::size_t awaited_ = 0;    // answers
    Tick due_ = never;           // when a stage that takes its time is over
    std::vector<GspRecord> records_;
};

} // namespace migsim
