// SPDX-License-Identifier: Apache-2.0
#include "partition/isolation/monitor.h"

#include <algorithm>

namespace migsim {
namespace {

template <class Tallies>
Monitor::Count sum(const Tallies& tallies) {
    Monitor::Count total;
    for (const auto& tally : tallies) {
        total.seen += tally.count.seen;
        total.foreign += tally.count.foreign;
    }
    return total;
}

} // namespace

Monitor::Monitor(const MachineSetup& setup) {
    const ChipParams& chip = setup.device->chip;
    slice_owners_.resize(chip.l2_slices);
    channel_owners_.resize(chip.channels);
    gpc_owners_.resize(chip.gpc_tpcs.value().size());
    slices_.resize(slice_owners_.size());
    channels_.resize(channel_owners_.size());
    translations_.resize(gpc_owners_.size());
    responses_.resize(gpc_owners_.size());
    launches_.resize(gpc_owners_.size());

    for (std::size_t gpc = 0; gpc < gpc_owners_.size(); ++gpc)
        gpc_of_sm_.insert(gpc_of_sm_.end(), chip.gpc_tpcs.value()[gpc] * chip.sms_per_tpc, gpc);
    sm_owners_.resize(gpc_of_sm_.size());

    const auto know = [&](const InstanceSetup& instance) {
        memory_[index(instance.id)] = {instance.base, instance.base + instance.bytes};
        sms_[index(instance.id)] = instance.sms;
    };
    for (const Reconfiguration& change : setup.reconfigurations)
        for (const InstanceSetup& instance : change.create) know(instance);
    for (const InstanceSetup& instance : setup.instances) {
        know(instance);
        const std::size_t id = index(instance.id);
        for (std::size_t slice = 0; slice < slice_owners_.size(); ++slice)
            slice_owners_[slice][id] =
                !setup.walls.l2 || std::count(instance.slices.begin(), instance.slices.end(), slice);
        for (std::size_t channel = 0; channel < channel_owners_.size(); ++channel)
            channel_owners_[channel][id] =
                !setup.walls.dram || std::count(instance.channels.begin(), instance.channels.end(), channel);
        for (const std::uint16_t sm : instance.sms) {
            sm_owners_[sm][id] = true;
            gpc_owners_[gpc_of_sm_[sm]][id] = true;
        }
        if (!setup.walls.sm)
            for (Owners* table : {&sm_owners_, &gpc_owners_})
                for (auto& owners : *table) owners[id] = true;
    }
}

void Monitor::book(Tally& tally, bool foreign, InstanceId instance, std::uint64_t address) {
    ++tally.count.seen;
    if (!foreign) return;
    if (tally.count.foreign++ == 0) {
        tally.first_address = address;
        tally.first_instance = instance;
    }
}

void Monitor::at_slice(std::uint16_t slice, const MemoryRequest& request) {
    const Range& own = memory_[index(request.instance)];
    const bool inside = request.address >= own.first && request.address < own.end;
    book(slices_[slice], !inside || !slice_owners_[slice][index(request.instance)], request.instance,
         request.address);
}

void Monitor::at_channel(std::uint16_t channel, const ChannelRequest& request) {
    book(channels_[channel], !channel_owners_[channel][index(request.instance)], request.instance,
         request.line);
}

void Monitor::at_gpc(std::uint16_t gpc, const TranslationResponse& response) {
    const Range& own = memory_[index(response.instance)];
    const Address physical = response.frame << shift(response.size);
    const bool inside =
        response.fault || (physical >= own.first && physical + bytes_of(response.size) <= own.end);
    book(translations_[gpc], !inside || !gpc_owners_[gpc][index(response.instance)], response.instance,
         physical);
}

void Monitor::at_gpc(std::uint16_t gpc, const MemoryResponse& response) {
    book(responses_[gpc], !gpc_owners_[gpc][index(response.instance)], response.instance, 0);
}

void Monitor::at_gpc(std::uint16_t gpc, const CtaLaunch& launch) {
    book(launches_[gpc], !sm_owners_[launch.sm][index(launch.instance)], launch.instance, launch.sm);
}

// A slice or channel changes hands; nobody had it in between.
void Monitor::at_slice(std::uint16_t slice, const InstanceChange& change) {
    slice_owners_[slice].fill(false);
    if (change.kind == InstanceChange::Kind::Create) slice_owners_[slice][index(change.instance)] = true;
}

void Monitor::at_channel(std::uint16_t channel, const InstanceChange& change) {
    channel_owners_[channel].fill(false);
    channel_owners_[channel][index(change.instance)] = true;
}

// Answers to posted stores may still be on their way to a GPC that an instance leaves.
void Monitor::at_gpc(std::uint16_t gpc, const InstanceChange& change) {
    const bool owns = change.kind == InstanceChange::Kind::Create;
    for (const std::uint16_t sm : sms_[index(change.instance)])
        if (gpc_of_sm_[sm] == gpc) sm_owners_[sm][index(change.instance)] = owns;
    if (owns) gpc_owners_[gpc][index(change.instance)] = true;
}

Monitor::Count Monitor::slices() const {
    return sum(slices_);
}
Monitor::Count Monitor::channels() const {
    return sum(channels_);
}
Monitor::Count Monitor::translations() const {
    return sum(translations_);
}
Monitor::Count Monitor::responses() const {
    return sum(responses_);
}
Monitor::Count Monitor::launches() const {
    return sum(launches_);
}

std::uint64_t Monitor::foreign() const {
    return slices().foreign + channels().foreign + translations().foreign + responses().foreign +
           launches().foreign;
}

std::string Monitor::findings() const {
    std::string text;
    const auto tell = [&](const std::vector<Tally>& tallies, const std::string& unit,
                          const std::string& touched) {
        for (std::size_t i = 0; i < tallies.size(); ++i) {
            if (tallies[i].count.foreign == 0) continue;
            text += unit + " " + std::to_string(i) + ": instance " +
                    std::to_string(index(tallies[i].first_instance)) + touched +
                    std::to_string(tallies[i].first_address) + ", " +
                    std::to_string(tallies[i].count.foreign) + " foreign touches of " +
                    std::to_string(tallies[i].count.seen) + " seen\n";
            return;
        }
    };
    tell(slices_, "L2 slice", " touched physical address ");
    tell(channels_, "memory channel", " touched line ");
    tell(translations_, "GPC TLB", " was given physical address ");
    tell(responses_, "GPC", " was answered about ");
    tell(launches_, "GPC", " runs a CTA on SM ");
    return text;
}

} // namespace migsim
