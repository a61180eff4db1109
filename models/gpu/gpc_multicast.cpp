// SPDX-License-Identifier: Apache-2.0
// What CTAs of a cluster send each other inside a GPC: copies of multicast lines, and news of free buffers.
#include <algorithm>

#include "models/gpu/gpc_cluster.h"

namespace migsim {

// Tells the other CTAs of the cluster that asked; `arrive` says when a copy is in a peer's SM, and may say
// what it waited for.
template <class Arrive>
void GpcCluster::to_peers(std::uint16_t sm, const LineReply& reply, Arrive&& arrive) {
    FromPeer copy = sms_[sm].multicast(reply.tag);
    if (!copy.cluster) return; // a cluster of one
    const std::vector<std::uint16_t>& peers = cta_clusters_.at(copy.cluster).sms;
    for (std::uint16_t rank = 0; rank < peers.size(); ++rank) {
        if (rank == copy.from) continue;
        copy.to = rank;
        copy.waits = reply.waits;
        copy.at = arrive(peers[rank], copy.waits);
        sms_[peers[rank]].from_peer(copy);
        next_[peers[rank]] = std::min(next_[peers[rank]], copy.at);
    }
}

// A line that passed the GPC port once goes down to every SM of the cluster, after the one that asked.
void GpcCluster::multicast(std::uint16_t sm, const LineReply& reply, const MemoryResponse& response, Cycle at,
                           Cycle passed) {
    PortTree& tree = lane(response.instance).tree;
    const std::uint32_t bytes = response.sectors ? bytes_of(response.sectors) : header_;
    const std::uint32_t out = trip(sm, response.tag).crossbar;
    to_peers(sm, reply, [&](std::uint16_t peer, LineWaits& waits) {
        const Cycle done = tree.below_gpc_port(peer, passed, bytes);
        const auto waited = static_cast<std::uint32_t>(done - tree.unloaded_to_sm(peer, at, bytes));
        waits.crossbar = waited + out;
        response_wait[response.tenant] += waited;
        if (!reply.fault) multicast_deliveries += 1;
        return done;
    });
}

// A translation or a route refused a line: nobody of the cluster may go on waiting for it.
void GpcCluster::refuse_peers(std::uint16_t sm, const LineReply& reply) {
    to_peers(sm, reply, [&](std::uint16_t, LineWaits&) { return reply.at; });
}

void GpcCluster::take_news() {
    for (const Arrival<BufferNews>& arrival : from_sms.take()) {
        const BufferNews& news = arrival.message;
        const auto cluster = cta_clusters_.find(news.cluster);
        if (cluster == cta_clusters_.end()) continue; // ended meanwhile
        const Cycle at = clock_.at_or_after(arrival.time);
        const std::vector<std::uint16_t>& peers = cluster->second.sms;
        for (std::uint16_t rank = 0; rank < peers.size(); ++rank) {
            if (rank == news.rank) continue;
            sms_[peers[rank]].from_peer({at, news.cluster, rank, news.rank, false, 0, news.iteration, 0, {}});
            next_[peers[rank]] = std::min(next_[peers[rank]], at);
        }
    }
}

} // namespace migsim
