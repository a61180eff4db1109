// SPDX-License-Identifier: Apache-2.0
// The GPU-wide end of address translation: the L3 TLB that all clusters share and the page walkers behind it,
// whose reads travel through L2 and DRAM like any other. The walker is also an enforcement point: it refuses
// what lies outside the physical window of the instance that asks. Surprising: the queue of walks has no
// limit of its own, because each cluster limits its misses on their way.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "models/address/address_map.h"
#include "models/base/clock.h"
#include "models/base/links.h"
#include "models/base/parameter.h"
#include "models/base/statistic.h"
#include "models/messages/cta.h"
#include "models/messages/instance_change.h"
#include "models/mmu/instance_share.h"
#include "models/mmu/list_pool.h"
#include "models/mmu/miss_table.h"
#include "models/mmu/page_table.h"
#include "models/mmu/tlb_array.h"

namespace migsim {

struct MmuParams : Params {
    using Params::Params;
    Param<PageTableFormat> format{this, "page_table_format", "format", "levels and address bits of a walk"};
    Param<std::uint32_t> l3_sets{this, "l3_sets", "sets", "sets of the L3 TLB", {1, 65536}};
    Param<std::uint32_t> l3_ways{this, "l3_ways", "entries", "entries of 16 pages per set", {1, 16}};
    Param<std::uint32_t> l3_latency{
        this, "l3_latency", "cycles", "from a request's arrival to the L3 TLB's answer", {1, 1024}};
    Param<std::uint32_t> walkers{this, "walkers", "walkers", "walks under way at a time", {1, 1024}};
    Param<std::uint32_t> walk_step{
        this, "walk_step", "cycles", "a walker's own time before each read and after the last", {1, 1024}};
    Param<std::uint32_t> walk_cache_sets{
        this, "walk_cache_sets", "sets", "sets of the cache of upper-level entries", {1, 4096}};
    Param<std::uint32_t> walk_cache_ways{
        this, "walk_cache_ways", "entries", "upper-level entries per set", {1, 16}};
};

struct MmuWalls {
    bool l3_tlb = false;      // entries and lookup port of the L3 TLB are split among the instances
    bool page_walker = false; // walkers and walk cache are split among the instances
};

// The physical addresses that belong to an instance.
struct PhysicalRange {
    Address base = 0;
    Address bytes = 0;
    bool contains(Address address) const { return address - base < bytes; } // wraps where address < base
};

// What the MMU learns when an instance is created during the run.
struct InstanceInMmu {
    const AddressMap* map; // from then on; outlives the block
    PhysicalRange window;
    std::vector<InstanceShare> shares; // of all instances there are then
};

struct MmuSetup {
    const MmuParams& params;
    const AddressMap& map; // this and the tables outlive the block
    const PageTables& tables;
    Clock clock;
    std::vector<BlockId> slices;                        // L2 slice number -> block
    std::array<PhysicalRange, max_instances> windows{}; // by instance; empty: everything is refused
    MmuWalls walls{};
    std::vector<InstanceShare> shares{};
    bool enforce = true; // off only where a test asks who else would notice
    std::map<InstanceId, InstanceInMmu> later{};
};

class Mmu final : public Block {
public:
    Mmu(Windows& windows, const MmuSetup& setup);

    // At one tick: clock changes, then changes of instances, answers to reads, walks that begin, requests.
    const BlockId id;
    Inbox<ClockChange> clock_changes;
    Inbox<InstanceChange> instance_changes;
    Inbox<MemoryResponse> from_l2;
    Inbox<TranslationRequest> from_clusters;
    Links<MemoryRequest> to_l2;
    Links<TranslationResponse> to_clusters;
    std::optional<Link<FaultReport>> to_front_end;
    std::optional<Link<InstanceGone>> to_gsp;

    Tick turn(Tick end) override;
    std::vector<Wait> waits() const override;

