// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "scenarios/results/evaluate.h"
#include "scenarios/results/metrics.h"

using namespace migsim;

namespace {

constexpr std::uint64_t us = 1'000'000;

// A request every 100 us; `latency_us` 0: never complete.
Request request(std::uint32_t tenant, std::uint64_t number, std::uint64_t latency_us) {
    Request r;
    r.tenant = tenant;
    r.number = number;
    r.arrival_ps = number * 100 * us;
    if (latency_us) r.end_ps = r.arrival_ps + latency_us * us;
    return r;
}

std::vector<Request> requests(std::initializer_list<std::uint64_t> latencies_us) {
    std::vector<Request> all;
    for (const std::uint64_t latency : latencies_us) all.push_back(request(0, all.size(), latency));
    return all;
}

SimulationResult simulation(Arm arm, std::vector<Request> of_tenant_0,
                            std::vector<Request> of_tenant_1 = {}) {
    SimulationResult s;
    s.name = enum_name(arm);
    s.arm = arm;
    s.simulated_ps = 1000 * us;
    if (!of_tenant_0.empty())
        s.tenants.push_back({0, uses_layout(arm) ? "3g.40gb" : "whole GPU", 100'000'000});
    if (!of_tenant_1.empty())
        s.tenants.push_back({1, uses_layout(arm) ? "4g.40gb" : "whole GPU", 900'000'000});
    s.requests = std::move(of_tenant_0);
    for (Request& r : of_tenant_1) {
        r.tenant = 1;
        s.requests.push_back(r);
    }
    return s;
}

Scenario two_tenants() {
    Scenario scenario;
    scenario.title = "two";
    scenario.question = "who?";
    scenario.tenants.resize(2);
    scenario.tenants[0].name = "chat";
    scenario.tenants[0].role = Role::LatencyCritical;
    scenario.tenants[0].slo_us = 15;
    scenario.tenants[0].warmup_requests = 1;
    scenario.tenants[1].name = "train";
    return scenario;
}

} // namespace

TEST_CASE("latency percentiles are those of the completed requests, and values that were measured",
          "[fast]") {
    const auto latency = latency_of(requests({10, 30, 0, 20, 40}));
    REQUIRE(latency);
    CHECK(latency->p50.us == 20);
    CHECK(latency->p95.us == 40);
    CHECK(latency->p99.us == 40);
    CHECK(latency->max_us == 40);
    CHECK(latency->mean_us == 25);
    CHECK_FALSE(latency->p50.low_us); // four samples are too few
    CHECK_FALSE(latency_of(requests({0, 0})));
    CHECK_FALSE(latency_of({}));
}

TEST_CASE("an interval's ends are measured values around the percentile", "[fast]") {
    std::vector<Request> many;
    for (std::uint64_t i = 0; i < 400; ++i) many.push_back(request(0, i, 1 + (i * 7) % 400));
    const auto latency = latency_of(many); // 1 to 400 us, each once
    REQUIRE(latency->p99.low_us);
    CHECK(latency->p99.us == 396);
    CHECK(*latency->p99.low_us == 392); // P(B(400, 0.99) <= 391) = 0.021, <= 392: 0.050
    CHECK(*latency->p99.high_us == 400);
    CHECK(*latency->p50.low_us == 180);
    CHECK(*latency->p50.high_us == 221);
}

TEST_CASE("a request that a fault ended counts as missed, not as fast", "[fast]") {
    auto all = requests({10, 10, 10});
    all[1].end_ps = all[1].arrival_ps + 1;
    all[1].failed = true;
    CHECK(latency_of(all)->mean_us == 10);
    CHECK(slo_missed(all, 20) == 1);
}

TEST_CASE("an unfinished request missed its objective, one that meets it exactly did not", "[fast]") {
    CHECK(slo_missed(requests({10, 20, 21, 0}), 20) == 2);
    CHECK(slo_missed(requests({}), 20) == 0);
}

TEST_CASE("the warm-up of one tenant is not measured, and nobody else's requests are", "[fast]") {
    const SimulationResult s = simulation(Arm::Mps, requests({90, 10, 10}), requests({70, 70}));
    CHECK(latency_of(measured_requests(s, 0, 1))->max_us == 10);
    CHECK(measured_requests(s, 0, 0).size() == 3);
    CHECK(measured_requests(s, 1, 0).size() == 2);
}

TEST_CASE("requests per second run from the first arrival to the last completion", "[fast]") {
    // arrivals at 0, 100, 200 us; the last completion at 250 us
    CHECK(*requests_per_s(requests({10, 10, 50})) == Approx(3 / 250e-6));
    CHECK_FALSE(requests_per_s(requests({0})));
}

TEST_CASE("gigabytes per second are decimal and over the whole simulation", "[fast]") {
    CHECK(dram_gb_per_s(simulation(Arm::Mps, requests({1})), 0) == Approx(100)); // 0.1 GB in 1 ms
    CHECK(dram_gb_per_s(simulation(Arm::Mps, requests({1})), 1) == 0);
}

