// SPDX-License-Identifier: Apache-2.0
#include "scenarios/reconfiguration_plan.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "partition/layout_search.h"
#include "partition/mig_gpu.h"
#include "partition/mig_plan.h"
#include "scenarios/ticks.h"

namespace migsim {
namespace {

// An address space for each, beside those that tenants begin with.
constexpr std::size_t most_moves = 256 - max_tenants;

struct Live {                // an instance that is there
    std::uint32_t driver_id; // as nvidia-smi has it; given again once free
    InstanceId id;           // the machine's; never given again
    Placement placement;
};

class Planner {
public:
    Planner(const Scenario& scenario, const Document& source, const std::shared_ptr<const Board>& board,
            const Layout& layout, const MachineShape& shape, Arrangement& sliced, InputErrors& errors)
        : scenario_(scenario),
          source_(source),
          board_(board),
          shape_(shape),
          sliced_(sliced),
          errors_(errors),
          gpu_(board, board->missing_slot),
          seats_(sliced.seats.begin(), sliced.seats.end()),
          left_(seats_.size()) {
        gpu_.restore_mode({true, true});
        const ResourceMap map(layout, shape);
        for (std::size_t i = 0; i < layout.instances().size(); ++i) {
            const GpuInstance& instance = layout.instances()[i];
            const auto made =
                std::get<GpuInstance>(gpu_.create_gpu_instance(*instance.profile, instance.placement.start));
            for (const ComputeInstance& compute : layout.compute_instances(i))
                gpu_.create_compute_instance(made.id, *compute.profile);
            live_.push_back({made.id, InstanceId{static_cast<std::uint8_t>(i)}, instance.placement});
            kept_[instance.placement] = map.instances()[i].tpcs;
        }
        next_id_ = live_.size();
        for (const std::optional<Seat>& seat : seats_)
            gpu_.attach(live(seat->instance).driver_id, client(*seat));
    }

    void plan() {
        const ReconfigurationRequest& request = *scenario_.reconfiguration;
        check_walls();
        for (number_ = 0; number_ < request.steps.size(); ++number_) {
            const ReconfigurationStep& step = request.steps[number_];
            if (number_ > 0 && step.at_ms < request.steps[number_ - 1].at_ms)
                errors_.add(node("at_ms"), fmt::format("{} lies before the step before it", step.at_ms));
            if (step.at_ms >= scenario_.limit_ms)
                errors_.add(node("at_ms"),
                            fmt::format("{} is not before the end of the run; legal: less than limit_ms, {}",
                                        step.at_ms, scenario_.limit_ms));
            sliced_.steps.emplace_back().change.at = ticks_of_ms(step.at_ms);
            drain(step);
            destroy(step, request.costs);
            create(step, request.costs);
            move(step);
            if (!step.move.empty()) change().start_up_time = ticks_of_ms(request.costs.start_up_ms);
        }
    }

private:
    Reconfiguration& change() { return sliced_.steps.back().change; }

    const Node& node(const std::string& path) const {
        return *source_.find(fmt::format("reconfiguration.steps[{}].{}", number_, path));
    }
    const Node& node(const char* key, std::size_t i) const { return node(fmt::format("{}[{}]", key, i)); }
    // What a tenant is called is free, so no path leads there.
    const Node& move_of(const std::string& tenant) const { return *node("move").find(tenant); }

    // Else what stays would move, too: addresses of all instances spread over all slices or channels, and
    // kernels over all SMs.
    void check_walls() {
        const MachineWalls& walls = sliced_.walls;
        if (!(walls.sm && walls.l2 && walls.dram))
            errors_.add(*source_.find("reconfiguration"),
                        "needs the walls sm, l2 and dram, and the scenario's walls leave one of them down");
    }

    Live& live(InstanceId id) { return *std::ranges::find(live_, id, &Live::id); }
    const InstanceSetup& setup(const Live& instance) const { return sliced_.instance(instance.id); }
    // The driver's number of the compute instance of a seat.
    std::uint32_t client(const Seat& seat) {
        return gpu_.compute_instances(live(seat.instance).driver_id)->instances()[seat.compute_instance].id;
    }

    std::optional<std::uint32_t> tenant_of(const std::string& name) const {
        const auto found = std::ranges::find(scenario_.tenants, name, &Tenant::name);
        if (found == scenario_.tenants.end()) return std::nullopt;
        return static_cast<std::uint32_t>(found - scenario_.tenants.begin());
    }

    std::optional<std::uint32_t> tenant_named(const std::string& name, const Node& at) {
        const std::optional<std::uint32_t> tenant = tenant_of(name);
        if (!tenant) {
            std::vector<std::string> legal;
            for (const Tenant& other : scenario_.tenants) legal.push_back(other.name);
            errors_.add(at, not_legal(name, "a tenant", legal));
        }
        return tenant;
    }

