// SPDX-License-Identifier: Apache-2.0
// One HBM pseudo channel with its controller: FR-FCFS over a finite queue, posted writes drained in batches,
// refresh. Row commands (activate, precharge, refresh) and column commands (the bursts of one line as a unit)
// have a bus each, as in HBM, and are chosen independently, cycle by cycle. Surprising: one request's row
// work and data may lie far apart, but what is decided for a cycle rests only on what had reached the
// scheduler by then; so windows of any length give the same commands.
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
#include "models/memory/memory_params.h"
#include "models/memory/refresh_schedule.h"
#include "models/memory/request_queue.h"
#include "models/memory/row_map.h"

namespace migsim {

// A command on the DRAM's pins, for whoever wants to see them.
struct IssuedCommand {
    Cycle at;
    DramCommand command;
    std::uint8_t bank;
    std::uint32_t row;
    std::uint32_t line; // of a read or write
};

struct ChannelSetup {
    Cycle refresh_phase =
        0;               // begin of the first refresh round: channels that refresh in step all pause at once
    bool enforce = true; // off only where a test asks who else would notice
};

class Channel final : public Block {
public:
    Channel(Windows& windows, const MemoryParams& params, ChannelSetup setup = {});

private:
    Windows& windows_;

public:
    const BlockId id;

    // A credit covers a place in the channel, from the arrival of a request until its bursts are issued.
    Inbox<ChannelRequest> from_l2;
    Links<ChannelResponse> to_l2; // one for each slice: the answers to its reads
    void set_credits(BlockId slice, std::shared_ptr<Credits> credits);

    void set_owner(std::optional<InstanceId> owner) { owner_ = owner; } // none: every instance

    Tick turn(Tick end) override;
    std::vector<Wait> waits() const override;
    // From now on every command is appended to `commands`, row commands and column commands each in order of
    // time.
    void trace(std::vector<IssuedCommand>* commands) { trace_ = commands; }

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
    static constexpr std::uint32_t closed = 0xffffffff; // no row is open

    struct Ingress {
        Cycle since; // arrival
        std::uint16_t source;
        ChannelRequest request;
    };
    // When the bursts of a line are commanded, counted from the first, by the sectors to be moved.
    struct Bursts {
        std::uint8_t banks = 0;               // of the pair, two bits
        std::uint8_t count = 0;               // of bursts
        std::array<std::uint8_t, 4> sector{}; // by sector
        std::array<std::uint8_t, 2> first{};  // by bank of the pair
        std::array<std::uint8_t, 2> last{};   // by bank of the pair
        std::uint8_t end = 0;                 // the last of all
        std::uint16_t unloaded = 0;           // a read that finds its banks closed: arrival to departure
    };
    static std::array<Bursts, 16> bursts(const MemoryParams& params);

    // In order, at one cycle: requests enter the queues, a refresh falls due, a line is moved, a row command
    // is given.
    void step(Cycle now);
    Cycle next() const;
    bool idle() const { return ingress_.empty() && queues_[0].empty() && queues_[1].empty(); }

    void enter(const Ingress& ingress, Cycle now);
    std::optional<unsigned> queued_write(std::uint32_t line, RowPlace place);
    bool enlist(RequestQueue& queue, unsigned at, unsigned banks);
    void give_back(std::uint16_t source, Tick at);
    void refuse(const Ingress& ingress, Cycle now);
    void forward(const Ingress& ingress, Cycle now);

    void move_line(Cycle now);
    bool should_turn(Cycle now);
    void turn_around();
    void enforce_age(Cycle now);
    Cycle ready(const QueuedRequest& request) const;
    void issue_line(unsigned at, Cycle now);
    void respond(const QueuedRequest& request, Tick departure);

    void give_row_command(Cycle now);
    void refresh_due();
    bool refresh(Cycle now);
    bool activate(RequestQueue& queue, Cycle now);
    bool precharge(RequestQueue& queue, Cycle now);
    void close(unsigned bank, Cycle now);
    void record(Cycle at, DramCommand command, unsigned bank, std::uint32_t row, std::uint32_t line = 0);
    void review(unsigned pair);
    void review_queue(RequestQueue& queue, unsigned pair);
    void review_all();

    RequestQueue& current() { return queues_[writing_]; }
    DramCommand column() const { return writing_ ? DramCommand::Write : DramCommand::Read; }
    static bool over_age(RequestQueue& queue, Cycle cap, Cycle now);

    MemoryParams params_;
    Clock clock_;
    RowMap map_;
    BankTiming timing_;
    RefreshSchedule schedule_;
    const std::array<Bursts, 16> bursts_;
    const Cycle front_end_, read_tail_; // arrival to queue; last read command to departure
    const bool enforce_;
    std::optional<InstanceId> owner_;
    std::vector<std::shared_ptr<Credits>> credits_; // by block
    std::vector<IssuedCommand>* trace_ = nullptr;

    boost::circular_buffer<Ingress> ingress_;
    std::array<RequestQueue, 2> queues_;          // reads, writes
    std::array<std::uint8_t, 256> write_lines_{}; // queued writes by the low bits of their line: mostly none
    std::vector<std::uint32_t> rows_;             // open row of each bank
    bool writing_ = false;
    const unsigned batch_;         // lines moved before those that wait the other way get their turn
    unsigned run_ = batch_;        // lines moved since the last turnaround
    Set over_age_ = 0;             // the oldest request, once row hits may no longer pass it
    Set refreshing_ = 0;           // banks (a mask) whose refresh is due: no activates
    bool refresh_overdue_ = false; // no row hits either
    Cycle now_ = 0;
    Cycle move_at_ = never; // when a line, or a row command, may next be possible
    Cycle row_at_ = never;
};

} // namespace migsim
