// SPDX-License-Identifier: Apache-2.0
#include "partition/mig_gpu.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace migsim {

namespace {

Refusal no_gpu_instance(std::uint32_t id) {
    return {RefusalReason::NotFound, fmt::format("there is no GPU instance {}", id), {}};
}

Refusal mig_is_off() {
    return {RefusalReason::MigDisabled, "MIG mode is disabled; enable it with -mig 1", {}};
}

} // namespace

MigGpu::MigGpu(std::shared_ptr<const Board> board, std::optional<std::uint32_t> missing_slot)
    : gpu_instances_(std::move(board), missing_slot) {}

std::optional<Refusal> MigGpu::set_mode(bool enabled) {
    mode_.pending = enabled;
    if (mode_.current == enabled) return std::nullopt;
    const bool needs_reset = gpu_instances_.board()->mode_change.needs_reset;
    if (auto refusal = refuse_if_used(needs_reset ? "MIG mode changes by a reset of the GPU"
                                                  : "MIG mode changes only while nobody uses the GPU"))
        return refusal;
    mode_.current = enabled;
    destroy_all_instances(); // those that are idle go with the mode
    return std::nullopt;
}

std::optional<Refusal> MigGpu::reset() {
    if (auto refusal = refuse_if_used("the GPU cannot be reset")) return refusal;
    mode_.current = mode_.pending;
    destroy_all_instances();
    return std::nullopt;
}

void MigGpu::reboot() {
    mode_.current = mode_.pending = mode_.pending && gpu_instances_.board()->mode_change.survives_reboot;
    clients_ = 0;
    destroy_all_instances();
}

OrRefusal<GpuInstance> MigGpu::create_gpu_instance(const Profile& profile,
                                                   std::optional<std::uint32_t> start) {
    if (!mode_.current) return mig_is_off();
    // Only the first prepares the whole device for partitioning; from then on the others may go on working.
    if (clients_ > 0 && gpu_instances_.instances().empty())
        return Refusal{RefusalReason::InUse,
                       fmt::format("the first GPU instance needs the GPU idle, and {} client{} it", clients_,
                                   clients_ == 1 ? " uses" : "s use"),
                       {}};
    OrRefusal<GpuInstance> created =
        start ? gpu_instances_.create_at(profile, *start) : gpu_instances_.create(profile);
    if (const GpuInstance* instance = std::get_if<GpuInstance>(&created))
        inside_.emplace(instance->id,
                        Inside{ComputeInstanceAllocator(gpu_instances_.board(), *instance->profile), {}});
    return created;
}

std::optional<Refusal> MigGpu::destroy_gpu_instance(std::uint32_t id) {
    if (!mode_.current) return mig_is_off();
    const ComputeInstanceAllocator* compute = compute_instances(id);
    if (!compute) return no_gpu_instance(id);
    if (!compute->instances().empty())
        return Refusal{RefusalReason::InUse,
                       fmt::format("GPU instance {} holds {} compute instance{}; destroy {} first", id,
                                   compute->instances().size(), compute->instances().size() == 1 ? "" : "s",
                                   compute->instances().size() == 1 ? "it" : "them"),
                       {}};
    gpu_instances_.destroy(id);
    inside_.erase(id);
    return std::nullopt;
}

OrRefusal<ComputeInstance> MigGpu::create_compute_instance(std::uint32_t gpu_instance,
                                                           const ComputeInstanceProfile& profile) {
    if (!mode_.current) return mig_is_off();
    const auto found = inside_.find(gpu_instance);
    if (found == inside_.end()) return no_gpu_instance(gpu_instance);
    return found->second.compute_instances.create(profile);
}

