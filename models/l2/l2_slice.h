// SPDX-License-Identifier: Apache-2.0
// One slice of the L2 cache: tags, data port, MSHRs, and the link to its pair in the other L2 partition, for
// whose lines it keeps read-only near copies. Two streams, crossbar and peer, share one lookup port in order
// of arrival; each holds its own head of line back, and the peer's never waits for the crossbar's.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <span>

#include "models/address/address_map.h"
#include "models/base/clock.h"
#include "models/base/links.h"
#include "models/base/statistic.h"
#include "models/l2/mshr.h"
#include "models/l2/ring.h"
#include "models/l2/tag_array.h"
#include "models/messages/cta.h"
#include "models/messages/instance_change.h"

namespace migsim {

struct L2SliceParams : Params {
    using Params::Params;
    Param<std::uint32_t> sets{this, "sets", "sets", "sets of one slice; any number", {1, 1 << 20}};
    Param<std::uint32_t> ways{this, "ways", "lines", "lines per set", {1, LineSet::max_ways}};
    Param<Replacement> replacement{this, "replacement", "policy", "which line of a full set gives way"};
    Param<std::uint32_t> tag_cycles{this,
                                    "tag_cycles",
                                    "cycles",
                                    "from arrival to the tag decision, when a miss leaves the slice",
                                    {1, 1000}};
    Param<std::uint32_t> data_cycles{this,
                                     "data_cycles",
                                     "cycles",
                                     "from a hit's decision or a fill's arrival to the response's departure",
                                     {1, 1000}};
    Param<std::uint32_t> read_port{
        this, "read_port", "B/cycle", "data to the crossbar; a response takes at least one cycle", {8, 1024}};
    Param<std::uint32_t> write_port{
        this, "write_port", "B/cycle", "data of writes and atomics in", {8, 1024}};
    Param<std::uint32_t> link_port{
        this,
        "link_port",
        "B/cycle",
        "data to the paired slice, of requests and of responses each; a message takes at least one cycle",
        {8, 1024}};
    Param<std::uint32_t> backlog{
        this, "backlog", "cycles", "how far lookups may run ahead of a busy response port", {0, 1000}};
    Param<std::uint32_t> mshrs{this, "mshrs", "lines", "lines being fetched at once", {2, 16384}};
    Param<std::uint32_t> peer_mshrs{
        this, "peer_mshrs", "lines", "MSHRs kept free for requests of the paired slice", {1, 16383}};
    Param<std::uint32_t> waiters{this, "waiters", "requests", "requests that one MSHR holds", {1, 255}};
    Param<std::uint32_t> write_buffer{this,
                                      "write_buffer",
                                      "lines",
                                      "evicted lines that may wait for their channel before lookups stop",
                                      {1, 16384}};
    Param<std::uint32_t> link_buffer{this,
                                     "link_buffer",
                                     "requests",
                                     "requests that may wait for the partition link before lookups stop",
                                     {1, 16384}};
    Param<std::uint32_t> atomic_cycles{
        this, "atomic_cycles", "cycles", "between two atomics to the same line", {1, 1000}};
    Param<std::uint32_t> row_lines{
        this,
        "row_lines",
        "lines",
        "lines of a DRAM row: dirty ones are written back with an evicted one of their row; 0: off",
        {0, 64}};
};

struct L2SliceSetup {
    const L2SliceParams& params;
    const AddressMap& map; // outlives the slice
    Clock clock;
    std::uint16_t slice;             // its number in the map
    std::optional<InstanceId> owner; // none: serves every instance
    bool wall = true;                // false, for tests of the monitor: foreign requests are served
    std::map<InstanceId, const AddressMap*> later{}; // from the creation of an owner during the run on
};

class L2Slice final : public Block {
public:
    L2Slice(Windows& windows, const L2SliceSetup& setup);

private:
    Clock clock_;

public:
    const BlockId id;
    Inbox<MemoryRequest> from_crossbar; // of GPC clusters and the MMU
    Inbox<MemoryRequest> from_peer;     // the paired slice: lines homed here, and Invalidate
    Inbox<ChannelResponse> from_memory;
    Inbox<MemoryResponse> from_home; // the paired slice's answers
    Inbox<ClockChange> clock_changes;
    Inbox<InstanceChange> instance_changes; // of its owner
    Links<MemoryResponse> to_crossbar;      // requesters keep room for what they ask for: no credits
    Links<ChannelRequest> to_memory;        // credits
    Links<MemoryRequest> to_peer;           // credits
    Links<MemoryResponse> to_near;          // like to_crossbar
    std::optional<Link<InstanceGone>> to_gsp;

    // Wiring. Requests of `sender` occupy a buffer here until their lookup: its credits go back then.
    void admit(BlockId sender, std::shared_ptr<Credits> credits);
    void connect_channel(std::uint16_t channel, BlockId block);
    // Only between slices that are to be in a region that lies in both partitions.
    void pair(std::uint16_t slice, BlockId block);

