// SPDX-License-Identifier: Apache-2.0
#include "bench/calibration/free_parameters.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "models/base/config/input_errors.h"
#include "models/base/config/shape.h"

namespace migsim {
namespace {

bool is_time_or_rate(const std::string& unit) {
    return unit == "cycles" || unit == "ns" || unit.ends_with("/clk") || unit.ends_with("/cycle");
}

// Of whole numbers; nothing for all that is no single number.
std::optional<Range> legal_range(const Params& params, const std::string& key) {
    for (const Shape::Field& parameter : params.shape().fields)
        if (parameter.key == key)
            for (const Shape::Field& part : parameter.shape.fields)
                if (part.key == "value" && part.shape.kind == Shape::Kind::Integer) return part.shape.range;
    return std::nullopt;
}

// Why it must stay as it is; empty where it need not.
std::string why_fixed(const ParamDescription& parameter, const std::optional<Range>& legal) {
    const Provenance& provenance = *parameter.provenance;
    if (provenance.kind == ParamKind::Measured || provenance.kind == ParamKind::Vendor)
        return "is documented (" + std::string(enum_name(provenance.kind)) + ": " + provenance.source +
               "), so no fit may change it";
    if (!legal) return "is no whole number (" + parameter.value + "), so it has no neighbours to go to";
    if (parameter.value == "0") return "is 0, which has no half and no double to stay between";
    return "";
}

FreeParameter free(const std::string& group, const ParamDescription& parameter, const Range& legal) {
    const std::uint64_t value = std::stoull(parameter.value);
    const auto bound = [&](double factor) {
        return static_cast<std::uint64_t>(
            std::clamp(std::round(static_cast<long double>(value) * factor), legal.min, legal.max));
    };
    return {group, parameter.key, parameter.unit, value, bound(1 / trust_factor), bound(trust_factor)};
}

} // namespace

std::vector<FreeParameter> free_parameters(Device& device, const std::vector<std::string>& named) {
    std::vector<FreeParameter> chosen;
    std::vector<std::string> legal_names, found;
    std::string refusal;
    device.groups([&](const std::string& group, const Params& params) {
        for (const ParamDescription& parameter : params.describe()) {
            const std::string name = group + "." + parameter.key;
            const std::optional<Range> legal = legal_range(params, parameter.key);
            const std::string fixed = why_fixed(parameter, legal);
            const bool is_named = std::find(named.begin(), named.end(), name) != named.end();
            if (is_named) found.push_back(name);
            if (is_named && !fixed.empty() && refusal.empty())
                refusal = "--parameter: " + name + " of " + device.name + " " + fixed;
            if (!fixed.empty()) continue;
            legal_names.push_back(name);
            if (is_named || (named.empty() && parameter.provenance->kind == ParamKind::Derived &&
                             is_time_or_rate(parameter.unit)))
                chosen.push_back(free(group, parameter, *legal));
        }
    });
    for (const std::string& name : named)
        if (std::find(found.begin(), found.end(), name) == found.end())
            throw InputError("--parameter: " +
                             not_legal(name, "a parameter that a fit may change", legal_names));
    if (!refusal.empty()) throw InputError(refusal);
    if (chosen.empty())
        throw InputError(device.name + " has no derived time or rate; name what to fit with --parameter");
    return chosen;
}

} // namespace migsim