TEST_CASE("slowdown is the ratio of mean latencies", "[fast]") {
    CHECK(*slowdown(requests({30, 50}), requests({20, 20, 20})) == Approx(2));
    CHECK_FALSE(slowdown(requests({30}), requests({0})));
}

TEST_CASE("the parts of the added time sum to the whole, and what no part explains is called other",
          "[fast]") {
    auto base = requests({100, 101, 103}); // mean 101.333 us: the parts must sum in spite of the rounding
    auto more = requests({200, 207});
    for (Request& r : base) {
        r.slot_wait_ps = 3 * us;
        r.dram_ps = 5 * us + r.number;
        r.unloaded_ps = 40 * us;
    }
    for (Request& r : more) {
        r.slot_wait_ps = 33 * us;
        r.sm_ps = 1 * us;
        r.crossbar_ps = 7 * us;
        r.dram_ps = 25 * us + 3 * r.number;
        r.unloaded_ps = 50 * us;
        r.l2_ps = 2 * us;
        r.mmu_ps = 4 * us;
    }
    const auto added = added_time(more, base);
    REQUIRE(added);
    CHECK(added->all_us == Approx(203.5 - 304.0 / 3));
    CHECK(added->slot_wait_us == 30);
    CHECK(added->sm_us == 1);
    CHECK(added->crossbar_us == 7);
    CHECK(added->l2_miss_us == 10);
    CHECK(added->dram_us == Approx(20));
    CHECK(added->l2_us == 2);
    CHECK(added->mmu_us == 4);
    const double sum = added->slot_wait_us + added->sm_us + added->crossbar_us + added->l2_miss_us +
                       added->dram_us + added->l2_us + added->mmu_us + added->other_us;
    CHECK(sum == Approx(added->all_us).epsilon(0).margin(1e-9));
    CHECK(added->other_us == Approx(28.1666).epsilon(1e-4));
    CHECK_FALSE(added_time(more, requests({0})));
}

TEST_CASE("an experiment compares each arm with the baseline that differs by the neighbours alone",
          "[fast]") {
    const std::vector<SimulationResult> simulations{
        simulation(Arm::Alone, requests({99, 10, 10})), simulation(Arm::Alone, {}, requests({50, 50})),
        simulation(Arm::Mps, requests({99, 30, 50}), requests({60, 60, 0})),
        simulation(Arm::AloneSlice, requests({99, 16, 16})),
        simulation(Arm::Mig, requests({99, 16, 17}), requests({90, 90}))};
    const Result result = evaluate(two_tenants(), {}, simulations);

    const TenantResult& chat = result.tenants.at(0);
    REQUIRE(chat.arms.size() == 4);
    CHECK(chat.in(Arm::Mps)->slowdown_vs_alone == Approx(4));
    CHECK(chat.in(Arm::Mps)->added->all_us == Approx(30));
    CHECK(chat.in(Arm::Mps)->slo_missed == 2u);
    CHECK(chat.in(Arm::Mig)->slowdown_vs_alone == Approx(1.65));
    CHECK(chat.in(Arm::Mig)->slowdown_vs_alone_slice == Approx(16.5 / 16));
    CHECK(chat.in(Arm::Mig)->added->all_us == Approx(0.5));
    CHECK(chat.in(Arm::AloneSlice)->slowdown_vs_alone == Approx(1.6));
    CHECK_FALSE(chat.in(Arm::AloneSlice)->added);
    CHECK_FALSE(chat.in(Arm::Alone)->slowdown_vs_alone);

    // Two requests between 100 us and the end of the last: alone on its slice after 216 us, in mps after 250
    // us.
    CHECK(chat.in(Arm::Mps)->share_of_entitlement == Approx(116.0 / 150));
    CHECK(chat.in(Arm::AloneSlice)->share_of_entitlement == Approx(1));
    const TenantResult& train = result.tenants.at(1);
    CHECK_FALSE(train.in(Arm::Mps)->share_of_entitlement); // it never ran alone on its slice
    CHECK(train.in(Arm::Mps)->unfinished == 1);
    CHECK(train.in(Arm::Mps)->completed == 2);
    CHECK_FALSE(train.in(Arm::Mps)->slo_missed);
    CHECK_FALSE(train.in(Arm::AloneSlice));
    CHECK_FALSE(train.in(Arm::Mig)->slowdown_vs_alone_slice);
}

TEST_CASE("without a baseline there is nothing to compare with, and nothing is made up", "[fast]") {
    const Result result =
        evaluate(two_tenants(), {}, {simulation(Arm::Mps, requests({9, 10}), requests({10}))});
    const TenantInArm& t = *result.tenants[0].in(Arm::Mps);
    CHECK(t.latency);
    CHECK_FALSE(t.slowdown_vs_alone);
    CHECK_FALSE(t.share_of_entitlement);
    CHECK_FALSE(t.added);
}
