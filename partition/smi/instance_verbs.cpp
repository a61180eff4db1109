// SPDX-License-Identifier: Apache-2.0
#include "partition/smi/instance_verbs.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "partition/smi/profile_names.h"
#include "partition/smi/tables.h"

namespace migsim::smi {

namespace {

class Execution {
public:
    Execution(const CommandLine& line, std::vector<SimulatedGpu*> gpus)
        : line_(line), gpus_(std::move(gpus)) {
        std::erase_if(gpus_, [](const SimulatedGpu* gpu) { return !gpu->mig.mode().current; });
    }

    Answer run() {
        if (gpus_.empty()) {
            answer_.not_found("No MIG-enabled devices found.");
            return std::move(answer_);
        }
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
        default: // none that is carried out here
            break;
        }
        return std::move(answer_);
    }

private:
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
            if (const auto refusal = gpu.mig.destroy_gpu_instance(gi.id))
                return fail(
                    "destroy GPU instances", *refusal,
                    fmt::format("Unable to destroy GPU instance ID {:2} from GPU {:2}", gi.id, gpu.index));
            say(fmt::format("Successfully destroyed GPU instance ID {:2} from GPU {:2}\n", gi.id, gpu.index));
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

    bool any_gpu_instance() {
        bool any = false;
        for_each_gpu_instance([&](SimulatedGpu&, const GpuInstance&) { any = true; });
        if (!any) answer_.not_found("No GPU instances found: Not Found");
        return any;
    }
    bool any_compute_instance() {
        bool any = false;
        for_each_compute_instance([&](SimulatedGpu&, std::uint32_t, std::uint32_t) { any = true; });
        if (!any) answer_.not_found("No compute instances found: Not Found");
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

    Gpus all() const { return {gpus_.begin(), gpus_.end()}; }
    void say(const std::string& text) { answer_.say(text); }
    void fail(const char* what, const Refusal& refusal, const std::string& unable) {
        const std::string_view reason = nvml_reason(refusal.reason);
        say(fmt::format("{}: {}\nFailed to {}: {}\n", unable, reason, what, reason));
        answer_.refuse(refusal);
    }

    const CommandLine& line_;
    std::vector<SimulatedGpu*> gpus_;
    Answer answer_;
};

} // namespace

Answer carry_out_on_instances(const CommandLine& line, std::vector<SimulatedGpu*> gpus) {
    return Execution(line, std::move(gpus)).run();
}

} // namespace migsim::smi
