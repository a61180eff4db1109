// SPDX-License-Identifier: Apache-2.0
#include "scenarios/loader.h"

#include <algorithm>
#include <numeric>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "partition/board_reader.h"
#include "partition/resource_map.h"
#include "scenarios/seating.h"

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

InstanceSetup setup_of(const InstanceResources& owned, InstanceId id, std::string name) {
    InstanceSetup setup;
    setup.id = id;
    setup.name = std::move(name);
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

WallSet walls_of(const Device& device, const Document& file, InputErrors& errors) {
    WallSet walls;
    const std::vector<std::string> legal = enum_names<Wall>();
    for (std::size_t i = 0; i < device.walls.size(); ++i) {
        const auto found = std::find(legal.begin(), legal.end(), device.walls[i]);
        if (found == legal.end())
            errors.add(*file.find(fmt::format("walls[{}]", i)), not_legal(device.walls[i], "a wall", legal));
        else
            walls.add(EnumNames<Wall>::table[static_cast<std::size_t>(found - legal.begin())].value);
    }
    return walls;
}

// Reads and checks one scenario; each step complains and goes on where it can.
class Loader {
public:
    Loader(const std::filesystem::path& file, const std::vector<std::string>& settings,
           const DataFolder& data)
        : data_(data) {
        loaded_.source = load_document(file);
        for (const std::string& setting : settings) apply_set(loaded_.source, setting);
        read_document(loaded_.source, scenario_format, loaded_.scenario, errors_);
        errors_.throw_if_any();
    }

    LoadedScenario load() {
        check_arms();
        check_tenants();
        load_device();
        errors_.throw_if_any();
        arrange_whole_gpu();
        if (loaded_.scenario.layout) arrange_slices();
        errors_.throw_if_any();
        return std::move(loaded_);
    }

private:
    const Node& node(const std::string& path) const {
        const Node* found = loaded_.source.find(path);
        return found ? *found : loaded_.source.root;
    }

    void check_arms() {
        const Scenario& scenario = loaded_.scenario;
        std::set<Arm> seen;
        for (std::size_t i = 0; i < scenario.arms.size(); ++i) {
            const Arm arm = scenario.arms[i];
            if (!seen.insert(arm).second)
                errors_.add(node(fmt::format("arms[{}]", i)),
                            fmt::format("'{}' stands twice", enum_name(arm)));
            if (uses_layout(arm) && !scenario.layout)
                errors_.add(node(fmt::format("arms[{}]", i)),
                            fmt::format("'{}' needs a layout, and the scenario has none", enum_name(arm)));
        }
        const bool shared = seen.contains(Arm::Mps) || seen.contains(Arm::Mig);
        const bool someone_ends =
            std::any_of(scenario.tenants.begin(), scenario.tenants.end(),
                        [](const Tenant& tenant) { return tenant.requests.has_value(); });
        if (shared && !someone_ends)
            errors_.add(node("tenants"),
                        "of these one at least must have a number of requests: shared arms end with it");
    }

    void check_tenants() {
        const std::vector<Tenant>& tenants = loaded_.scenario.tenants;
        if (tenants.size() > max_tenants)
            errors_.add(node("tenants"),
                        fmt::format("are {}; legal: at most {}", tenants.size(), max_tenants));
        const std::string legal = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
        for (std::size_t i = 0; i < tenants.size(); ++i)
            if (tenants[i].name.find_first_not_of(legal) != std::string::npos || tenants[i].name.size() > 40)
                errors_.add(
                    node(fmt::format("tenants[{}].name", i)),
                    fmt::format(
                        "{} cannot be part of a file's name; legal: up to 40 letters, digits, - and _",
                        shown(tenants[i].name)));
    }

    void load_device() {
        const std::string& name = loaded_.scenario.device;
        const std::vector<std::string> legal = data_.device_names();
        if (std::find(legal.begin(), legal.end(), name) == legal.end())
            return errors_.add(node("device"), not_legal(name, "a device", legal));
        Document file = load_document(data_.device(name));
        apply_overrides(loaded_.scenario.parameters, file, errors_);
        errors_.throw_if_any();
        loaded_.device = read_device(file);
        shape_ = shape_of(*loaded_.device);
        loaded_.walls = loaded_.scenario.walls.resolve(walls_of(*loaded_.device, file, errors_));
    }

    void arrange_whole_gpu() {
        const ResourceMap whole = ResourceMap::whole_gpu(shape_);
        loaded_.whole_gpu.instances = {setup_of(whole.instances().front(), InstanceId{0}, "whole GPU")};
        loaded_.whole_gpu.instance_of.assign(loaded_.scenario.tenants.size(), InstanceId{0});
    }

    void arrange_slices() {
        const auto board = load_board(loaded_.device->board, data_.boards(), loaded_.device->board_place);
        const std::optional<Layout> layout = resolve(*loaded_.scenario.layout, board, errors_);
        if (!layout) return;
        const ResourceMap map(*layout, shape_);
        Arrangement& sliced = loaded_.sliced.emplace();
        LayoutRequest came_to;
        for (std::size_t i = 0; i < layout->instances().size(); ++i) {
            const GpuInstance& instance = layout->instances()[i];
            sliced.instances.push_back(setup_of(map.instances()[i], InstanceId{static_cast<std::uint8_t>(i)},
                                                instance.profile->name));
            came_to.instances.push_back({instance.profile->name, instance.placement.start});
        }
        loaded_.scenario.layout = came_to;
        sliced.walls = machine_walls(loaded_.walls);
        seat_tenants(sliced);
    }

    // Each tenant takes the first instance of its profile that nobody has yet.
    void seat_tenants(Arrangement& sliced) {
        const std::vector<Tenant>& tenants = loaded_.scenario.tenants;
        std::set<InstanceId> taken;
        for (std::size_t i = 0; i < tenants.size(); ++i) {
            std::vector<std::string> left;
            const InstanceSetup* seat = nullptr;
            for (const InstanceSetup& instance : sliced.instances) {
                if (taken.contains(instance.id)) continue;
                left.push_back(instance.name);
                if (!seat && tenants[i].instance == instance.name) seat = &instance;
            }
            if (seat) {
                taken.insert(seat->id);
                sliced.instance_of.push_back(seat->id);
            } else if (tenants[i].instance) {
                errors_.add(
                    node(fmt::format("tenants[{}].instance", i)),
                    not_legal(*tenants[i].instance, "an instance of the layout that nobody has yet", left));
            } else {
                errors_.add(
                    node(fmt::format("tenants[{}]", i)),
                    fmt::format("has no instance, and arms with a layout need one; legal: {}",
                                left.empty() ? "none is left" : fmt::format("{}", fmt::join(left, ", "))));
            }
        }
    }

    const DataFolder& data_;
    LoadedScenario loaded_;
    MachineShape shape_;
    InputErrors errors_;
};

Tick as_ticks(double milliseconds) {
    return static_cast<Tick>(milliseconds * 1e9);
}

// How long a tenant's own requests take at least, as far as the scenario says: for progress and order only.
double expected_ms(const Tenant& tenant) {
    const double requests = static_cast<double>(tenant.requests.value_or(0) + tenant.warmup_requests);
    if (const auto* open = std::get_if<OpenLoop>(&tenant.load)) return requests * open->period_us / 1e3;
    return tenant.baseline_ms.value_or(requests * 0.02);
}

} // namespace

