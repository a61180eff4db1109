// SPDX-License-Identifier: Apache-2.0
// What stands around the L3 TLB and its walkers in a test: clusters that ask by a script, L2 slices with
// finite buffers, a front end and a governor. Everything that anybody receives is written down.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "models/driver/driver.h"
#include "models/mmu/walker_hub.h"

namespace migsim::mmu_test {

inline constexpr Tick cycle = 1000;
inline constexpr Tick wire = 64 * cycle;

template <class Message>
struct Receiver : Block {
    explicit Receiver(Windows& windows) : id(windows.add(*this)), inbox(windows, id) {}
    Tick turn(Tick) override {
        for (const auto& arrival : inbox.take()) seen.push_back(arrival);
        return never;
    }
    const BlockId id;
    Inbox<Message> inbox;
    std::vector<Arrival<Message>> seen;
};

// Sends each message of a script at its time.
template <class Sent, class Received>
struct Scripted : Receiver<Received> {
    using Receiver<Received>::Receiver;
    Tick turn(Tick end) override {
        Receiver<Received>::turn(end);
        for (; next < script.size() && script[next].first < end; ++next)
            to->send(script[next].first, script[next].second);
        return next < script.size() ? script[next].first : never;
    }
    std::optional<Link<Sent>> to;
    std::vector<std::pair<Tick, Sent>> script; // by time
    std::size_t next = 0;
};

// Serves one request after another and gives its buffer place back when it begins.
struct Slice : Block {
    explicit Slice(Windows& windows) : id(windows.add(*this)), inbox(windows, id) {}
    Tick turn(Tick) override {
        for (const auto& arrival : inbox.take()) {
            seen.push_back(arrival);
            const MemoryRequest& request = arrival.message;
            const Tick start = std::max(arrival.time, free);
            free = start + service;
            if (credits) credits->give_back(start);
            to->send(start + latency, {request.tag,
                                       request.requester,
                                       request.sectors,
                                       outcome,
                                       request.instance,
                                       request.tenant,
                                       request.tenant,
                                       {}});
        }
        return never;
    }
    const BlockId id;
    Inbox<MemoryRequest> inbox;
    std::optional<Link<MemoryResponse>> to;
    std::shared_ptr<Credits> credits;
    std::vector<Arrival<MemoryRequest>> seen;
    Tick free = 0, service = cycle, latency = 136 * cycle;
    Outcome outcome = Outcome::NearHit;
};

inline MmuParams mmu_params() {
    MmuParams p;
    p.set("page_table_format", "ga100");
    p.set("l3_sets", "128");
    p.set("l3_ways", "8");
    p.set("l3_latency", "40");
    p.set("walkers", "8");
    p.set("walk_step", "2");
    p.set("walk_cache_sets", "16");
    p.set("walk_cache_ways", "8");
    return p;
}

struct HubOptions {
    MmuParams params = mmu_params();
    MmuWalls walls{};
    bool enforce = true;
    Address window = Address{512} << 20; // bytes of an instance's memory that are its own
    unsigned credits = 0;                // of each slice; 0: without end
    WindowOptions windows{};
};

// Two instances of 512 MiB, each with two slices of its own, one address space each; two clusters.
struct HubRig {
    static constexpr Address instance_bytes = Address{512} << 20;

