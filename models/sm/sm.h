// SPDX-License-Identifier: Apache-2.0
// One streaming multiprocessor: resident CTAs, or their warps apart, run staged programs; a load/store unit
// turns their accesses into lines, one per clock; the L1 answers or the line leaves through the SM's request
// port. A plain core: its GPC cluster brings it CTAs and replies, and carries its requests away.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/base/port.h"
#include "models/base/statistic.h"
#include "models/messages/cta.h"
#include "models/sm/l1_cache.h"
#include "models/sm/line_cursor.h"
#include "models/sm/sm_params.h"

namespace migsim {

// A line request at the SM's request port.
struct LineRequest {
    Cycle at;     // leaves the port
    Address line; // virtual
    std::uint32_t tag;
    std::uint16_t sm; // local to the cluster; the SM itself does not know it and leaves it 0
    SectorMask sectors;
    Operation operation;
    PageSize page;
    SpaceId space;
    InstanceId instance;
    TenantId tenant;
};

// Cycles that a line waited, by cause.
struct LineWaits {
    std::uint32_t crossbar, l2, memory, mmu;
};

struct LineReply { // what came back
    Cycle at;      // last byte in the SM
    std::uint32_t tag;
    SectorMask sectors;
    bool fault;
    LineWaits waits;
};

// What a CTA of a cluster is sent by another one.
struct FromPeer {
    Cycle at;
    std::uint32_t cluster;
    std::uint16_t to, from;  // ranks
    bool line;               // a multicast line that `from` asked for, or the news of a free buffer
    std::uint8_t flight;     // line: index into the iterations in flight, alike in all CTAs of a cluster
    std::uint32_t iteration; // news: first iteration whose buffer is not free
    Cycle issued;            // line: when `from` asked for it
    LineWaits waits;         // line
};

struct NewsOut { // a CTA has news for its cluster
    Cycle at;
    BufferNews news;
};

struct CtaEnd {
    Cycle at;
    std::uint32_t launch;
    std::uint32_t cluster; // 0: alone
    bool faulted;
    InstanceId instance;
    TenantId tenant;
    Tick dispatched;
    StallTime stalls; // in cycles
};

// Counted for all SMs of a cluster together.
struct SmStatistics {
    explicit SmStatistics(Statistics& s) : stats(s) {}
    Statistics& stats;
    Counter ctas{stats, "ctas", "CTAs", "run to their end"};
    Counter l1_lookups{stats, "l1_lookups", "lines", "load lines looked up in an L1"};
    Counter l1_hits{stats, "l1_hits", "lines", "found valid in L1"};
    Counter l1_merges{stats, "l1_merges", "lines", "found on their way to L1"};
    Counter l1_misses{stats, "l1_misses", "lines", "asked for beyond L1"};
    Counter l1_bypasses{stats, "l1_bypasses", "lines", "gpu-scope loads, which L1 may not serve"};
    Counter multicast_loads{stats, "multicast_loads", "lines", "asked for on behalf of a cluster of CTAs"};
    Counter stores{stats, "stores", "lines", "posted stores and atomics sent"};
    Counter lsu_stalls{stats, "lsu_stalls", "stalls",
                       "of a load/store unit on lines, stores or ways in flight"};
    PerTenant busy{stats, "compute_cycles", "cycles", "pipe cycles used, per tenant"};
};

class Sm {
public:
    Sm(const SmParams& params, std::uint32_t request_rate, std::uint32_t request_header, SmStatistics& stats);

    // Inputs, each in order of time, all before the run() that reaches them.
    void launch(Cycle at, const CtaLaunch& cta);
    void reply(const LineReply& reply);
    // From `at` on CTAs of the instance issue nothing more and end, faulted, when what is in flight is back.
    void stop(Cycle at, InstanceId instance);
    void from_peer(const FromPeer& message); // in any order; dropped where the CTA is gone

