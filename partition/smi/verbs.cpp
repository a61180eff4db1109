// SPDX-License-Identifier: Apache-2.0
#include "partition/smi/verbs.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "models/base/config/input_errors.h"
#include "partition/mig_minors.h"
#include "partition/smi/profile_names.h"
#include "partition/smi/tables.h"

namespace migsim::smi {

namespace {

constexpr int not_found = 6; // NVML_ERROR_NOT_FOUND

class Execution {
public:
    Execution(const CommandLine& line, MigNode& node) : line_(line) {
        if (!line.gpus) {
            for (SimulatedGpu& gpu : node) gpus_.push_back(&gpu);
            return;
        }
        for (const std::string& wanted : *line.gpus) gpus_.push_back(&find(node, wanted));
    }

    Answer carry_out() {
        switch (line_.verb) {
        case Verb::ListGpus:
            say(list(all()));
            break;
        case Verb::ListGpuInstanceProfiles:
            say(gpu_instance_profiles(all()));
            break;
        case Verb::ListGpuInstancePlacements:
            say(gpu_instance_placements(all()));
            break;
        case Verb::SetMode:
            set_mode();
            break;
        case Verb::ResetGpu:
            reset();
            break;
        case Verb::Attach:
        case Verb::Detach:
            change_clients();
            break;
        case Verb::Reboot:
            for (SimulatedGpu* gpu : gpus_) gpu->mig.reboot();
            break;
        case Verb::ListMinors:
            list_minors();
            break;
        default:
            carry_out_on_enabled();
        }
        return std::move(answer_);
    }

private:
    // The verbs that need MIG mode; GPUs without it are passed over.
    void carry_out_on_enabled() {
        std::erase_if(gpus_, [](const SimulatedGpu* gpu) { return !gpu->mig.mode().current; });
        if (gpus_.empty()) return refuse(not_found, "No MIG-enabled devices found.");
        switch (line_.verb) {
        case Verb::ListGpuInstances:
            if (any_gpu_instance()) say(gpu_instances(all()));
            break;
        case Verb::ListComputeInstanceProfiles:
            if (any_gpu_instance()) say(compute_instance_profiles(all(), filter()));
            break;
        case Verb::ListComputeInstances:
            if (any_compute_instance()) say(compute_instances(all(), filter()));
            break;
        case Verb::CreateGpuInstances:
            create_gpu_instances();
            break;
        case Verb::CreateComputeInstances:
            if (any_gpu_instance()) create_compute_instances();
            break;
        case Verb::DestroyGpuInstances:
            if (any_gpu_instance()) destroy_gpu_instances();
            break;
        case Verb::DestroyComputeInstances:
            if (any_compute_instance()) destroy_compute_instances();
            break;
        default:
            say(mig_devices(all()));
        }
    }

    void create_gpu_instances() {
        std::vector<std::pair<SimulatedGpu*, WantedGpuInstance>> wanted; // all of it, before anything is done
        for (SimulatedGpu* gpu : gpus_)
            for (const std::string& item : line_.items)
                wanted.emplace_back(gpu, gpu_instance_wanted(gpu->table(), item));
        for (const auto& [gpu, want] : wanted) {
            const auto made = gpu->mig.create_gpu_instance(*want.profile, want.start);
            if (const Refusal* refusal = std::get_if<Refusal>(&made))
                return fail("create GPU instances", *refusal,
                            fmt::format("Unable to create a GPU instance on GPU {:2} using profile {}",
                                        gpu->index, id_or_name(*want.profile)));
            const GpuInstance& instance = std::get<GpuInstance>(made);
            say(fmt::format(
                "Successfully created GPU instance ID {:2} on GPU {:2} using profile MIG {} (ID {:>2})\n",
                instance.id, gpu->index, want.profile->name, to_string(want.profile->id)));
            if (line_.with_compute_instances && !create(*gpu, instance.id, want.profile->filling())) return;
        }
    }

    void create_compute_instances() {
        struct Wanted {
            SimulatedGpu* gpu;
            std::uint32_t gpu_instance;
            const ComputeInstanceProfile* profile;
        };
        std::vector<Wanted> wanted;
        for_each_gpu_instance([&](SimulatedGpu& gpu, const GpuInstance& gi) {
            if (line_.items.empty()) wanted.push_back({&gpu, gi.id, &gi.profile->filling()});
            for (const std::string& item : line_.items)
                wanted.push_back({&gpu, gi.id, &compute_instance_wanted(*gi.profile, item)});
        });
        for (const Wanted& want : wanted)
            if (!create(*want.gpu, want.gpu_instance, *want.profile)) return;
    }

