// SPDX-License-Identifier: Apache-2.0
// What the steps of a reconfiguration come to on a device: who is where then, on which hardware, and how long
// it takes.
#include <algorithm>

#include <catch2/catch.hpp>

#include "partition/reconfiguration_costs.h"
#include "scenarios/loader.h"
#include "scenarios/results/metrics.h"
#include "scenarios/seating.h"
#include "tests/system/program.h"

using namespace migsim;
using namespace migsim::test;
using Catch::Matchers::Contains;

namespace {

const fs::path moving = fs::path(MIGSIM_SOURCE_DIR) / "tests/bad_inputs/cases/reconfiguration.yaml";

LoadedScenario load(const std::vector<std::string>& settings = {}) {
    return load_scenario(moving, settings, DataFolder(MIGSIM_SOURCE_DIR));
}

} // namespace

TEST_CASE("the costs of changing instances are within 8 % of each that was published",
          "[reconfiguration][fast]") {
    const ReconfigurationCosts costs;
    const auto near = [](double ms) { return Approx(ms).epsilon(0.08); };
    CHECK(costs.create(1) == near(1185)); // one 1g
    CHECK(costs.create(1) == near(1280)); // one 3g
    CHECK(costs.create(7) == near(1189 + 289 + 298 + 273 + 264 + 301 + 273));
    CHECK(costs.destroy(1) == near(615));
    CHECK(costs.destroy(3) == near(1000));
    CHECK(costs.destroy(7) == near(1838)); // seven 1g at once
    CHECK(costs.create(0) == 0);
    CHECK(costs.destroy(0) == 0);
    CHECK(costs.destroy(7) + costs.create(3) == Approx(4000).epsilon(0.25)); // MISO, about 4 s
}

TEST_CASE("a step says who stops, what ends, what is made of the same hardware, and who goes on there",
          "[reconfiguration][fast]") {
    const Arrangement sliced = *load().sliced;
    REQUIRE(sliced.steps.size() == 1);
    const Reconfiguration& change = sliced.steps[0].change;
    CHECK(change.at == 100 * us);
    CHECK(change.drain == std::vector<TenantId>{TenantId{1}});
    CHECK(change.destroy == std::vector<InstanceId>{InstanceId{0}, InstanceId{1}});
    CHECK(change.destroy_time == 10 * us + 4 * 5 * us); // of 2 x 2 compute slices
    CHECK(change.create_time == 20 * us + 5 * us);
    CHECK(change.start_up_time == 30 * us);
    REQUIRE(change.create.size() == 1);
    const InstanceSetup& made = change.create[0];
    CHECK(made.id == InstanceId{3});
    CHECK(made.name == "4g.4gb");
    CHECK(sliced.steps[0].moves == std::map<std::uint32_t, Seat>{{1, {InstanceId{3}, 0}}});

    std::vector<std::uint16_t> freed = sliced.instances[0].slices;
    freed.insert(freed.end(), sliced.instances[1].slices.begin(), sliced.instances[1].slices.end());
    CHECK(made.slices == freed);
    CHECK(made.base == sliced.instances[0].base);
    for (const std::uint16_t sm : made.sms) // the 3g.4gb keeps its own
        CHECK(std::ranges::find(sliced.instances[2].sms, sm) == sliced.instances[2].sms.end());
}

TEST_CASE("an instance that stays keeps its SMs, whatever is made beside it", "[reconfiguration][fast]") {
    const Arrangement sliced = *load().sliced;
    std::vector<std::uint16_t> all = sliced.instances[2].sms;
    const std::vector<std::uint16_t>& made = sliced.steps[0].change.create[0].sms;
    all.insert(all.end(), made.begin(), made.end());
    std::ranges::sort(all);
    CHECK(all.size() == 14);
    CHECK(std::ranges::adjacent_find(all) == all.end());
}

TEST_CASE("a tenant that moves has memory of its own on its new instance, and does not move in a baseline",
          "[reconfiguration][fast]") {
    const LoadedScenario loaded = load();
    REQUIRE(loaded.plans().size() == 3);
    for (const SimulationPlan& plan : loaded.plans()) {
        const std::vector<Seating> seatings = seatings_of(loaded, plan);
        REQUIRE(seatings.size() == (plan.arm == Arm::Mig ? 3 : 1));
        if (plan.arm != Arm::Mig) continue;
        CHECK(seatings[2].tenant == 1);
        CHECK(seatings[2].step == std::optional<std::size_t>(0));
        CHECK(seatings[2].seat == Seat{InstanceId{3}, 0});
        for (std::size_t i = 0; i < 2; ++i) CHECK(seatings[i].space != seatings[2].space);
    }
}

TEST_CASE("the effective scenario has the steps and costs, and read again it is itself",
          "[reconfiguration][fast]") {
    const std::string effective = load().effective(moving.parent_path(), Origins::Hidden);
    CHECK_THAT(effective, Contains("create_ms: 0.02") && Contains("destroy: [2g.2gb, 2g.2gb]") &&
                              Contains("hog: 4g.4gb"));
    const TemporaryFolder folder;
    write(folder.path() / "again.yaml", effective);
    const LoadedScenario again =
        load_scenario(folder.path() / "again.yaml", {}, DataFolder(MIGSIM_SOURCE_DIR));
    CHECK(again.effective(folder.path(), Origins::Hidden) == effective);
}

TEST_CASE("an outage is told in parts that sum to it, as far as it got", "[reconfiguration][fast]") {
    SimulationResult simulation;
    StepTimes& step = simulation.reconfiguration.emplace_back();
    step.begun_ps = 10 * us;
    step.drained_ps = 12 * us;
    step.destroyed_ps = 15 * us;
    step.moves = {{1, "4g.4gb"}};
    const auto request = [&](std::uint32_t tenant, std::uint64_t arrival, std::uint64_t end) {
        Request& r = simulation.requests.emplace_back();
        r.tenant = tenant;
        r.arrival_ps = arrival;
        r.end_ps = end;
    };
    request(1, 9 * us, 12 * us);
    CHECK(outages_of(simulation, 0).empty());
    const Outage unfinished = outages_of(simulation, 1).at(0);
    CHECK(unfinished.to == "4g.4gb");
    CHECK(unfinished.drain_us == 2);
    CHECK(unfinished.destroy_us == 3);
    CHECK_FALSE(unfinished.create_us);
    CHECK_FALSE(unfinished.all_us);

    step.created_ps = 20 * us;
    step.started_ps = 30 * us;
    request(0, 29 * us, 31 * us); // somebody else
    request(1, 30 * us, 37 * us);
    request(1, 37 * us, 44 * us);
    const Outage outage = outages_of(simulation, 1).at(0);
    CHECK(outage.create_us == 5);
    CHECK(outage.start_up_us == 10);
    CHECK(outage.first_request_us == 7);
    CHECK(outage.all_us == 27);
}