    Statistics stats;
    Counter requests{stats, "requests", "requests",
                     "taken from the crossbar and the paired slice, invalidations apart"};
    Counter responses{stats, "responses", "responses", "sent to the crossbar and the paired slice"};
    Counter lookups{stats, "lookups", "requests", "that were served here: hits and misses"};
    PerTenant home_hits{stats, "home_hits", "requests",
                        "found all their sectors, or a write its line, at home"};
    PerTenant copy_hits{stats, "copy_hits", "requests", "found all their sectors in a near copy"};
    PerTenant misses{stats, "misses", "requests", "lacked a sector, or a write its line"};
    Counter sector_misses{stats, "sector_misses", "requests",
                          "misses of reads and atomics whose line was there"};
    Counter merges{stats, "merges", "requests", "misses that joined a fetch on its way"};
    Counter passed_on{stats, "passed_on", "requests",
                      "writes, atomics and gpu-scope reads sent on to their home"};
    Counter atomics{stats, "atomics", "requests", "performed here"};
    Counter evictions{stats, "evictions", "lines", "driven out by another line"};
    Counter dirty_evictions{stats, "dirty_evictions", "lines", "of these, written to memory"};
    Counter cleaned_lines{stats, "cleaned_lines", "lines",
                          "written early, with an evicted line of their DRAM row"};
    Counter flushed_lines{stats, "flushed_lines", "lines", "given up because their instance was destroyed"};
    Counter flushed_dirty_lines{stats, "flushed_dirty_lines", "lines", "of these, written to memory"};
    Counter copies_filled{stats, "copies_filled", "lines", "near copies made"};
    Counter copies_dropped{stats, "copies_dropped", "lines", "near copies given up because the line changed"};
    Counter invalidates_sent{stats, "invalidates_sent", "requests", "sent to the paired slice"};
    Counter faults{stats, "faults", "requests", "refused: foreign instance or address, or memory refused"};
    PerTenant bytes_in{stats, "bytes_in", "B", "write and atomic data from the crossbar"};
    PerTenant bytes_out{stats, "bytes_out", "B", "data to the crossbar"};
    PerTenant queue_wait{stats, "queue_wait", "ps",
                         "requests waited from arrival to lookup beyond the pipeline"};
    PerTenant port_wait{stats, "port_wait", "ps", "responses waited for their port"};
    Counter mshr_stall{stats, "mshr_stall", "ps", "a head of line waited for an MSHR"};
    Counter waiter_stall{stats, "waiter_stall", "ps",
                         "a head of line waited for a full MSHR, or an atomic for a fetch"};
    Counter write_buffer_stall{stats, "write_buffer_stall", "ps",
                               "a head of line waited for the write buffer"};
    Counter link_stall{stats, "link_stall", "ps", "a head of line waited for the partition link"};
    Counter atomic_stall{stats, "atomic_stall", "ps", "a head of line waited for an atomic to its line"};
    Counter port_stall{stats, "port_stall", "ps", "a head of line waited for a response or write port"};

    Tick turn(Tick end) override;
    void fetch_ahead(unsigned turns_before) const override;
    std::vector<Wait> waits() const override;

private:
    // Why a head of line cannot go on. All but Atomic end with a fill or a departure.
    enum class Stall : std::uint8_t { None, Mshr, Waiters, WriteBuffer, Link, Atomic };

    struct Queued {
        Tick time; // of arrival
        Cycle arrival;
        std::uint32_t source;
        SliceLocation home;
        MemoryRequest request;
    };
    struct Ingress {
        Ring<Queued> queue;
        Cycle retry = 0;           // no lookup before
        Stall stall = Stall::None; // of the head
        Cycle stalled_since = 0;
        bool blocked = false; // until the next fill or departure
    };
    struct Visit { // a head of line at the tag decision
        const MemoryRequest& request;
        const SliceLocation& home;
        Cycle now;
        std::uint32_t waited; // ps
        bool from_peer;
        Cycle retry = 0; // of Stall::Atomic: when it ends
    };
    using PortCycles = std::array<std::uint32_t, 5>; // that a message occupies a port, by sectors carried
    struct ResponsePort {                            // FIFO server
        Cycle free = 0;
        PortCycles cycles;
    };
    struct ToChannel {
        BlockId block;
        Ring<std::pair<Cycle, ChannelRequest>> queue; // ready, waiting for a credit
    };
    struct Transit { // a request passed on to its home
        std::uint32_t tag;
        std::uint32_t l2_wait, link_wait; // ps
        BlockId requester;
    };
    struct Supply { // what came back for a fetch
        bool fault;
        Outcome outcome; // as the requester on the crossbar sees it
        TenantId evictor;
        MemoryWaits waits;
    };

    static constexpr std::uint32_t transit_flag = 1u << 31;

    // l2_slice.cpp: the order of events
    void fetch_sets_ahead();
    void belong_to(std::optional<InstanceId> owner, const AddressMap& map);
    void run_to_changes();
    void take_change(Cycle now, const InstanceChange& change);
    void accept(Tick limit);
    void run(Tick limit);
    void find_fill(Tick limit);
    void take_fill(Tick limit);
    Cycle next_send() const;
    Cycle next_lookup(const Ingress& in, const ResponsePort& out) const;
    void look_up(Ingress& in, Cycle now);
    void book_stall(Ingress& in, Cycle now);
    void unblock(Cycle now);
    Cycle departure(Cycle ready, const Credits* credits) const;

