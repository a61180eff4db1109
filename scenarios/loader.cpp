// SPDX-License-Identifier: Apache-2.0
#include "scenarios/loader.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "models/gpu/device_document.h"
#include "partition/board_reader.h"
#include "scenarios/reconfiguration_plan.h"
#include "scenarios/seating.h"
#include "scenarios/ticks.h"

namespace migsim {
namespace {

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
        loaded_.whole_gpu = whole_gpu(shape_of(*loaded_.device));
        loaded_.whole_gpu.seats.resize(loaded_.scenario.tenants.size());
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
        if (scenario.reconfiguration && !scenario.layout)
            errors_.add(node("reconfiguration"), "needs a layout, and the scenario has none");
        else if (scenario.reconfiguration && !seen.contains(Arm::Mig) && !seen.contains(Arm::Cs))
            errors_.add(node("reconfiguration"), "is for the arms mig and cs, and the scenario has neither");
        const bool shared = seen.contains(Arm::Mps) || seen.contains(Arm::Mig) || seen.contains(Arm::Cs);
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
        Document file = load_device_document(data_.device(name));
        apply_overrides(loaded_.scenario.parameters, file, errors_);
        errors_.throw_if_any();
        loaded_.device = read_device(file);
        loaded_.walls = loaded_.scenario.walls.resolve(walls_of(*loaded_.device, file, errors_));
    }

    void arrange_slices() {
        const auto board = load_board(loaded_.device->board, data_.boards(), loaded_.device->board_place);
        const std::optional<Layout> layout = resolve(*loaded_.scenario.layout, board, errors_);
        if (!layout) return;
        Arrangement& sliced =
            loaded_.sliced.emplace(arrange(*layout, shape_of(*loaded_.device), loaded_.walls));
        LayoutRequest came_to;
        for (std::size_t i = 0; i < layout->instances().size(); ++i) {
            const GpuInstance& instance = layout->instances()[i];
            LayoutRequest::Instance& entry =
                came_to.instances.emplace_back(instance.profile->name, instance.placement.start);
            if (!sliced.instances[i].is_divided()) continue;
            std::vector<std::string>& names = entry.compute_instances.emplace();
            for (const ComputeInstanceSetup& compute : sliced.instances[i].compute_instances)
                names.push_back(compute.name);
        }
        loaded_.scenario.layout = came_to;
        seat_tenants(sliced);
        check_seats(sliced);
        if (loaded_.scenario.reconfiguration && errors_.empty())
            plan_reconfiguration(loaded_.scenario, loaded_.source, board, *layout, shape_of(*loaded_.device),
                                 sliced, errors_);
    }

    // Each tenant takes the first instance of its name that nobody has yet: a compute instance, be it the one
    // that fills its GPU instance.
    void seat_tenants(Arrangement& sliced) {
        const std::vector<Tenant>& tenants = loaded_.scenario.tenants;
        std::set<Seat> taken;
        for (std::size_t i = 0; i < tenants.size(); ++i) {
            std::vector<std::string> left;
            std::optional<Seat> found;
            for (const InstanceSetup& instance : sliced.instances)
                for (std::uint8_t c = 0; c < instance.compute_instances.size(); ++c) {
                    const Seat seat{instance.id, c};
                    if (taken.contains(seat)) continue;
                    left.push_back(instance.compute_instances[c].name);
                    if (!found && tenants[i].instance == left.back()) found = seat;
                }
            if (found) {
                taken.insert(*found);
                sliced.seats.push_back(*found);
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

    // `mig` and `cs` differ in what a tenant has to itself, so a scenario says which of the two it means.
    void check_seats(const Arrangement& sliced) {
        const Scenario& scenario = loaded_.scenario;
        std::optional<std::size_t> in_part; // the first tenant on a part of a GPU instance
        for (std::size_t i = 0; i < sliced.seats.size() && !in_part; ++i)
            if (sliced.instances[index(sliced.seats[i].instance)].is_divided()) in_part = i;
        for (std::size_t i = 0; i < scenario.arms.size(); ++i) {
            if (scenario.arms[i] == Arm::Mig && in_part)
                errors_.add(node(fmt::format("tenants[{}].instance", *in_part)),
                            fmt::format("'{}' is a compute instance, and the arm 'mig' gives each tenant a "
                                        "GPU instance; legal: the arm 'cs' instead",
                                        *scenario.tenants[*in_part].instance));
            if (scenario.arms[i] == Arm::Cs && !in_part && errors_.empty())
                errors_.add(node(fmt::format("arms[{}]", i)),
                            "'cs' needs a tenant on a compute instance of the layout, and each has a whole "
                            "GPU instance; legal: the arm 'mig' instead, or a layout like [{profile: P, "
                            "compute_instances: [...]}]");
        }
    }

    const DataFolder& data_;
    LoadedScenario loaded_;
    InputErrors errors_;
};

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
                                 ticks_of_ms(limit_ms),
                                 expected_ms(tenants[i])});
            }
            continue;
        }
        SimulationPlan plan{std::string(name), arm, {}, ticks_of_ms(scenario.limit_ms), 0};
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