    void drain(const ReconfigurationStep& step) {
        const auto leave = [&](std::uint32_t tenant) {
            gpu_.detach(live(seats_[tenant]->instance).driver_id, client(*seats_[tenant]));
            left_[tenant] = seats_[tenant];
            seats_[tenant].reset();
            change().drain.push_back(TenantId{static_cast<std::uint8_t>(tenant)});
        };
        for (std::size_t i = 0; i < step.drain.size(); ++i) {
            const auto tenant = tenant_named(step.drain[i], node("drain", i));
            if (!tenant) continue;
            if (seats_[*tenant])
                leave(*tenant);
            else
                errors_.add(node("drain", i),
                            fmt::format("{} has been drained already", shown(step.drain[i])));
        }
        for (const auto& [name, to] : step.move)
            if (const auto tenant = tenant_named(name, move_of(name)); tenant && seats_[*tenant])
                leave(*tenant);
    }

    // As people name instances; with the start, where there are several of the kind.
    static bool is_named(const std::string& text, const std::string& name, const Placement& placement) {
        return text == name || text == fmt::format("{}:{}", name, placement.start);
    }

    void destroy(const ReconfigurationStep& step, const ReconfigurationCosts& costs) {
        std::uint32_t slices = 0;
        for (std::size_t i = 0; i < step.destroy.size(); ++i)
            if (const Live* instance = to_destroy(step.destroy[i], node("destroy", i))) {
                slices += destroy(*instance);
            }
        change().destroy_time = ticks_of_ms(costs.destroy(slices));
    }

    const Live* to_destroy(const std::string& name, const Node& at) {
        std::vector<std::string> legal;
        const Live* busy = nullptr;
        for (const Live& instance : live_) {
            legal.push_back(fmt::format("{}:{}", setup(instance).name, instance.placement.start));
            if (!is_named(name, setup(instance).name, instance.placement)) continue;
            if (users(instance).empty()) return &instance;
            busy = &instance;
        }
        if (!busy) {
            errors_.add(at, not_legal(name, "an instance that is there then", legal));
            return nullptr;
        }
        const std::vector<std::string> names = users(*busy);
        errors_.add(at, fmt::format("{} cannot be destroyed while {} {} it ({}); legal: drain: [{}] in this "
                                    "step or one before",
                                    shown(name), fmt::join(names, ", "), names.size() == 1 ? "uses" : "use",
                                    nvml_reason(RefusalReason::InUse), fmt::join(names, ", ")));
        return nullptr;
    }

    std::vector<std::string> users(const Live& instance) const {
        std::vector<std::string> names;
        for (std::size_t tenant = 0; tenant < seats_.size(); ++tenant)
            if (seats_[tenant] && seats_[tenant]->instance == instance.id)
                names.push_back(scenario_.tenants[tenant].name);
        return names;
    }

    std::uint32_t destroy(Live instance) {
        const std::vector<ComputeInstance> compute = gpu_.compute_instances(instance.driver_id)->instances();
        for (const ComputeInstance& part : compute)
            gpu_.destroy_compute_instance(instance.driver_id, part.id);
        const auto made =
            std::ranges::find(gpu_.gpu_instances().instances(), instance.driver_id, &GpuInstance::id);
        const std::uint32_t slices = made->profile->compute_slices;
        gpu_.destroy_gpu_instance(instance.driver_id);
        kept_.erase(instance.placement);
        std::erase_if(live_, [&](const Live& other) { return other.id == instance.id; });
        change().destroy.push_back(instance.id);
        return slices;
    }

    void create(const ReconfigurationStep& step, const ReconfigurationCosts& costs) {
        std::vector<Live> created;
        for (std::size_t i = 0; i < step.create.size(); ++i)
            if (const auto made = make(step.create[i], node("create", i))) created.push_back(*made);
        if (created.empty()) return;
        change().create_time = ticks_of_ms(costs.create(created.size()));

        Layout layout(gpu_.gpu_instances(), Creation::AtPlacement);
        for (std::size_t i = 0; i < layout.instances().size(); ++i)
            layout.divide(i, *gpu_.compute_instances(layout.instances()[i].id));
        const ResourceMap map(layout, shape_, kept_);
        for (std::size_t i = 0; i < layout.instances().size(); ++i)
            kept_[layout.instances()[i].placement] = map.instances()[i].tpcs;
        for (const Live& instance : created) {
            const auto place =
                std::ranges::find(layout.instances(), instance.placement, &GpuInstance::placement);
            change().create.push_back(instance_setup(
                layout, static_cast<std::size_t>(place - layout.instances().begin()), map, instance.id));
            live_.push_back(instance);
        }
    }