    // lookup.cpp: what a request does
    Stall serve(Visit& visit);
    Stall fault(const Visit& visit);
    Stall read(const Visit& visit, LineKey key);
    Stall write(const Visit& visit, LineKey key);
    Stall atomic(Visit& visit, LineKey key);
    Stall miss(const Visit& visit, LineKey key, LineSet& set, unsigned way);
    void fetch(const Visit& visit, Mshr& mshr, SectorMask sectors);
    Stall pass_on(const Visit& visit, LineKey copy);
    void drop_copy(LineKey copy);
    bool may_be_copied(const LineSet& set, unsigned way) const;
    void invalidate_copy(Cycle now, LineKey key, InstanceId instance, TenantId tenant);
    void perform_atomic(Cycle now, LineKey key, SectorMask sectors, LineOwner owner, bool from_peer);
    void answer(const Visit& visit, SectorMask sectors, Outcome outcome);
    void respond(bool to_peer, Cycle ready, MemoryResponse response);

    // supply.cpp: what comes back, what is driven out, and what leaves
    void fill(Cycle now, const ChannelResponse& response);
    void home_answer(Cycle now, const MemoryResponse& response);
    void deliver(Cycle now, Mshr& mshr, unsigned number, const Supply& supply);
    void settle(Cycle now, const Mshr& mshr, Cycle issued, const Waiter& waiter, const Supply& supply);
    unsigned place(Cycle now, LineSet& set, LineKey key, LineOwner owner);
    void evict(Cycle now, LineSet& set, unsigned way, LineOwner by);
    void write_back(Cycle now, LineSet& set, unsigned way, ChannelLocation to);
    void clean_row(Cycle now, LineKey evicted, ChannelLocation row);
    void send_to_memory(Cycle now, std::uint16_t channel, const ChannelRequest& request);
    void depart(Cycle now, Cycle ready, BlockId channel, const ChannelRequest& request);
    void send_to_peer(Cycle now, const MemoryRequest& request);
    void depart_to_peer(Cycle now, Cycle ready, const MemoryRequest& request);
    void send_waiting(Cycle now);
    void flush(Cycle now);
    void say_gone(Cycle now);
    bool link_full() const { return peer_queue_.size() >= link_buffer_; }

    std::uint32_t ps(Cycle from, Cycle to) const {
        return from == to ? 0 : static_cast<std::uint32_t>(clock_.edge(to) - clock_.edge(from));
    }
    static unsigned sectors_in(SectorMask mask) {
        return bytes_of(mask) / static_cast<unsigned>(sector_bytes);
    }
    static Cycle earlier(Cycle now, std::uint32_t low) {
        return now - (static_cast<std::uint32_t>(now) - low);
    }

    Windows& windows_;
    const AddressMap* map_;
    const std::uint16_t slice_;
    std::optional<InstanceId> owner_;
    std::map<InstanceId, const AddressMap*> later_;
    const bool wall_;
    const std::uint32_t tag_cycles_, data_cycles_, backlog_, write_buffer_, link_buffer_, atomic_cycles_;
    const PortCycles write_cycles_, link_cycles_;
    const bool cleans_rows_;
    const Divisor row_lines_; // of a DRAM row
    std::uint32_t
        row_block_; // slice lines, aligned, among which the lines of a row are found; 0: not cleaned

    TagArray tags_;
    Mshrs mshrs_;
    Ingress crossbar_, peer_;
    Cycle tag_free_ = 0, write_free_ = 0, link_free_ = 0;
    ResponsePort crossbar_out_, peer_out_;
    std::vector<std::shared_ptr<Credits>> admitted_; // by sender
    std::vector<ToChannel> channels_;                // by number
    std::vector<std::uint16_t> waiting_channels_;    // with a queue
    std::uint32_t waiting_writes_ = 0;
    Cycle send_at_ = never; // when the first of what waits in these queues can leave
    bool has_peer_ = false; // is wired
    bool paired_ = false;   // and its region lies in both partitions
    bool flushing_ = false; // of a destroyed instance, dirty lines are on their way to memory
    std::uint16_t peer_slice_ = 0;
    BlockId peer_block_{};
    Ring<std::pair<Cycle, MemoryRequest>> peer_queue_;
    std::vector<Transit> transits_; // as many as requesters have in flight
    std::vector<std::uint32_t> free_transits_;
    struct Performed {
        std::uint32_t key;
        Cycle done;
    };
    std::vector<Performed> performed_; // the latest atomics
    std::size_t next_performed_ = 0;

    // The current window's arrivals.
    std::span<const Arrival<MemoryRequest>> crossbar_arrivals_, peer_arrivals_;
    std::span<const Arrival<ChannelResponse>> memory_arrivals_;
    std::span<const Arrival<MemoryResponse>> home_arrivals_;
    Cycle fill_at_ = never; // of the first of memory_arrivals_ and home_arrivals_
    bool fill_from_home_ = false;
};

} // namespace migsim