std::optional<Refusal> MigGpu::destroy_compute_instance(std::uint32_t gpu_instance, std::uint32_t id) {
    if (auto refusal = refuse_if_absent(gpu_instance, id)) return refusal;
    Inside& inside = inside_.at(gpu_instance);
    if (const std::uint32_t users = inside.clients[id]; users > 0)
        return Refusal{RefusalReason::InUse,
                       fmt::format("compute instance {} of GPU instance {} has {} client{}", id, gpu_instance,
                                   users, users == 1 ? "" : "s"),
                       {}};
    inside.compute_instances.destroy(id);
    inside.clients.erase(id);
    return std::nullopt;
}

OrRefusal<ComputeInstance> MigGpu::restore_compute_instance(std::uint32_t gpu_instance,
                                                            const ComputeInstanceProfile& profile,
                                                            std::uint32_t id, std::uint32_t start,
                                                            std::uint32_t clients) {
    Inside& inside = inside_.at(gpu_instance);
    OrRefusal<ComputeInstance> restored = inside.compute_instances.restore(profile, id, start);
    if (std::holds_alternative<ComputeInstance>(restored)) inside.clients[id] = clients;
    return restored;
}

std::optional<Refusal> MigGpu::attach(std::uint32_t gpu_instance, std::uint32_t compute_instance) {
    if (auto refusal = refuse_if_absent(gpu_instance, compute_instance)) return refusal;
    ++inside_.at(gpu_instance).clients[compute_instance];
    return std::nullopt;
}

std::optional<Refusal> MigGpu::detach() {
    if (clients_ == 0) return Refusal{RefusalReason::NotFound, "the GPU has no client", {}};
    --clients_;
    return std::nullopt;
}

std::optional<Refusal> MigGpu::detach(std::uint32_t gpu_instance, std::uint32_t compute_instance) {
    if (auto refusal = refuse_if_absent(gpu_instance, compute_instance)) return refusal;
    std::uint32_t& users = inside_.at(gpu_instance).clients[compute_instance];
    if (users == 0)
        return Refusal{RefusalReason::NotFound,
                       fmt::format("compute instance {} of GPU instance {} has no client", compute_instance,
                                   gpu_instance),
                       {}};
    --users;
    return std::nullopt;
}

const ComputeInstanceAllocator* MigGpu::compute_instances(std::uint32_t gpu_instance) const {
    const auto found = inside_.find(gpu_instance);
    return found == inside_.end() ? nullptr : &found->second.compute_instances;
}

std::uint32_t MigGpu::clients(std::uint32_t gpu_instance, std::uint32_t compute_instance) const {
    const auto& clients = inside_.at(gpu_instance).clients;
    const auto found = clients.find(compute_instance);
    return found == clients.end() ? 0 : found->second;
}

std::optional<Refusal> MigGpu::refuse_if_used(const char* what) const {
    std::uint32_t users = clients_;
    for (const auto& [id, inside] : inside_)
        for (const auto& [compute_instance, clients] : inside.clients) users += clients;
    if (users == 0) return std::nullopt;
    return Refusal{RefusalReason::InUse,
                   fmt::format("{}, and {} client{} it", what, users, users == 1 ? " uses" : "s use"),
                   {}};
}

std::optional<Refusal> MigGpu::refuse_if_absent(std::uint32_t gpu_instance,
                                                std::uint32_t compute_instance) const {
    if (!mode_.current) return mig_is_off();
    const ComputeInstanceAllocator* compute = compute_instances(gpu_instance);
    if (!compute) return no_gpu_instance(gpu_instance);
    if (std::ranges::find(compute->instances(), compute_instance, &ComputeInstance::id) !=
        compute->instances().end())
        return std::nullopt;
    return Refusal{
        RefusalReason::NotFound,
        fmt::format("there is no compute instance {} in GPU instance {}", compute_instance, gpu_instance),
        {}};
}

void MigGpu::destroy_all_instances() {
    while (!inside_.empty()) {
        gpu_instances_.destroy(inside_.begin()->first);
        inside_.erase(inside_.begin());
    }
}

} // namespace migsim