    explicit HubRig(const HubOptions& options = {})
        : windows(options.windows),
          map(map_params(), regions(InstanceId{1})),
          later(map_params(), regions(InstanceId{2})),
          mmu(windows,
              {.params = options.params,
               .map = map,
               .tables = tables,
               .clock = Clock(1000),
               .slices = slice_ids(),
               .windows = {PhysicalRange{0, options.window}, PhysicalRange{instance_bytes, options.window}},
               .walls = options.walls,
               .shares = {{InstanceId{0}, 1}, {InstanceId{1}, 1}},
               .enforce = options.enforce,
               .later = {
                   {InstanceId{2},
                    {&later, {instance_bytes, options.window}, {{InstanceId{0}, 1}, {InstanceId{2}, 1}}}}}}) {
        windows.add_link("every link", wire);
        for (auto& slice : slices) {
            if (options.credits > 0)
                slice->credits = std::make_shared<Credits>(windows, mmu.id, slice->id, options.credits, wire);
            mmu.to_l2.add(slice->id, {windows, slice->inbox, mmu.id, wire}, slice->credits);
            slice->to.emplace(windows, mmu.from_l2, slice->id, wire);
        }
        for (auto& cluster : clusters) {
            cluster->to.emplace(windows, mmu.from_clusters, cluster->id, wire);
            mmu.to_clusters.add(cluster->id, {windows, cluster->inbox, mmu.id, wire});
        }
        mmu.to_front_end.emplace(windows, front_end.inbox, mmu.id, wire);
        governor.to.emplace(windows, mmu.clock_changes, governor.id, wire);
        gsp.to.emplace(windows, mmu.instance_changes, gsp.id, wire);
        mmu.to_gsp.emplace(windows, gsp.inbox, mmu.id, wire);
        for (unsigned i = 0; i < 2; ++i) {
            const PageTableFormat format = options.params.format;
            drivers.push_back(std::make_unique<Driver>(tables, format, i * instance_bytes, options.window));
            spaces.push_back(&drivers[i]->add_space(static_cast<SpaceId>(i)));
        }
        windows.start();
    }

    static TranslationRequest request(Address address, unsigned who, PageSize size = PageSize::M2) {
        return {address >> shift(size),    0,    BlockId{},
                static_cast<SpaceId>(who), size, static_cast<InstanceId>(who),
                static_cast<TenantId>(who)};
    }
    // Asks so that the request arrives at `arrival`. The tag counts what a cluster asks for.
    void ask(Tick arrival, TranslationRequest request, unsigned cluster = 0) {
        auto& from = *clusters[cluster];
        request.requester = from.id;
        request.tag = static_cast<std::uint32_t>(from.script.size());
        from.script.emplace_back(arrival - wire, request);
    }
    void run() {
        for (auto& cluster : clusters)
            if (cluster->next < cluster->script.size())
                wake(cluster->id, cluster->script[cluster->next].first);
        if (gsp.next < gsp.script.size()) wake(gsp.id, gsp.script[gsp.next].first);
        if (governor.next < governor.script.size()) wake(governor.id, governor.script[governor.next].first);
        while (windows.step()) {
        }
    }
    void wake(BlockId block, Tick at) { windows.wake(block, at, windows.lane(block)); }

    const std::vector<Arrival<TranslationResponse>>& answers(unsigned cluster = 0) const {
        return clusters[cluster]->seen;
    }
    std::size_t reads() const {
        std::size_t sum = 0;
        for (const auto& slice : slices) sum += slice->seen.size();
        return sum;
    }

    static AddressMapParams map_params() {
        AddressMapParams p;
        p.set("interleave", "512");
        p.set("group_slices", "1024"); // one group
        p.set("partition_hash", "mixed");
        return p;
    }
    static std::vector<Region> regions(InstanceId second) {
        return {{0, instance_bytes, InstanceId{0}, {0, 1}, {0, 1}, 1},
                {instance_bytes, instance_bytes, second, {2, 3}, {2, 3}, 1}};
    }
    std::vector<BlockId> slice_ids() {
        std::vector<BlockId> ids;
        for (int i = 0; i < 4; ++i) {
            slices.push_back(std::make_unique<Slice>(windows));
            ids.push_back(slices.back()->id);
        }
        return ids;
    }

    Windows windows;
    AddressMap map, later; // later: instance 2 in the place of 1
    PageTables tables;
    std::vector<std::unique_ptr<Driver>> drivers;
    std::vector<AddressSpace*> spaces; // of instances 0 and 1
    std::vector<std::unique_ptr<Slice>> slices;
    using Cluster = Scripted<TranslationRequest, TranslationResponse>;
    std::unique_ptr<Cluster> clusters[2]{std::make_unique<Cluster>(windows),
                                         std::make_unique<Cluster>(windows)};
    Receiver<FaultReport> front_end{windows};
    Scripted<ClockChange, ClockChange> governor{windows};
    Scripted<InstanceChange, InstanceGone> gsp{windows};
    Mmu mmu;
};

} // namespace migsim::mmu_test
