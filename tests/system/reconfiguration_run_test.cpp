// SPDX-License-Identifier: Apache-2.0
// A reconfiguration from outside: a scenario file in, the outage of who moves and the peace of who does not
// out.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/system/program.h"

using namespace migsim::test;
using Json = nlohmann::json;

namespace {

const fs::path scenario = fs::path(MIGSIM_SOURCE_DIR) / "tests/bad_inputs/cases/reconfiguration.yaml";

Json run(const TemporaryFolder& folder, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"run",     scenario.string(), "--out",  "out",
                                       "--quiet", "--json",          "--force"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Outcome outcome = run_migsim(arguments, folder);
    INFO(outcome.err);
    REQUIRE(outcome.code == 0);
    return Json::parse(outcome.out);
}

const Json& in_arm(const Json& result, int tenant, const std::string& arm) {
    for (const Json& t : result["tenants"][tenant]["arms"])
        if (t["arm"] == arm) return t;
    throw std::runtime_error("the tenant was not in " + arm);
}

} // namespace

TEST_CASE(
    "a tenant that moves has its outage in the result, in parts that sum to it, with the costs it was for",
    "[reconfiguration][fast]") {
    const TemporaryFolder folder;
    const Json result = run(folder);
    const Json& outage = in_arm(result, 1, "mig")["outages"].at(0);
    CHECK(outage["to"] == "4g.4gb");
    CHECK(outage["destroy_us"].get<double>() == 30);
    CHECK(outage["create_us"].get<double>() == 25);
    CHECK(outage["start_up_us"].get<double>() == 30);
    CHECK(outage["drain_us"].get<double>() > 0);
    double sum = 0;
    for (const auto& [part, value] : outage.items())
        if (part != "all_us" && part != "to") sum += value.get<double>();
    CHECK(outage["all_us"].get<double>() == Approx(sum));
    CHECK(result["reconfiguration_costs"]["create_ms"] == 0.02);
    CHECK_FALSE(in_arm(result, 1, "alone_slice").contains("outages"));
    CHECK_FALSE(in_arm(result, 0, "mig").contains("outages"));
    for (const Json& simulation : result["simulations"]) {
        CHECK(simulation["faults"].empty());
        CHECK(simulation["foreign_touches"] == 0);
    }
}

TEST_CASE("who has no part in a reconfiguration has the very requests that it has alone, with all walls up",
          "[reconfiguration][isolation][fast]") {
    const TemporaryFolder folder;
    run(folder, {"--set", "walls=ideal"});
    const auto of_victim = [&](const std::string& simulation) {
        std::string all;
        const Json kept = Json::parse(text_of(folder.path() / "out/simulations" / (simulation + ".json")));
        for (const Json& request : kept["requests"])
            if (request["tenant"] == 0) all += request.dump() + "\n";
        return all;
    };
    REQUIRE(std::ranges::count(of_victim("mig"), '\n') == 20);
    CHECK(of_victim("mig") == of_victim("alone_slice-victim"));
}

TEST_CASE("requests that come to a tenant that has ended are unfinished, and miss its objective",
          "[reconfiguration][fast]") {
    const TemporaryFolder folder;
    // A chaser with a request each 50 us until 1 ms, drained at 0.1 ms; the hog goes on until it has done 40.
    const Json result =
        run(folder,
            {"--set", "reconfiguration.steps=[{at_ms: 0.12, drain: [victim]}]", "--set",
             "tenants[0].slo_us=1000", "--set",
             "tenants[1]={name: hog, role: best_effort, instance: 2g.2gb, work: {kind: stream, array_kib: "
             "1024}, load: {kind: closed}, requests: 40}"});
    const Json& victim = in_arm(result, 0, "mig");
    CHECK(victim["completed"] == 3); // at 0, 50 and 100 us
    const double end_us = result["simulations"].back()["simulated_us"];
    REQUIRE(end_us > 200);
    const auto arrived = std::min<std::uint64_t>(20, static_cast<std::uint64_t>(end_us / 50) + 1);
    CHECK(victim["unfinished"] == arrived - 3);
    CHECK(victim["slo_missed"] == arrived - 3);
}

TEST_CASE("the seconds that it takes on a real host are jumped over where nobody works meanwhile",
          "[reconfiguration][fast]") {
    const TemporaryFolder folder;
    const Json result = run(
        folder,
        {"--set", "reconfiguration.costs={}", "--set", "limit_ms=17000", "--set",
         "tenants[1]={name: hog, role: best_effort, instance: 2g.2gb, work: {kind: stream, array_kib: 1024}, "
         "load: {kind: closed}, requests: 40}"});
    const Json& outage = in_arm(result, 1, "mig")["outages"].at(0);
    CHECK(outage["destroy_us"] == 422'500 + 4 * 192'500);
    CHECK(outage["create_us"] == 902'000 + 283'000);
    CHECK(outage["start_up_us"] == 3'200'000);
    CHECK(in_arm(result, 1, "mig")["completed"] == 40);
}
