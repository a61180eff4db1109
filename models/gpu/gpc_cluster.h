// SPDX-License-Identifier: Apache-2.0
// A GPC as one block: its SMs, the uTLBs and GPC TLB, and the ports up to the crossbar. These are nearer to
// each other than a window is long, so they share a turn: replies and CTAs go in, the SMs run to the window's
// end, then all requests that left an SM in the window pass translation and ports in order of time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "models/address/address_map.h"
#include "models/base/clock.h"
#include "models/base/links.h"
#include "models/crossbar/port_tree.h"
#include "models/messages/cta.h"
#include "models/messages/instance_change.h"
#include "models/mmu/cluster_mmu.h"
#include "models/sm/sm.h"

namespace migsim {

struct ClusterSeat {
    std::uint16_t sm;       // global number
    std::uint16_t tpc, cpc; // local to the GPC
};

// The part of a GPC's crossbar port that a wall gives to one instance.
struct PortShare {
    InstanceId instance;
    std::uint32_t numerator, denominator;
};

// What a GPC learns when an instance with SMs in it is created during the run.
struct InstanceInGpc {
    const AddressMap* map;                 // from then on; outlives the block
    std::vector<bool> routes;              // per slice: may pass; empty: no route is masked
    std::optional<PortShare> port;         // absent: the port that all share
    std::vector<InstanceShare> tlb_shares; // of all instances in this GPC then
};

struct ClusterSetup {
    const SmParams& sm;
    const CrossbarParams& crossbar;
    const ClusterMmuParams& mmu;
    const PageTables& tables;
    const AddressMap& map;
    Clock clock;
    std::vector<ClusterSeat> seats;
    unsigned partition;                    // the L2 partition this GPC is near
    std::vector<BlockId> slices;           // by slice number
    std::vector<std::vector<bool>> routes; // per instance, per slice: may pass; empty: no route is masked
    std::vector<PortShare> port_shares;    // empty: one port for all
    bool tlb_wall;
    std::vector<InstanceShare> tlb_shares;
    std::map<InstanceId, std::vector<std::uint16_t>> sms; // global numbers, of every instance there ever is
    std::map<InstanceId, InstanceInGpc> later{};
};

class GpcCluster final : public Block {
public:
    GpcCluster(Windows& windows, const ClusterSetup& setup);

private:
    Clock clock_;

public:
    const BlockId id;
    Inbox<CtaLaunch> from_front_end;
    Inbox<StopInstance> stops;
    Inbox<ClockChange> clock_changes;
    Inbox<InstanceChange> instance_changes;
    Inbox<MemoryResponse> from_l2;
    Inbox<TranslationResponse> from_mmu;
    Inbox<BufferNews> from_sms; // of this GPC
    Links<MemoryRequest> to_l2;
    std::optional<Link<CtaDone>> to_front_end;
    std::optional<Link<FaultReport>> faults;
    std::optional<Link<InstanceGone>> to_gsp;
    std::optional<Link<BufferNews>> to_sms; // where there is an SM-to-SM network
    ClusterMmu mmu;                         // public for its wiring and statistics

    Statistics stats;
    Counter requests_sent{stats, "requests", "requests", "sent to L2 slices"};
    Counter responses_received{stats, "responses", "responses", "received from L2 slices"};
    PerTenant port_wait{stats, "request_wait", "cycles",
                        "behind other requests at the TPC, CPC and GPC ports and for credits"};
    PerTenant response_wait{stats, "response_wait", "cycles",
                            "behind other responses at the GPC, CPC, TPC and SM ports"};
    PerTenant bytes_read{stats, "bytes_read", "B", "delivered to SMs"};
    PerTenant bytes_written{stats, "bytes_written", "B", "sent to L2"};
    Counter multicast_deliveries{stats, "multicast_deliveries", "lines",
                                 "delivered to CTAs of a cluster beyond the one that asked"};
    Counter no_route{stats, "no_route", "requests", "refused because the instance has no route to the slice"};

    bool has_sms_of(InstanceId instance) const { return sms_of_.contains(instance); }

