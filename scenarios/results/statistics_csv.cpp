// SPDX-License-Identifier: Apache-2.0
#include "scenarios/results/statistics_csv.h"

namespace migsim {
namespace {

// RFC 4180: quotes around what holds a comma, a quote or a line end, quotes inside doubled.
std::string field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted.append(c == '"' ? 2 : 1, c);
    return quoted + '"';
}

} // namespace

std::string statistics_csv(const std::vector<Tenant>& tenants,
                           const std::vector<SimulationResult>& simulations) {
    std::string csv = "simulation,module,statistic,tenant,value,unit,meaning\n";
    for (const SimulationResult& simulation : simulations)
        for (const StatisticValue& s : simulation.statistics)
            csv += field(simulation.name) + ',' + field(s.module) + ',' + field(s.name) + ',' +
                   (s.tenant ? field(tenants.at(*s.tenant).name) : "") + ',' + std::to_string(s.value) + ',' +
                   field(s.unit) + ',' + field(s.meaning) + '\n';
    return csv;
}

} // namespace migsim
