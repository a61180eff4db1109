// SPDX-License-Identifier: Apache-2.0
#include "bench/validation/calibrated.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace migsim {
namespace {

constexpr double end = std::numeric_limits<double>::max();

// A parameter whose source holds `words` (and whose own name ends with `parameter`, where that is given) was
// set to meet these rows.
struct Use {
    const char* words;
    const char* parameter;
    const char* question;
    const char* variant; // null: every one
    const char* name;    // of the case; null: positions
    double from = 0, to = end;
};

constexpr Use uses[] = {
    {"gpu-benches", "sm.l1_hit_latency", "latency_vs_footprint", nullptr, nullptr, 1, 32},
    {"L1 knee", "", "latency_vs_footprint", nullptr, nullptr, 155, 220},
    {"near L2 hit", "", "latency_vs_footprint", nullptr, nullptr, 250, 20'000},
    {"near L2 hit", "", "level_latency", nullptr, "l2_near_hit"},
    {"far L2 hit", "", "level_latency", nullptr, "l2_far_hit"},
    {"near miss", "", "level_latency", nullptr, "near_miss"},
    {"far miss", "", "level_latency", nullptr, "far_miss"},
    {"rises from 569 to 575 cycles between 63 MB and 1.5 GB", "", "latency_vs_footprint", nullptr, nullptr,
     62'000, 63'000},
    {"rises from 569 to 575 cycles between 63 MB and 1.5 GB", "", "latency_vs_footprint", nullptr, nullptr,
     1'500'000},
    {"write column of the A100 occupancy sweep", "", "stream_vs_occupancy", "write", nullptr},
    {"A100-80 read stream", "", "stream_vs_occupancy", "read", nullptr, 1024},
    {"reads of 58 MB", "", "l2_bandwidth_vs_footprint", nullptr, nullptr, 57'856, 57'856},
    {"A100-80 scale stream", "", "stream_vs_occupancy", "scale", nullptr, 1024},
    {"H100 PCIe write stream", "", "stream_vs_occupancy", "write", nullptr, 1024},
    {"H100 PCIe triad stream", "", "stream_vs_occupancy", "triad", nullptr, 1024},
    {"1.70 x one SM", "", "port_scaling", "read", "tpc"},
    {"1.94 x one SM", "", "port_scaling", "write", "tpc"},
    {"8.37 x one SM", "", "port_scaling", "read", "gpc"},
    {"9.03 x one SM", "", "port_scaling", "write", "gpc"},
    {"1.95 x one SM", "", "port_scaling", "read", "tpc"},
    {"2.00 x one SM", "", "port_scaling", "write", "tpc"},
    {"5.48 x one SM", "", "port_scaling", "read", "cpc"},
    {"4.57 x one SM", "", "port_scaling", "write", "cpc"},
    {"9.1 x one SM", "", "port_scaling", "read", "gpc"},
    {"12.38 x one SM", "", "port_scaling", "write", "gpc"},
};

bool meets(const Use& use, const std::string& question, const Question& row) {
    if (question != use.question || (use.variant && row.variant != use.variant)) return false;
    return use.name ? row.name == use.name : row.at >= use.from && row.at <= use.to;
}

bool names(const Use& use, const std::string& parameter, const Provenance& provenance) {
    return (provenance.kind == ParamKind::Derived || provenance.kind == ParamKind::Measured) &&
           provenance.source.find(use.words) != std::string::npos && parameter.ends_with(use.parameter);
}

constexpr const char* fitted_words = "fitted to ";

// Names are set in spaces, so that no name is found in another.
std::string spaced(const std::vector<std::string>& names) {
    std::string text = " ";
    for (const std::string& name : names) text += name + " ";
    return text;
}

bool is_fitted_to(const Provenance& provenance, const std::string& file, const std::string& question) {
    return provenance.kind == ParamKind::Derived && provenance.source.starts_with(fitted_words) &&
           provenance.source.find(spaced({file})) != std::string::npos &&
           provenance.source.find(spaced({question})) != std::string::npos;
}

} // namespace

std::vector<std::string> calibrated_by(Device& device, const std::string& file, const std::string& question,
                                       const Question& row) {
    std::vector<std::string> parameters;
    device.groups([&](const std::string& group, const Params& params) {
        for (const ParamDescription& description : params.describe()) {
            const std::string parameter = group + "." + description.key;
            const Provenance& provenance = *description.provenance;
            const bool used = std::any_of(std::begin(uses), std::end(uses), [&](const Use& use) {
                return meets(use, question, row) && names(use, parameter, provenance);
            });
            if (used || is_fitted_to(provenance, file, question)) parameters.push_back(parameter);
        }
    });
    return parameters;
}

std::string fitted_source(std::size_t points, const std::vector<std::string>& questions,
                          const std::vector<std::string>& files, const std::string& command) {
    return fitted_words + std::to_string(points) + " points of" + spaced(files) + "on" + spaced(questions) +
           "by " + command;
}

} // namespace migsim