    Tick turn(Tick end) override;
    std::vector<Wait> waits() const override;

private:
    struct Outgoing { // in the queue of the GPC port
        Cycle at;     // reached the port
        MemoryRequest request;
        BlockId slice;
        std::uint32_t bytes;
    };
    struct PortLane { // the GPC's ports, or one instance's share of them
        PortTree tree;
        std::vector<Outgoing> queue;
        std::size_t head = 0;
    };
    struct CtaCluster {                 // resident CTAs that share multicast loads
        std::vector<std::uint16_t> sms; // by rank
        std::uint32_t running = 0;
    };
    struct Trip { // of a load in flight, until its response
        std::uint32_t crossbar, mmu;
    };

    static constexpr unsigned sm_shift = 24; // of a tag: which SM
    static std::uint16_t sm_of(std::uint32_t tag) {
        return static_cast<std::uint16_t>(tag >> sm_shift & 0x7f);
    }
    static constexpr std::ptrdiff_t trips_ahead = 8; // responses whose trips are fetched ahead

    void add_lane(const PortShare& share);
    void take_changes();
    void create(InstanceId instance);
    void let_go();
    void take_responses();
    void take_launches();
    void take_news();
    template <class Arrive>
    void to_peers(std::uint16_t sm, const LineReply& reply, Arrive&& arrive);
    void refuse_peers(std::uint16_t sm, const LineReply& reply);
    void multicast(std::uint16_t sm, const LineReply& reply, const MemoryResponse& response, Cycle at,
                   Cycle passed);
    void run_sms(Cycle end);
    void order_requests(Cycle end);
    void translate_requests(Cycle end);
    void shoot_down(Tick until);
    void route(const LineRequest& line, Cycle ready, Address physical);
    void send_requests(PortLane& lane, Tick end);
    void refuse(const LineRequest& line, Cycle at);
    PortLane& lane(InstanceId instance) { return lanes_[lane_of_[index(instance)]]; }
    Trip& trip(std::uint16_t sm, std::uint32_t tag) { return trips_[sm * outstanding_ + (tag & 0xffff)]; }
    std::uint32_t cycles(std::uint64_t ps) const {
        return static_cast<std::uint32_t>(ps * clock_.mhz() / us);
    }

    const AddressMap* map_;
    unsigned partition_;
    std::vector<BlockId> slices_;
    std::vector<std::vector<bool>> routes_;
    std::map<InstanceId, std::vector<std::uint16_t>> sms_of_; // local numbers
    std::map<InstanceId, InstanceInGpc> later_;
    std::vector<std::pair<Tick, InstanceId>> ending_;     // told so then, not yet quiet
    std::vector<std::pair<Tick, InstanceId>> shootdowns_; // due then, in order
    const CrossbarParams& crossbar_;
    std::vector<SmSeat> seats_;
    std::uint32_t header_;
    Cycle refusal_latency_;
    std::uint32_t outstanding_;
    std::vector<std::uint16_t> tpc_of_;
    std::vector<std::uint16_t> number_; // global SM number, by local
    std::vector<std::uint16_t> local_;  // and back

    SmStatistics sm_stats_{stats};
    std::vector<Sm> sms_;
    std::vector<Cycle> next_; // per SM: earliest cycle of work

    std::vector<PortLane> lanes_;
    std::vector<std::uint8_t> lane_of_;
    std::vector<Trip> trips_;
    std::vector<std::vector<LineRequest>> requests_; // per SM, in order of time: not yet translated
    std::vector<std::uint32_t> first_of_cycle_;      // of the window: where its requests begin in order_
    std::vector<LineRequest> order_;                 // requests of the window by time, then SM
    std::vector<LineRequest> parked_;                // wait for a translation, by handle
    std::vector<std::uint32_t> free_parked_;
    std::vector<CtaEnd> ends_;
    std::vector<NewsOut> news_;
    std::unordered_map<std::uint32_t, CtaCluster> cta_clusters_; // by the cluster's number
};

} // namespace migsim