    std::optional<Live> make(const std::string& name, const Node& at) {
        try {
            const MigDeviceWish wish = mig_device_wanted(*board_, name);
            if (!wish.compute_instance->fills_instance) {
                errors_.add(
                    at, fmt::format("{} is a compute instance, and a step creates GPU instances; legal: {}",
                                    shown(name), wish.profile->name));
                return std::nullopt;
            }
            if (next_id_ == max_instances) {
                errors_.add(at,
                            fmt::format("is one instance too many; legal: {} in a run, with those that are "
                                        "destroyed in it",
                                        max_instances));
                return std::nullopt;
            }
            const auto made = gpu_.create_gpu_instance(*wish.profile, wish.start);
            if (const auto* refusal = std::get_if<Refusal>(&made)) {
                errors_.add(at, refused(*refusal, *wish.profile));
                return std::nullopt;
            }
            const auto& instance = std::get<GpuInstance>(made);
            gpu_.create_compute_instance(instance.id, wish.profile->filling());
            return Live{instance.id, InstanceId{static_cast<std::uint8_t>(next_id_++)}, instance.placement};
        } catch (const InputError& error) {
            errors_.add(at, error.what());
            return std::nullopt;
        }
    }

    std::string refused(const Refusal& refusal, const Profile& wanted) const {
        ProfileCounts counts(board_->profiles.size());
        for (const GpuInstance& instance : gpu_.gpu_instances().instances())
            ++counts[board_->index_of(*instance.profile)];
        ++counts[board_->index_of(wanted)];
        const Refusal with_nearest{refusal.reason, refusal.sentence, nearest_layouts(*board_, counts, 3)};
        return fmt::format("{} ({}); {}", refusal.sentence, nvml_reason(refusal.reason),
                           nearest_legal(*board_, with_nearest));
    }

    void move(const ReconfigurationStep& step) {
        for (const auto& [name, to] : step.move) {
            const std::optional<std::uint32_t> tenant = tenant_of(name);
            if (!tenant) continue; // complained of already
            if (++moves_ > most_moves)
                return errors_.add(move_of(name),
                                   fmt::format("is one move too many; legal: {} in a run", most_moves));
            if (const auto seat = free_seat(to, move_of(name), left_[*tenant])) {
                seats_[*tenant] = seat;
                gpu_.attach(live(seat->instance).driver_id, client(*seat));
                sliced_.steps.back().moves[*tenant] = *seat;
            }
        }
    }

    // Not where the tenant has just been, unless that is named with its start.
    std::optional<Seat> free_seat(const std::string& name, const Node& at, const std::optional<Seat>& left) {
        std::vector<std::string> legal;
        for (const Live& instance : live_)
            for (std::uint8_t c = 0; c < setup(instance).compute_instances.size(); ++c) {
                const Seat seat{instance.id, c};
                if (std::ranges::find(seats_, std::optional(seat)) != seats_.end()) continue;
                const std::string& compute = setup(instance).compute_instances[c].name;
                legal.push_back(fmt::format("{}:{}", compute, instance.placement.start));
                if (!is_named(name, compute, instance.placement) || (seat == left && name == compute))
                    continue;
                check_arms(seat, name, at);
                return seat;
            }
        errors_.add(at, not_legal(name, "an instance that nobody has then", legal));
        return std::nullopt;
    }

    void check_arms(const Seat& seat, const std::string& name, const Node& at) {
        if (sliced_.instance(seat.instance).is_divided() && std::ranges::count(scenario_.arms, Arm::Mig))
            errors_.add(at, fmt::format("{} is a compute instance, and the arm 'mig' gives each tenant a GPU "
                                        "instance; legal: the arm 'cs' instead",
                                        shown(name)));
    }

    const Scenario& scenario_;
    const Document& source_;
    const std::shared_ptr<const Board>& board_;
    const MachineShape& shape_;
    Arrangement& sliced_;
    InputErrors& errors_;
    MigGpu gpu_;
    std::vector<Live> live_;
    KeptTpcs kept_;
    std::size_t next_id_ = 0;
    std::vector<std::optional<Seat>> seats_; // of each tenant that is not drained
    std::vector<std::optional<Seat>> left_;  // by each tenant, last
    std::size_t moves_ = 0;
    std::size_t number_ = 0; // of the step
};

} // namespace

void plan_reconfiguration(const Scenario& scenario, const Document& source,
                          const std::shared_ptr<const Board>& board, const Layout& layout,
                          const MachineShape& shape, Arrangement& sliced, InputErrors& errors) {
    Planner(scenario, source, board, layout, shape, sliced, errors).plan();
}

} // namespace migsim
