// SPDX-License-Identifier: Apache-2.0
#include "models/gsp/gsp.h"

#include <algorithm>
#include <utility>

namespace migsim {

Gsp::Gsp(Windows& windows, std::map<InstanceId, InstanceBlocks> blocks)
    : id(windows.add(*this)),
      from_front_end(windows, id),
      from_blocks(windows, id),
      windows_(windows),
      blocks_(std::move(blocks)) {}

void Gsp::start(std::vector<GspStep> steps) {
    steps_ = std::move(steps);
    if (steps_.empty()) return;
    due_ = steps_.front().at;
    windows_.wake(id, due_, windows_.lane(id));
}

Tick Gsp::turn(Tick end) {
    const auto idle = from_front_end.take();
    const auto gone = from_blocks.take();
    for (std::size_t i = 0, g = 0;;) {
        const Tick answer =
            std::min(i < idle.size() ? idle[i].time : never, g < gone.size() ? gone[g].time : never);
        const Tick now = std::min(answer, due_);
        if (now >= end) return due_;
        if (now == answer) {
            (i < idle.size() && idle[i].time == now ? i : g) += 1;
            if (--awaited_ == 0) go_on(now);
        } else {
            due_ = never;
            go_on(now);
        }
    }
}

// The stage under way is over: on to the first that has something to wait for.
void Gsp::go_on(Tick now) {
    const GspStep& step = steps_[step_];
    switch (stage_) {
    case Stage::Begin:
        records_.push_back({.begun = now});
        stage_ = Stage::Drain;
        for (const TenantChange& change : step.drain) to_front_end->send(now, change);
        drained += step.drain.size();
        awaited_ = step.drain.size();
        if (awaited_) return;
        [[fallthrough]];
    case Stage::Drain:
        records_.back().drained = now;
        stage_ = Stage::Quiesce;
        tell(now, InstanceChange::Kind::Destroy, step.destroy, &InstanceBlocks::clusters);
        if (awaited_) return;
        [[fallthrough]];
    case Stage::Quiesce:
        stage_ = Stage::Flush;
        tell(now, InstanceChange::Kind::Destroy, step.destroy, &InstanceBlocks::l2);
        if (awaited_) return;
        [[fallthrough]];
    case Stage::Flush:
        stage_ = Stage::Destroy;
        due_ = std::max(now, records_.back().drained + step.destroy_time);
        return;
    case Stage::Destroy:
        records_.back().destroyed = now;
        destroyed += step.destroy.size();
        stage_ = Stage::Create;
        due_ = now + step.create_time;
        return;
    case Stage::Create:
        for (const auto who : {&InstanceBlocks::clusters, &InstanceBlocks::l2, &InstanceBlocks::channels})
            tell(now, InstanceChange::Kind::Create, step.create, who);
        awaited_ = 0; // nobody answers
        records_.back().created = now;
        created += step.create.size();
        stage_ = Stage::StartUp;
        due_ = now + step.start_up_time;
        return;
    case Stage::StartUp:
        for (const TenantChange& change : step.resume) to_front_end->send(now, change);
        resumed += step.resume.size();
        records_.back().started = now;
        stage_ = Stage::Begin;
        if (++step_ < steps_.size()) due_ = std::max(now, steps_[step_].at);
        return;
    }
}

void Gsp::tell(Tick now, InstanceChange::Kind kind, const std::vector<InstanceId>& instances,
               std::vector<BlockId> InstanceBlocks::*who) {
    awaited_ = 0;
    for (const InstanceId instance : instances)
        for (const BlockId block : blocks_.at(instance).*who) {
            to_blocks[block].send(now, {kind, instance});
            ++awaited_;
        }
}

std::vector<Wait> Gsp::waits() const {
    if (!awaited_) return {};
    return {{"step " + std::to_string(step_),
             stage_ == Stage::Drain ? "tenants to drain" : "blocks to let go", TenantId{}, awaited_}};
}

} // namespace migsim
