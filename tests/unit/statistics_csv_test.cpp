// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "scenarios/results/statistics_csv.h"

using namespace migsim;

TEST_CASE("what holds a comma, a quote or a line end is quoted in stats.csv", "[fast]") {
    std::vector<Tenant> tenants(2);
    tenants[1].name = "chat";
    SimulationResult simulation;
    simulation.name = "mps";
    simulation.statistics = {
        {"gpu.l2_0", "hits", 1, 18'446'744'073'709'551'615u, "requests", "found, at once"},
        {"gpu.l2_0", "misses", {}, 0, "\"req\"", "not\nfound"}};
    CHECK(statistics_csv(tenants, {simulation}) ==
          "simulation,module,statistic,tenant,value,unit,meaning\n"
          "mps,gpu.l2_0,hits,chat,18446744073709551615,requests,\"found, at once\"\n"
          "mps,gpu.l2_0,misses,,0,\"\"\"req\"\"\",\"not\nfound\"\n");
}