    Statistics stats;
    PerTenant l3_hits{stats, "l3_tlb_hits", "requests", "translation requests that hit the L3 TLB"};
    PerTenant l3_misses{stats, "l3_tlb_misses", "requests", "translation requests that need a walk"};
    PerTenant merged{stats, "merged", "requests", "L3 TLB misses that joined a walk queued or under way"};
    PerTenant walks{stats, "walks", "walks", "page walks begun"};
    PerTenant walk_reads{stats, "walk_reads", "reads", "page-table entries read through L2"};
    PerTenant walk_cache_hits{stats, "walk_cache_hits", "walks", "walks that began below the root"};
    PerTenant walk_cache_misses{stats, "walk_cache_misses", "walks", "walks that began at the root"};
    PerTenant faults{stats, "faults", "requests", "requests refused: not mapped, or outside the window"};
    PerTenant l3_wait{stats, "l3_tlb_wait", "ps", "waiting for the lookup port of the L3 TLB"};
    PerTenant walker_wait{stats, "walker_wait", "ps", "walks waiting for a free page walker"};

private:
    struct Waiter {
        TranslationRequest request;
        Tick looked_up; // when the L3 TLB said that it misses
    };
    using Waiters = ListPool<Waiter>;

    struct L3 { // all of it, or one instance's share
        TlbArray tags;
        Cycle port_free = 0;
    };
    struct Queued {
        Tick ready;
        std::uint16_t miss;
    };
    struct Pool {       // all page walkers, or one instance's share
        TlbArray cache; // of upper-level entries
        std::vector<std::uint16_t> free{};
        MissTable misses{};                 // queued or under way
        std::vector<Waiters::List> asked{}; // by miss; who comes first is walked for
        std::vector<Queued> queue{};        // by time, from `head` on
        std::size_t head = 0;

        // From when the next walk can begin.
        Tick start(Tick now) const {
            return head == queue.size() || free.empty() ? never : std::max(queue[head].ready, now);
        }
    };
    struct Walker {
        std::uint16_t pool;
        std::uint16_t miss = 0;
        unsigned step = 0; // of the path: the read under way
        Tick ready = 0;    // when that read can leave
        TranslationRequest request{};
        WalkPath path{};
        bool walking = false;
        bool unsent = false; // waits for a credit
    };
    enum class End {
        Read,
        Outside,
        Refused
    }; // the last entry was read; refused here; refused at L2 or memory
    using Sends = ListPool<std::uint16_t>;

    // Throw std::invalid_argument where there are too few.
    std::uint32_t l3_sets(const Split& split, unsigned part) const;
    std::uint32_t cache_sets(const Split& split, unsigned part) const;
    std::uint32_t walker_count(const Split& split, unsigned part) const;
    void add_l3_part(const Split& split, unsigned part);
    void add_pool(const Split& split, unsigned part);
    void take_change(Tick at, const InstanceChange& change);
    void create(InstanceId instance);
    void look_up(Tick at, const TranslationRequest& request);
    void enqueue(const TranslationRequest& request, Tick looked_up);
    void begin_walk(Pool& pool, Tick at);
    void read(std::uint16_t walker, Tick at);
    bool depart(std::uint16_t walker);
    void retry_sends();
    void take_answer(Tick at, const MemoryResponse& response);
    void finish(std::uint16_t walker, Tick at, End end);
    void respond(const TranslationRequest& request, Tick at, std::uint16_t valid);
    void report(const TranslationRequest& request, Tick at, End end);
    std::optional<Address> frame(const TranslationRequest& request) const;
    std::uint16_t valid_line(const TranslationRequest& request) const;
    bool allowed(InstanceId instance, Address first, Address bytes) const;
    std::uint16_t slice_of(const Walker& walker) const;

    L3& l3_of(InstanceId instance) { return l3_[l3_part_[index(instance)]]; }
    Pool& pool_of(InstanceId instance) { return pools_[pool_part_[index(instance)]]; }

    const MmuParams params_;
    const AddressMap* map_;
    const PageTables& tables_;
    Clock clock_;
    std::vector<BlockId> slices_;
    std::array<PhysicalRange, max_instances> windows_;
    const MmuWalls walls_;
    bool enforce_;
    std::map<InstanceId, InstanceInMmu> later_;
    // An instance that is not there has no business here; what carries its id is served by part 0 and
    // refused.
    std::array<std::uint8_t, max_instances> l3_part_{}, pool_part_{};

    std::vector<L3> l3_;
    std::vector<Pool> pools_;
    std::vector<Walker> walkers_;
    Waiters waiters_;
    Sends sends_;
    std::vector<Sends::List> unsent_;    // by slice: reads waiting for a credit, in order
    std::vector<std::uint16_t> blocked_; // slices with any
    Tick end_ = 0;                       // of this turn
};

} // namespace migsim