    // Everything before `end`; returns the earliest cycle of further work of its own, `never` if none.
    Cycle run(Cycle end, std::vector<LineRequest>& requests, std::vector<CtaEnd>& ends,
              std::vector<NewsOut>& news);
    Cycle next() const;
    void fetch_ahead() const; // speed alone: shortly before run()

    // Whether a tag is of a posted store or atomic, whose reply is its acknowledgement, or of a load.
    static bool is_store(std::uint32_t tag) { return tag & store_tag; }

    static bool is_multicast(std::uint32_t tag) {
        return (tag & (store_tag | multicast_tag)) == multicast_tag;
    }
    // What the other CTAs of the cluster learn of a multicast line, before its reply is taken; without `at`,
    // `to` and `waits`.
    FromPeer multicast(std::uint32_t tag) const;

    // Whose request a tag is, before its reply is taken. A posted store may outlive its strand; then it is
    // the slot's.
    const CtaLaunch& asker(std::uint32_t tag) const {
        return strands_[is_store(tag) ? tag & 0xff : records_[tag & 0xffff].strand].launch;
    }

    std::uint32_t resident() const { return resident_; }
    std::uint32_t lines_in_flight() const {
        return static_cast<std::uint32_t>(records_.size() - free_records_.size());
    }
    // Nothing runs and nothing is under way, posted stores included.
    bool quiet() const { return resident_ == 0 && stores_in_flight_ == 0 && lines_in_flight() == 0; }
    Cycle last_reply() const { return last_reply_; }

private:
    static constexpr std::uint32_t max_depth = 8;
    static constexpr std::uint32_t store_tag = std::uint32_t{1}
                                               << 31; // acknowledgement: | generation << 8 | slot
    static constexpr std::uint32_t multicast_tag = std::uint32_t{1} << 23; // load: | record

    enum class Phase : std::uint8_t { Free, Start, Loads, Stages, Fencing, Ending };
    enum class Stall : std::uint8_t { None, Load, Store }; // the reply that lets the load/store unit go on
    struct InFlight {              // one iteration whose loads have been handed to the load/store unit
        std::uint32_t pending = 0; // accesses not fully issued + lines not back
        Cycle ready = 0;           // data of all lines so far
        Cycle issued = 0;          // issue of the line that was last to be ready
        LineWaits last{};          // and what it waited for
    };
    struct Cta {                   // resident
        std::uint32_t strands = 0; // that have not ended; 0: free
        bool stopped = false;
        StallTime stalls; // of the strands that have
    };
    // A warp, or all warps of a CTA in step.
    struct Strand {
        Phase phase = Phase::Free;
        bool stopped = false;
        bool waiting = false;         // for loads, since blocked_since
        bool loads = false;           // the program has a load stage
        bool multicasts = false;      // and one of them is a multicast
        std::uint16_t generation = 0; // of the slot: tells a strand from the one before it
        std::uint16_t stage = 0;
        std::uint8_t cta = 0;
        std::uint8_t warp = 0;
        std::uint32_t front = 0;    // next iteration whose loads go to the load/store unit
        std::uint32_t back = 0;     // iteration that computes
        std::uint32_t shared = 0;   // next iteration whose multicast loads go to the load/store unit
        std::uint32_t lines = 0;    // loads in flight
        std::uint32_t stores = 0;   // not acknowledged
        std::uint32_t accesses = 0; // in the load/store unit's queue
        Cycle blocked_since = 0;
        CtaLaunch launch{};
        StallTime stalls;
        std::array<InFlight, max_depth> flight;
    };
    struct Member { // a resident CTA that is one of a cluster
        std::uint32_t cluster;
        std::uint16_t rank;
        std::uint8_t slot;
        // By rank: iterations whose buffers are known to be free there.
        std::array<std::uint32_t, max_cluster> free;
    };
    struct Issue { // one access in the load/store unit's queue
        Cycle at;
        std::uint32_t iteration;
        std::uint16_t stage;
        std::uint8_t strand;
        std::uint8_t flight; // index into Strand::flight, for loads
    };
    struct Record { // a load in flight beyond L1
        Cycle issued;
        std::uint16_t entry; // of L1; none for a gpu-scope or multicast load, which has one waiter only
        std::uint8_t strand, flight;
    };
    struct Waiter { // of an L1 entry
        std::uint16_t next;
        SectorMask need;
        std::uint8_t strand, flight;
    };

