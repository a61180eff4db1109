// SPDX-License-Identifier: Apache-2.0
// Address translation inside a GPC cluster: a uTLB per TPC, then the GPC TLB, whose misses go to the GPU-wide
// level. Surprising: a lookup sees the tags as they are when it is called, in the order of calls; ports and
// latencies only move the time of its answer. So results depend on the order of calls, never on window
// lengths.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "models/base/clock.h"
#include "models/base/inbox.h"
#include "models/base/parameter.h"
#include "models/base/statistic.h"
#include "models/messages/translation.h"
#include "models/mmu/instance_share.h"
#include "models/mmu/list_pool.h"
#include "models/mmu/miss_table.h"
#include "models/mmu/page_table.h"
#include "models/mmu/tlb_array.h"
#include "models/mmu/utlb.h"

namespace migsim {

struct ClusterMmuParams : Params {
    using Params::Params;
    Param<std::uint32_t> utlb_entries{
        this, "utlb_entries", "pages", "pages that the uTLB of a TPC holds, fully associative", {1, 16}};
    Param<std::uint32_t> utlb_latency{
        this, "utlb_latency", "cycles", "what a uTLB hit adds to an access", {0, 64}};
    Param<std::uint32_t> gpc_groups{
        this, "gpc_groups", "TLBs", "equal groups of a GPC's TPCs, each with a TLB of its own", {1, 4}};
    Param<std::uint32_t> gpc_sets{this, "gpc_sets", "sets", "sets of one GPC TLB", {1, 65536}};
    Param<std::uint32_t> gpc_ways{this, "gpc_ways", "entries", "entries of 16 pages per set", {1, 16}};
    Param<std::uint32_t> gpc_latency{
        this, "gpc_latency", "cycles", "what a uTLB miss that hits the GPC TLB adds", {1, 256}};
    Param<std::uint32_t> gpc_misses{
        this, "gpc_misses", "misses", "misses that one GPC TLB can have on their way", {1, 1024}};
};

class ClusterMmu {
public:
    // `clock`, the cluster's, and `tables` outlive this. With the wall up, each GPC TLB (entries, lookup port
    // and misses) is split among the instances that have TPCs in this GPC.
    ClusterMmu(const ClusterMmuParams& params, const Clock& clock, const PageTables& tables, BlockId cluster,
               unsigned tpcs, bool wall, std::span<const InstanceShare> shares);

    std::optional<Link<TranslationRequest>> to_l3; // set where the cluster is wired; answers go to fill()

    struct Lookup {
        unsigned tpc; // within the cluster
        SpaceId space;
        InstanceId instance;
        TenantId tenant;
        PageSize size;
        Address address;      // virtual
        std::uint32_t handle; // comes back with the answer to a miss
    };
    struct Hit {
        Tick ready;
        Address physical;
    };
    struct Answer { // to a miss
        std::uint32_t handle;
        bool fault; // then there is no physical address
        Tick ready;
        Address physical;
    };

    // translate() and fill() are called in order of time, both together. nullopt: fill() will bring the
    // answer.
    std::optional<Hit> translate(Tick at, const Lookup& lookup) {
        const Address page = lookup.address >> shift(lookup.size);
        const TlbKey key = tlb_key(lookup.space, lookup.instance, lookup.size, page);
        const Utlb::Page* hit = utlbs_[lookup.tpc].find(key);
        if (!hit) return utlb_miss(at, lookup, key);
        utlb_hits[lookup.tenant] += 1;
        return Hit{std::max(after_utlb(at), hit->ready), hit->base | offset(lookup)};
    }

    // A response arrived at `at`. Returns every lookup that it answers, valid until the next fill().
    std::span<const Answer> fill(Tick at, const TranslationResponse& response);

    // An instance that is created later gets its part, where the wall is up, as if it had been there with
    // those it shares this GPC with; they keep what they have.
    void admit(InstanceId instance, std::span<const InstanceShare> shares);
    // Throws std::invalid_argument where there is too little for its part.
    void check(InstanceId instance, std::span<const InstanceShare> shares) const;
    // Forgets the pages of an instance that has nothing under way.
    void shootdown(InstanceId instance);

    std::uint64_t waiting() const { return waiters_.size(); } // lookups that have no answer yet

    Statistics stats;
    PerTenant utlb_hits{stats, "utlb_hits", "lookups", "translations that hit the uTLB of their TPC"};
    PerTenant utlb_misses{stats, "utlb_misses", "lookups", "translations that went on to the GPC TLB"};
    PerTenant gpc_hits{stats, "gpc_tlb_hits", "lookups", "uTLB misses that hit the GPC TLB"};
    PerTenant gpc_misses{stats, "gpc_tlb_misses", "lookups", "uTLB misses that missed the GPC TLB, too"};
    PerTenant merged{stats, "gpc_tlb_merged", "lookups", "GPC TLB misses that joined one on its way"};
    PerTenant stalled{stats, "gpc_tlb_stalled", "lookups", "GPC TLB misses that waited for a free miss"};
    PerTenant faults{stats, "translation_faults", "lookups", "translations answered with a fault"};
    PerTenant wait{stats, "translation_wait", "ps", "from lookup to answer, summed over uTLB misses"};

private:
    struct Waiter {
        Lookup lookup;
        Tick asked;
        Tick looked_up; // has passed the port and the tags of the GPC TLB
    };
    using Waiters = ListPool<Waiter>;

    struct Tlb { // of a group of TPCs, or one instance's part of it
        TlbArray tags;
        std::uint32_t max_misses;
        Cycle port_free = 0;
        MissTable misses{};
        std::vector<Waiters::List> joined; // by miss
        Waiters::List stalled{};           // in order; not empty only while no miss is free
    };

    static Address offset(const Lookup& lookup) { return lookup.address & (bytes_of(lookup.size) - 1); }
    static Address page_of(const Lookup& lookup) { return lookup.address >> shift(lookup.size); }
    static TlbPlace place_of(const Lookup& lookup);
    static TlbKey line_of(const Lookup& lookup);
    Tick after_utlb(Tick at) const { return utlb_latency_ == 0 ? at : clock_.after(at, utlb_latency_); }

    std::optional<Hit> utlb_miss(Tick at, const Lookup& lookup, TlbKey key);
    unsigned tlb_of(const Lookup& lookup) const;
    struct Size {
        std::uint32_t sets, misses; // of each group's TLB
    };
    Size size_of(const Split& split, unsigned part) const;
    void add_part(const Split& split, unsigned part);
    Tick pass(Tlb& tlb, Tick at);
    bool join_or_send(unsigned tlb, const Waiter& waiter);
    void send(unsigned tlb, std::uint16_t miss, const Lookup& lookup, Tick at);
    void serve_stalled(unsigned tlb, Tick at);
    void answer(const Waiter& waiter, Tick ready, std::optional<Address> frame);
    Address frame_of(const Lookup& lookup) const;

    const Clock& clock_;
    const PageTables& tables_;
    BlockId cluster_;
    std::uint32_t utlb_latency_, gpc_latency_;
    const ClusterMmuParams params_;
    const bool wall_;
    std::array<std::uint8_t, max_instances> part_of_{};
    std::vector<Utlb> utlbs_;             // by TPC
    std::vector<std::uint16_t> group_of_; // by TPC
    std::vector<Tlb> tlbs_;               // part by part, in each the groups
    Waiters waiters_;
    std::vector<Answer> answers_;
};

} // namespace migsim
