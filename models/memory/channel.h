// SPDX-License-Identifier: Apache-2.0
// One HBM pseudo channel with its controller: FR-FCFS over a finite queue, posted writes drained in batches,
// refresh. Row commands and column commands have a bus each, as in HBM, and are chosen independently: what
// opens a row for a request and what moves its bytes may lie far apart. The bursts of a line are commanded as
// a unit. Surprising: what is decided for a cycle rests only on what had reached the scheduler by then,
// whatever the window.
#pragma once

#include <array>
#include <boost/circular_buffer.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "models/base/clock.h"
#include "models/base/links.h"
#include "models/base/statistic.h"
#include "models/memory/bank_timing.h"
#include "models/memory/line_bursts.h"
#include "models/memory/memory_params.h"
#include "models/memory/request_queues.h"
#include "models/memory/row_map.h"
#include "models/memory/row_scheduler.h"
#include "models/messages/instance_change.h"

namespace migsim {

struct ChannelSetup {
    Cycle refresh_phase =
        0;               // begin of the first refresh round: channels that refresh in step all pause at once
    bool enforce = true; // off only where a test asks who else would notice
};

class Channel final : public Block {
public:
    Channel(Windows& windows, const MemoryParams& params, ChannelSetup setup = {});

    const BlockId id;

    // A credit covers a place in the channel, from the arrival of a request until its bursts are commanded.
    Inbox<ChannelRequest> from_l2;
    Inbox<InstanceChange> instance_changes;
    Links<ChannelResponse> to_l2; // one for each slice: the answers to its reads
    void set_credits(BlockId slice, std::shared_ptr<Credits> credits);

    void set_owner(std::optional<InstanceId> owner) { owner_ = owner; } // none: every instance

    Tick turn(Tick end) override;
    void fetch_ahead(unsigned turns_before) const override;
    std::vector<Wait> waits() const override;

    // From now on every command is appended here, row commands and column commands each in order of time.
    void trace(std::vector<IssuedCommand>& commands) { trace_.start(commands); }

    Statistics stats;
    PerTenant reads{stats, "reads", "requests", "reads accepted"};
    PerTenant writes{stats, "writes", "requests", "posted writes accepted"};
    PerTenant bytes{stats, "bytes", "B", "moved on the data bus"};
    Counter row_hits{stats, "row_hits", "lines", "moved without an activate of their own"};
    Counter row_misses{stats, "row_misses", "lines", "moved after an activate of a closed bank"};
    Counter row_conflicts{stats, "row_conflicts", "lines", "moved after a precharge and an activate"};
    Counter forwarded{stats, "forwarded", "requests", "reads answered in full from the write queue"};
    Counter combined{stats, "combined", "requests", "writes that joined a queued write to the same line"};
    Counter activates{stats, "activates", "commands", "rows opened"};
    Counter refreshes{stats, "refreshes", "commands", "refreshes done"};
    Counter turnarounds{stats, "turnarounds", "turns", "changes between reading and writing"};
    PerTenant queue_wait{stats, "queue_wait", "ps",
                         "read latency beyond that of an idle channel with closed rows"};
    Counter busy{stats, "busy", "ps", "data on the bus"};
    Counter foreign_drops{stats, "foreign_drops", "requests",
                          "refused: not of the instance that owns the channel"};

private:
    using Set = RequestQueue::Set;

    struct Ingress {
        Cycle since; // arrival
        std::uint16_t source;
        bool foreign; // of another instance than owned the channel on arrival
        ChannelRequest request;
    };

    // In order, at one cycle: requests enter the queues, refreshes fall due, a line is moved, rows are opened
    // or closed.
    void step(Cycle now);
    Cycle next() const;
    bool may_enter(Cycle now) const {
        return !ingress_.empty() && ingress_.front().since + front_end_ <= now &&
               !queues_[ingress_.front().request.write].full();
    }

    void enter(const Ingress& ingress, Cycle now);
    void refuse(const Ingress& ingress, Cycle now);
    void forward(const Ingress& ingress, Cycle now);
    std::optional<unsigned> queued_write(std::uint32_t line, RowPlace place);
    void enlist(RequestQueue& queue, unsigned at, unsigned banks);
    void give_back(std::uint16_t source, Tick at);

    void move_line(Cycle now);
    bool should_turn(Cycle now);
    void turn_around();
    Cycle ready(const QueuedRequest& request) const;
    void issue_line(unsigned at, Cycle now);
    void command_bursts(const QueuedRequest& request, Cycle now);
    void respond(const QueuedRequest& request, Tick departure);
    void rows_opened(unsigned pair);

    const MemoryParams params_;
    const Clock clock_;
    const RowMap map_;
    const LineBurstTable bursts_;
    const Cycle front_end_, read_tail_; // arrival to queue; last read command to departure
    const unsigned batch_;              // lines moved before those that wait the other way get their turn
    const bool enforce_;
    std::optional<InstanceId> owner_;
    std::vector<std::shared_ptr<Credits>> credits_; // by block
    CommandTrace trace_;

    boost::circular_buffer<Ingress> ingress_;
    RequestQueues queues_;
    std::array<std::uint8_t, 256> write_lines_{}; // queued writes by the low bits of their line: mostly none
    BankTiming timing_;
    RowScheduler rows_;
    unsigned run_; // lines moved since the last turnaround
    Cycle now_ = 0;
    Cycle move_at_ = never, row_at_ = 0; // before these no line can be moved, no row command given
};

} // namespace migsim
