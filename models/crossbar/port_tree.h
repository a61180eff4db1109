// SPDX-License-Identifier: Apache-2.0
// The ports of one GPC above its SMs, in both directions. Requests are served oldest first by the time they
// left their SM. A response meets the ports on its way down in the order in which it passed the GPC port.
#pragma once

#include <vector>

#include "models/base/port.h"
#include "models/crossbar/crossbar_params.h"

namespace migsim {

// Where an SM hangs in its GPC, as indices local to the GPC.
struct SmSeat {
    std::uint16_t tpc;
    std::uint16_t cpc;
};

class PortTree {
public:
    // share: of the GPC port's bandwidth, numerator and denominator, where a wall splits the port.
    PortTree(const CrossbarParams& params, const std::vector<SmSeat>& seats, std::uint32_t numerator = 1,
             std::uint32_t denominator = 1)
        : seats_(seats),
          gpc_request_(params.gpc_request * numerator / denominator),
          gpc_response_(params.gpc_response * numerator / denominator) {
        for (const SmSeat& seat : seats) {
            if (seat.tpc >= tpc_request_.size()) tpc_request_.resize(seat.tpc + 1u, Port(params.tpc_request));
            if (seat.cpc >= cpc_request_.size()) cpc_request_.resize(seat.cpc + 1u, Port(params.cpc_request));
        }
        tpc_response_.assign(tpc_request_.size(), Port(params.tpc_response));
        cpc_response_.assign(cpc_request_.size(), Port(params.cpc_response));
        sm_response_.assign(seats.size(), Port(params.sm_response));
    }

    // A request that left its SM at `at` reaches the queue of the GPC port.
    Cycle to_gpc_port(std::uint16_t sm, Cycle at, std::uint32_t bytes) {
        return cpc_request_[seats_[sm].cpc].pass(tpc_request_[seats_[sm].tpc].pass(at, bytes), bytes);
    }
    Port& gpc_request() { return gpc_request_; }

    // A response that reached the GPC at `at`: the cycle at which its last byte is in the SM.
    Cycle to_sm(std::uint16_t sm, Cycle at, std::uint32_t bytes) {
        return below_gpc_port(sm, gpc_response_.pass(at, bytes), bytes);
    }
    // The same in two steps: what goes to several SMs passes the GPC port once.
    Port& gpc_response() { return gpc_response_; }
    Cycle below_gpc_port(std::uint16_t sm, Cycle gpc, std::uint32_t bytes) {
        const Cycle cpc = cpc_response_[seats_[sm].cpc].pass(gpc, bytes);
        const Cycle tpc = tpc_response_[seats_[sm].tpc].pass(cpc, bytes);
        return sm_response_[sm].pass(tpc, bytes) + sm_response_[sm].occupancy(bytes);
    }
    // The same without other traffic.
    Cycle unloaded_to_sm(std::uint16_t sm, Cycle at, std::uint32_t bytes) const {
        return at + sm_response_[sm].occupancy(bytes);
    }

private:
    std::vector<SmSeat> seats_;
    std::vector<Port> tpc_request_, cpc_request_, tpc_response_, cpc_response_, sm_response_;
    Port gpc_request_, gpc_response_;
};

} // namespace migsim