    void take_launch(Cycle at, const CtaLaunch& cta);
    void take_reply(const LineReply& reply);
    void take_stop(Cycle at, InstanceId instance);
    void end(Strand& strand, Cycle now, std::vector<CtaEnd>& ends);
    void advance(std::uint8_t slot, Cycle now, std::vector<CtaEnd>& ends, std::vector<NewsOut>& news);
    void hand_loads(std::uint8_t slot, Cycle now, std::vector<NewsOut>& news);
    void hand_multicasts(std::uint8_t slot, Cycle now);
    void take_from_peer(const FromPeer& message);
    Member* member(std::uint32_t cluster, std::uint16_t rank);
    static LineCursor shared_lines(const Strand& strand, const Access& access, std::uint32_t iteration);
    void line_ready(std::uint8_t slot, std::uint8_t flight, Cycle ready, Cycle issued,
                    const LineWaits& waits);
    void part_done(std::uint8_t slot, std::uint8_t flight);
    void end_if_stopped(std::uint8_t slot, Cycle now);
    void book_stall(Strand& strand, const InFlight& flight, Cycle until) const;

    Cycle next_input() const;
    Cycle lsu_next() const { return std::max(lsu_free_, queue_.front().at); }
    void issue(Cycle until, std::vector<LineRequest>& requests);
    bool issue_load(const Issue& op, const Line& line, Cycle now, std::vector<LineRequest>& requests);
    bool issue_store(const Issue& op, const Line& line, Cycle now, std::vector<LineRequest>& requests);
    void send(const Issue& op, const Line& line, Cycle now, std::uint32_t tag, Operation operation,
              std::vector<LineRequest>& requests);
    void add_waiter(L1Cache::Entry& entry, SectorMask need, const Issue& op);
    void schedule(std::uint8_t slot, Cycle at);

    const SmParams& params_;
    std::uint32_t header_;
    SmStatistics& stats_;
    Port request_port_;
    L1Cache l1_;

    std::vector<Cta> ctas_;
    std::uint32_t resident_ = 0, busy_strands_ = 0;
    std::vector<Strand> strands_;
    std::vector<std::uint64_t>
        events_; // heap of cycle << 24 | generation << 8 | slot: when each strand goes on

    template <class T>
    struct Fifo { // grows, never shrinks; head index instead of erasing
        std::vector<T> items;
        std::size_t head = 0;
        bool empty() const { return head == items.size(); }
        T& front() { return items[head]; }
        const T& front() const { return items[head]; }
        void push(const T& item) { items.push_back(item); }
        void pop() {
            if (++head == items.size()) {
                items.clear();
                head = 0;
            }
        }
    };
    struct Stop {
        Cycle at;
        InstanceId instance;
    };
    struct Launch {
        Cycle at;
        CtaLaunch cta;
    };
    Fifo<Launch> launches_;
    Fifo<LineReply> replies_;
    Fifo<Stop> stops_;
    Fifo<FromPeer> from_peers_;
    std::vector<Member> members_;
    Fifo<Issue> queue_; // of the load/store unit
    LineCursor cursor_; // of the queue's head
    bool cursor_open_ = false;
    Stall blocked_ = Stall::None;
    Cycle lsu_free_ = 0;

    std::vector<Record> records_;
    std::vector<std::uint16_t> free_records_;
    std::vector<Waiter> waiters_;
    std::uint16_t free_waiter_ = L1Cache::none;
    std::uint32_t stores_in_flight_ = 0;
    Cycle last_reply_ = 0;
    std::array<Port, pipe_count> pipes_; // operations in place of bytes
};

} // namespace migsim
