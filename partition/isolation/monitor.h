// SPDX-License-Identifier: Apache-2.0
// The referee: watches the links of a partitioned machine with tables of its own and counts every touch of
// something that belongs to another instance. It stops nothing and shares no code with what does: if an
// enforcement point fails, the monitor is the one who notices.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "models/gpu/machine.h"

namespace migsim {

class Monitor final : public LinkObserver {
public:
    // What each instance owns, read from the set-up and kept by hardware unit; when instances come and go,
    // each unit changes hands as it is told so. Walls that are down are not watched: there is nothing foreign
    // where everything is shared.
    explicit Monitor(const MachineSetup& setup);

    struct Count {
        std::uint64_t seen = 0;    // messages
        std::uint64_t foreign = 0; // of these, on what belongs to another instance
    };
    Count slices() const;
    Count channels() const;
    Count translations() const;
    Count responses() const;
    Count launches() const;
    std::uint64_t foreign() const;

    // One sentence about the first foreign touch of each kind of link; empty when there was none.
    std::string findings() const;

private:
    // One unit's tally; a line of its own, since units may be watched by different threads.
    struct alignas(64) Tally {
        Count count;
        std::uint64_t first_address = 0;
        InstanceId first_instance{};
    };
    using Owners = std::vector<std::array<bool, max_instances>>; // per unit: the instances that may touch it

    void at_slice(std::uint16_t slice, const MemoryRequest& request) override;
    void at_channel(std::uint16_t channel, const ChannelRequest& request) override;
    void at_gpc(std::uint16_t gpc, const TranslationResponse& response) override;
    void at_gpc(std::uint16_t gpc, const MemoryResponse& response) override;
    void at_gpc(std::uint16_t gpc, const CtaLaunch& launch) override;
    void at_slice(std::uint16_t slice, const InstanceChange& change) override;
    void at_channel(std::uint16_t channel, const InstanceChange& change) override;
    void at_gpc(std::uint16_t gpc, const InstanceChange& change) override;

    static void book(Tally& tally, bool foreign, InstanceId instance, std::uint64_t address);

    struct Range {
        Address first = 0, end = 0;
    };
    std::array<Range, max_instances> memory_{}; // also of those that come later
    std::array<std::vector<std::uint16_t>, max_instances> sms_{};
    std::vector<std::size_t> gpc_of_sm_;
    Owners slice_owners_, channel_owners_, gpc_owners_, sm_owners_;
    std::vector<Tally> slices_, channels_, translations_, responses_, launches_;
};

} // namespace migsim
