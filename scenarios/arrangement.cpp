// SPDX-License-Identifier: Apache-2.0
#include "scenarios/arrangement.h"

#include <string>
#include <utility>

namespace migsim {
namespace {

std::uint16_t narrow(std::uint32_t number) {
    return static_cast<std::uint16_t>(number);
}

std::vector<std::uint16_t> narrow(const std::vector<std::uint32_t>& numbers) {
    std::vector<std::uint16_t> narrowed;
    for (const std::uint32_t number : numbers) narrowed.push_back(narrow(number));
    return narrowed;
}

// compute_instances: the name of each.
InstanceSetup setup_of(const InstanceResources& owned, InstanceId id, std::string name,
                       const std::vector<std::string>& compute_instances) {
    InstanceSetup setup;
    setup.id = id;
    setup.name = std::move(name);
    for (std::size_t i = 0; i < compute_instances.size(); ++i)
        setup.compute_instances.push_back({compute_instances[i], narrow(owned.compute_instances[i])});
    setup.sms = narrow(owned.sms);
    setup.slices = narrow(owned.l2_slices);
    setup.channels = narrow(owned.channels);
    setup.partitions = owned.l2_partitions;
    setup.base = owned.window.base;
    setup.bytes = owned.window.size;
    setup.memory_share = owned.memory_share;
    return setup;
}

MachineWalls machine_walls(const WallSet& walls) {
    return {.sm = walls.has(Wall::Sm),
            .gpc_port = walls.has(Wall::GpcPort),
            .crossbar = walls.has(Wall::Crossbar),
            .l2 = walls.has(Wall::L2),
            .dram = walls.has(Wall::Dram),
            .gpc_tlb = walls.has(Wall::GpcTlb),
            .l3_tlb = walls.has(Wall::L3Tlb),
            .page_walker = walls.has(Wall::PageWalker)};
}

} // namespace

MachineShape shape_of(const Device& device) {
    const ChipParams& chip = device.chip;
    MachineShape shape;
    for (std::size_t gpc = 0; gpc < chip.gpc_tpcs.value().size(); ++gpc)
        shape.gpcs.push_back({chip.gpc_tpcs.value()[gpc], chip.gpc_partition.value()[gpc]});
    shape.sms_per_tpc = chip.sms_per_tpc;
    shape.l2_partitions = chip.l2_partitions;
    shape.l2_slices = chip.l2_slices;
    shape.channels = chip.channels;
    shape.memory_bytes = chip.memory_mib.value() << 20;
    return shape;
}

Arrangement whole_gpu(const MachineShape& shape) {
    Arrangement whole;
    whole.instances = {setup_of(ResourceMap::whole_gpu(shape).instances().front(), InstanceId{0}, "whole GPU",
                                {"whole GPU"})};
    return whole;
}

InstanceSetup instance_setup(const Layout& layout, std::size_t position, const ResourceMap& map,
                             InstanceId id) {
    const std::string& name = layout.instances()[position].profile->name;
    std::vector<std::string> compute_instances;
    for (const ComputeInstance& compute : layout.compute_instances(position))
        compute_instances.push_back(compute.profile->fills_instance ? name : compute.profile->name);
    return setup_of(map.instances()[position], id, name, compute_instances);
}

Arrangement arrange(const Layout& layout, const MachineShape& shape, const WallSet& walls) {
    Arrangement sliced;
    const ResourceMap map(layout, shape);
    for (std::size_t i = 0; i < layout.instances().size(); ++i)
        sliced.instances.push_back(instance_setup(layout, i, map, InstanceId{static_cast<std::uint8_t>(i)}));
    sliced.walls = machine_walls(walls);
    return sliced;
}

const InstanceSetup& Arrangement::instance(InstanceId id) const {
    for (const ArrangedStep& step : steps)
        for (const InstanceSetup& created : step.change.create)
            if (created.id == id) return created;
    return instances[index(id)];
}

} // namespace migsim
