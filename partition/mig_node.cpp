// SPDX-License-Identifier: Apache-2.0
#include "partition/mig_node.h"

#include <algorithm>
#include <tuple>

#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <fmt/format.h>

namespace migsim {

namespace {

boost::uuids::uuid named(const boost::uuids::uuid& space, const std::string& name) {
    return boost::uuids::name_generator_sha1(space)(name);
}

boost::uuids::uuid uuid_of(const SimulatedGpu& gpu) {
    return named(boost::uuids::ns::url(), fmt::format("migsim:{}/{}", gpu.table().name, gpu.index));
}

template <class Instance, class Key>
std::vector<const Instance*> sorted(const std::vector<Instance>& instances, Key key) {
    std::vector<const Instance*> listed;
    for (const Instance& instance : instances) listed.push_back(&instance);
    std::ranges::sort(listed, {}, key);
    return listed;
}

} // namespace

std::string SimulatedGpu::pci_bus_id() const {
    return fmt::format("00000000:{:02X}:00.0", index + 1);
}

std::string SimulatedGpu::uuid() const {
    return "GPU-" + to_string(uuid_of(*this));
}

std::string SimulatedGpu::mig_uuid(std::uint32_t gpu_instance, std::uint32_t compute_instance) const {
    return "MIG-" + to_string(named(uuid_of(*this), fmt::format("{}/{}", gpu_instance, compute_instance)));
}

std::vector<MigDevice> mig_devices(const MigGpu& gpu) {
    std::vector<MigDevice> devices;
    for (const GpuInstance* gi : sorted(gpu.gpu_instances().instances(), [](auto* i) { return i->id; }))
        for (const ComputeInstance* ci :
             sorted(gpu.compute_instances(gi->id)->instances(), [](auto* i) { return i->id; }))
            devices.push_back({gi, ci});
    return devices;
}

std::vector<const GpuInstance*> gpu_instances_as_listed(const MigGpu& gpu) {
    return sorted(gpu.gpu_instances().instances(),
                  [](auto* i) { return std::tuple(i->profile->nvml_profile, i->id); });
}

std::vector<const ComputeInstance*> compute_instances_as_listed(const ComputeInstanceAllocator& compute) {
    return sorted(compute.instances(), [](auto* i) { return std::tuple(i->profile->id.value_or(0), i->id); });
}

} // namespace migsim
