// SPDX-License-Identifier: Apache-2.0
#include "scenarios/results/conclusion.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "scenarios/results/text_grid.h"

namespace migsim {
namespace {

constexpr double unnoticed = 0.02; // a change of this share or less is called none
constexpr double starved = 1.5;    // from here on, slow is called starved

// The one the experiment is about: the first whose latency matters, else simply the first.
const TenantResult& subject(const Result& result) {
    const auto found =
        std::find_if(result.tenants.begin(), result.tenants.end(),
                     [](const TenantResult& tenant) { return tenant.role == Role::LatencyCritical; });
    return found == result.tenants.end() ? result.tenants.front() : *found;
}

// p99 in one arm as a multiple of p99 in another.
std::optional<double> p99_ratio(const TenantResult& tenant, Arm arm, Arm baseline) {
    const TenantInArm* t = tenant.in(arm);
    const TenantInArm* base = tenant.in(baseline);
    if (!t || !base || !t->latency || !base->latency || base->latency->p99.us == 0) return std::nullopt;
    return t->latency->p99.us / base->latency->p99.us;
}

// ", 52% of the added time for DRAM and 30% for …": the one or two largest parts, if they explain anything.
// A tenant that moved waited for that, whatever its neighbours did.
std::string main_causes(const TenantInArm& t) {
    if (t.outages && t.outages->front().all_us)
        return fmt::format(", as it was away for {} µs to move to {}", readable(*t.outages->front().all_us),
                           t.outages->front().to);
    if (!t.added || t.added->all_us <= 0) return "";
    const AddedTime& a = *t.added;
    std::array<std::pair<double, const char*>, 7> causes{{{a.slot_wait_us, "room on the SMs"},
                                                          {a.sm_us, "its SMs' load/store units"},
                                                          {a.crossbar_us, "the crossbar"},
                                                          {a.l2_miss_us, "what it lost from L2"},
                                                          {a.dram_us, "DRAM"},
                                                          {a.l2_us, "L2 slices"},
                                                          {a.mmu_us, "address translation"}}};
    std::stable_sort(causes.begin(), causes.end(),
                     [](const auto& x, const auto& y) { return x.first > y.first; });
    std::string text;
    for (const auto& [part_us, name] : {causes[0], causes[1]}) {
        const double share = part_us / a.all_us;
        if (share < 0.1) continue;
        text += text.empty()
                    ? fmt::format(", {:.0f}% of the added time for {}", std::min(share, 1.0) * 100, name)
                    : fmt::format(" and {:.0f}% for {}", std::min(share, 1.0) * 100, name);
    }
    return text;
}

std::string in_shared_gpu(const TenantResult& tenant) {
    const TenantInArm* t = tenant.in(Arm::Mps);
    if (!t) return "";
    if (!t->latency) return fmt::format("in mps {} completes nothing", tenant.name);
    const auto ratio = p99_ratio(tenant, Arm::Mps, Arm::Alone);
    if (!ratio)
        return fmt::format("in mps the p99 of {} is {} µs", tenant.name, readable(t->latency->p99.us));
    if (*ratio <= 1 + unnoticed)
        return fmt::format("in mps {} does not notice its neighbours (p99 {:.2f}x alone)", tenant.name,
                           *ratio);
    return fmt::format("in mps {} is {} to {:.2f}x its p99 alone{}", tenant.name,
                       *ratio >= starved ? "starved" : "slowed", *ratio, main_causes(*t));
}

std::string in_own_slice(const TenantResult& tenant, Arm arm) {
    const TenantInArm* t = tenant.in(arm);
    if (!t) return "";
    const std::string_view name = enum_name(arm);
    if (!t->latency) return fmt::format("in {} {} completes nothing", name, tenant.name);
    std::string text;
    if (const auto ratio = p99_ratio(tenant, arm, Arm::AloneSlice)) {
        const double change = std::fabs(*ratio - 1);
        if (change == 0)
            text = fmt::format("in {} its p99 on its {} is exactly what it is with nobody beside it", name,
                               t->instance);
        else if (change <= unnoticed)
            text = fmt::format("in {} its p99 on its {} is within {:.1f}% of that with nobody beside it",
                               name, t->instance, std::ceil(change * 1000) / 10);
        else
            text = fmt::format("in {} its p99 on its {} is {:.2f}x that with nobody beside it{}", name,
                               t->instance, *ratio, main_causes(*t));
    } else {
        text = fmt::format("in {} its p99 is {} µs", name, readable(t->latency->p99.us));
    }
    if (const auto ratio = p99_ratio(tenant, arm, Arm::Alone))
        text += fmt::format(", {:.2f}x the whole GPU alone", *ratio);
    return text;
}

// What the partition costs the others.
std::string price(const Result& result, const TenantResult& subject) {
    for (const TenantResult& tenant : result.tenants) {
        if (&tenant == &subject) continue;
        const TenantInArm* shared = tenant.in(Arm::Mps);
        const TenantInArm* sliced = tenant.in(Arm::Mig);
        if (!shared || !sliced || !shared->requests_per_s || !sliced->requests_per_s) continue;
        const double change = *sliced->requests_per_s / *shared->requests_per_s - 1;
        if (std::fabs(change) <= unnoticed) return fmt::format("{} does as much in both", tenant.name);
        return fmt::format("{} does {:.0f}% {} in mig than in mps", tenant.name, std::fabs(change) * 100,
                           change < 0 ? "less" : "more");
    }
    return "";
}

} // namespace

std::string conclusion_of(const Result& result) {
    const TenantResult& tenant = subject(result);
    std::string sentence;
    for (const std::string& part : {in_shared_gpu(tenant), in_own_slice(tenant, Arm::Mig),
                                    in_own_slice(tenant, Arm::Cs), price(result, tenant)})
        if (!part.empty()) sentence += (sentence.empty() ? "" : "; ") + part;
    if (sentence.empty()) sentence = "only baselines were run: there is nobody to share with";
    sentence[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(sentence[0])));
    return sentence + ".";
}

} // namespace migsim