    // No source shows what nvidia-smi says where this fails: by analogy with GPU instances.
    bool create(SimulatedGpu& gpu, std::uint32_t gi, const ComputeInstanceProfile& profile) {
        const auto made = gpu.mig.create_compute_instance(gi, profile);
        if (const Refusal* refusal = std::get_if<Refusal>(&made)) {
            fail("create compute instances", *refusal,
                 fmt::format(
                     "Unable to create a compute instance on GPU {:2} GPU instance ID {:2} using profile {}",
                     gpu.index, gi, id_or_name(profile)));
            return false;
        }
        say(fmt::format(
            "Successfully created compute instance ID {:2} on GPU {:2} GPU instance ID {:2} using "
            "profile MIG {} (ID {:>2})\n",
            std::get<ComputeInstance>(made).id, gpu.index, gi, profile.name, to_string(profile.id)));
        return true;
    }

    void destroy_gpu_instances() {
        for_each_gpu_instance([&](SimulatedGpu& gpu, const GpuInstance& gi) {
            if (answer_.exit_code != 0) return;
            const std::uint32_t id = gi.id; // gi goes with it
            if (const auto refusal = gpu.mig.destroy_gpu_instance(id))
                return fail(
                    "destroy GPU instances", *refusal,
                    fmt::format("Unable to destroy GPU instance ID {:2} from GPU {:2}", id, gpu.index));
            say(fmt::format("Successfully destroyed GPU instance ID {:2} from GPU {:2}\n", id, gpu.index));
        });
    }

    void destroy_compute_instances() {
        for_each_compute_instance([&](SimulatedGpu& gpu, std::uint32_t gi, std::uint32_t ci) {
            if (answer_.exit_code != 0) return;
            if (const auto refusal = gpu.mig.destroy_compute_instance(gi, ci))
                return fail(
                    "destroy compute instances", *refusal,
                    fmt::format(
                        "Unable to destroy compute instance ID {:2} from GPU {:2} GPU instance ID {:2}", ci,
                        gpu.index, gi));
            say(fmt::format(
                "Successfully destroyed compute instance ID {:2} from GPU {:2} GPU instance ID {:2}\n", ci,
                gpu.index, gi));
        });
    }

    void set_mode() {
        const bool enable = mode_wanted(line_.items);
        for (SimulatedGpu* gpu : gpus_) {
            const std::string id = gpu->pci_bus_id();
            if (const auto refusal = gpu->mig.set_mode(enable)) {
                say(fmt::format(
                    "Warning: MIG mode is in pending {} state for GPU {}:{}\n"
                    "Reboot the system or try nvidia-smi --gpu-reset to make MIG mode effective on "
                    "GPU {}\n",
                    enable ? "enable" : "disable", id, nvml_reason(refusal->reason), id));
                answer_.why += refusal->sentence + "\n";
            } else {
                say(fmt::format("{} MIG Mode for GPU {}\n", enable ? "Enabled" : "Disabled", id));
            }
        }
        say("All done.\n");
    }

    void reset() {
        std::string failed;
        for (SimulatedGpu* gpu : gpus_) {
            if (const auto refusal = gpu->mig.reset()) {
                failed += fmt::format("  GPU {}: {}\n", gpu->pci_bus_id(), nvml_reason(refusal->reason));
                answer_.exit_code = nvml_return_code(refusal->reason);
                answer_.why += refusal->sentence + "\n";
            } else {
                say(fmt::format("GPU {} was successfully reset.\n", gpu->pci_bus_id()));
            }
        }
        say(failed.empty() ? "All done.\n" : "The following GPUs could not be reset:\n" + failed);
    }

    void change_clients() {
        const bool begins = line_.verb == Verb::Attach;
        for (SimulatedGpu* gpu : gpus_) {
            if (!line_.gpu_instances) {
                note(begins ? gpu->mig.attach() : gpu->mig.detach());
                continue;
            }
            for (const std::uint32_t gi : *line_.gpu_instances)
                for (const std::uint32_t ci : *line_.compute_instances)
                    note(begins ? gpu->mig.attach(gi, ci) : gpu->mig.detach(gi, ci));
        }
    }