std::vector<SimulationPlan> LoadedScenario::plans() const {
    std::vector<SimulationPlan> plans;
    const std::vector<Tenant>& tenants = scenario.tenants;
    for (const auto& [arm, name] : EnumNames<Arm>::table) {
        if (std::find(scenario.arms.begin(), scenario.arms.end(), arm) == scenario.arms.end()) continue;
        if (is_baseline(arm)) {
            for (std::uint32_t i = 0; i < tenants.size(); ++i) {
                const double limit_ms =
                    std::min(scenario.limit_ms, tenants[i].baseline_ms.value_or(scenario.limit_ms));
                plans.push_back({fmt::format("{}-{}", name, tenants[i].name),
                                 arm,
                                 {i},
                                 as_ticks(limit_ms),
                                 expected_ms(tenants[i])});
            }
            continue;
        }
        SimulationPlan plan{std::string(name), arm, {}, as_ticks(scenario.limit_ms), 0};
        for (std::uint32_t i = 0; i < tenants.size(); ++i) {
            plan.tenants.push_back(i);
            if (tenants[i].requests) plan.weight = std::max(plan.weight, expected_ms(tenants[i]));
        }
        plan.weight *= static_cast<double>(tenants.size());
        plans.push_back(std::move(plan));
    }
    return plans;
}

std::string LoadedScenario::effective(const std::filesystem::path& home, Origins origins) const {
    return effective_text(scenario, scenario_format, source, home, origins);
}

LoadedScenario load_scenario(const std::filesystem::path& file, const std::vector<std::string>& settings,
                             const DataFolder& data) {
    LoadedScenario loaded = Loader(file, settings, data).load();
    refuse_what_does_not_fit(loaded);
    return loaded;
}

} // namespace migsim
