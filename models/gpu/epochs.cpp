// SPDX-License-Identifier: Apache-2.0
#include "models/gpu/epochs.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <stdexcept>
#include <string>

namespace migsim {
namespace {

// With a wall down, the addresses of every instance spread over all slices or channels.
AddressMap make_map(const MachineSetup& setup, const std::vector<InstanceSetup>& instances) {
    const ChipParams& chip = setup.device->chip;
    std::vector<Region> regions;
    for (const InstanceSetup& instance : instances) {
        Region region{instance.base,   instance.bytes,    std::nullopt,
                      instance.slices, instance.channels, instance.partitions};
        if (partitioned(setup)) region.owner = instance.id;
        if (!setup.walls.l2) {
            region.slices = numbers(chip.l2_slices);
            region.partitions = chip.l2_partitions;
        }
        if (!setup.walls.dram) region.channels = numbers(chip.channels);
        regions.push_back(std::move(region));
    }
    return AddressMap(setup.device->address, std::move(regions));
}

void check_ids(const std::vector<InstanceSetup>& instances) {
    std::array<bool, max_instances> seen{};
    for (const InstanceSetup& instance : instances) {
        if (index(instance.id) >= max_instances || seen[index(instance.id)])
            throw std::invalid_argument("instance " + std::to_string(index(instance.id)) +
                                        " is named twice, or one too many: a run has at most " +
                                        std::to_string(max_instances) + ", destroyed ones included");
        seen[index(instance.id)] = true;
    }
}

} // namespace

std::vector<std::uint16_t> numbers(std::uint32_t count) {
    std::vector<std::uint16_t> all(count);
    std::iota(all.begin(), all.end(), std::uint16_t{0});
    return all;
}

bool partitioned(const MachineSetup& setup) {
    return all_instances(setup).size() > 1;
}

std::vector<InstanceSetup> all_instances(const MachineSetup& setup) {
    std::vector<InstanceSetup> all = setup.instances;
    for (const Reconfiguration& change : setup.reconfigurations)
        all.insert(all.end(), change.create.begin(), change.create.end());
    return all;
}

std::vector<Epoch> epochs_of(const MachineSetup& setup) {
    check_ids(all_instances(setup));
    std::vector<InstanceSetup> now = setup.instances;
    std::vector<Epoch> epochs;
    epochs.push_back({now, {}, make_map(setup, now)});
    for (const Reconfiguration& change : setup.reconfigurations) {
        // Else the lines of those that stay would move, or others run on their SMs.
        if (!(change.destroy.empty() && change.create.empty()) &&
            !(setup.walls.sm && setup.walls.l2 && setup.walls.dram))
            throw std::invalid_argument("instances change during a run only where the walls sm, l2 and dram "
                                        "are up");
        for (const InstanceId id : change.destroy)
            if (std::erase_if(now, [&](const InstanceSetup& instance) { return instance.id == id; }) == 0)
                throw std::invalid_argument("instance " + std::to_string(index(id)) +
                                            " is destroyed and was not there");
        if (change.create.empty()) continue;
        now.insert(now.end(), change.create.begin(), change.create.end());
        Epoch& epoch = epochs.emplace_back(Epoch{now, {}, make_map(setup, now)});
        for (const InstanceSetup& instance : change.create) epoch.created.push_back(instance.id);
    }
    return epochs;
}

} // namespace migsim