    // As /proc/driver/nvidia-caps/mig-minors has them, but only those of instances that exist.
    void list_minors() {
        say(fmt::format("config {}\nmonitor {}\n", MigMinors::config, MigMinors::monitor));
        for (const SimulatedGpu* gpu : gpus_)
            for (const GpuInstance* gi : gpu_instances_as_listed(gpu->mig)) {
                say(fmt::format("gpu{}/gi{}/access {}\n", gpu->index, gi->id,
                                MigMinors::gpu_instance(gpu->index, gi->id)));
                for (const ComputeInstance* ci :
                     compute_instances_as_listed(*gpu->mig.compute_instances(gi->id)))
                    say(fmt::format("gpu{}/gi{}/ci{}/access {}\n", gpu->index, gi->id, ci->id,
                                    MigMinors::compute_instance(gpu->index, gi->id, ci->id)));
            }
    }

    bool any_gpu_instance() {
        bool any = false;
        for_each_gpu_instance([&](SimulatedGpu&, const GpuInstance&) { any = true; });
        if (!any) refuse(not_found, "No GPU instances found: Not Found");
        return any;
    }
    bool any_compute_instance() {
        bool any = false;
        for_each_compute_instance([&](SimulatedGpu&, std::uint32_t, std::uint32_t) { any = true; });
        if (!any) refuse(not_found, "No compute instances found: Not Found");
        return any;
    }

    // Both pass copies of what there was before the first visit, so a visit may destroy.
    template <class Visit>
    void for_each_gpu_instance(Visit visit) {
        for (SimulatedGpu* gpu : gpus_) {
            std::vector<GpuInstance> before;
            for (const GpuInstance* gi : gpu_instances_as_listed(gpu->mig)) before.push_back(*gi);
            for (const GpuInstance& gi : before)
                if (filter()(gi)) visit(*gpu, gi);
        }
    }
    template <class Visit>
    void for_each_compute_instance(Visit visit) {
        for_each_gpu_instance([&](SimulatedGpu& gpu, const GpuInstance& gi) {
            std::vector<std::uint32_t> before;
            for (const ComputeInstance* ci : compute_instances_as_listed(*gpu.mig.compute_instances(gi.id)))
                if (is_among(ci->id, line_.compute_instances)) before.push_back(ci->id);
            for (const std::uint32_t ci : before) visit(gpu, gi.id, ci);
        });
    }
    GpuInstanceFilter filter() const {
        return [this](const GpuInstance& instance) { return is_among(instance.id, line_.gpu_instances); };
    }
    static bool is_among(std::uint32_t id, const std::optional<std::vector<std::uint32_t>>& wanted) {
        return !wanted || std::ranges::find(*wanted, id) != wanted->end();
    }

    static SimulatedGpu& find(MigNode& node, const std::string& wanted) {
        std::vector<std::string> legal;
        for (SimulatedGpu& gpu : node) {
            if (wanted == std::to_string(gpu.index) || wanted == gpu.uuid() || wanted == gpu.pci_bus_id())
                return gpu;
            legal.push_back(std::to_string(gpu.index));
        }
        throw InputError("-i: " +
                         not_legal(wanted, "a GPU of this node, by number, UUID or PCI address", legal));
    }

    Gpus all() const { return {gpus_.begin(), gpus_.end()}; }
    void say(const std::string& text) { answer_.out += text; }
    void refuse(int code, const std::string& text) {
        say(text + "\n");
        answer_.exit_code = code;
    }
    void fail(const char* what, const Refusal& refusal, const std::string& unable) {
        const std::string_view reason = nvml_reason(refusal.reason);
        say(fmt::format("{}: {}\n", unable, reason));
        refuse(nvml_return_code(refusal.reason), fmt::format("Failed to {}: {}", what, reason));
        answer_.why += refusal.sentence + "\n";
    }
    void note(const std::optional<Refusal>& refusal) {
        if (!refusal) return;
        answer_.exit_code = nvml_return_code(refusal->reason);
        answer_.why += refusal->sentence + "\n";
    }

    const CommandLine& line_;
    std::vector<SimulatedGpu*> gpus_;
    Answer answer_;
};

} // namespace

bool changes_state(Verb verb) {
    switch (verb) {
    case Verb::SetMode:
    case Verb::ResetGpu:
    case Verb::CreateGpuInstances:
    case Verb::DestroyGpuInstances:
    case Verb::CreateComputeInstances:
    case Verb::DestroyComputeInstances:
    case Verb::Attach:
    case Verb::Detach:
    case Verb::Reboot:
        return true;
    default:
        return false;
    }
}

Answer carry_out(const CommandLine& line, MigNode& node) {
    return Execution(line, node).carry_out();
}

} // namespace migsim::smi
