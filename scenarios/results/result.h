// SPDX-License-Identifier: Apache-2.0
// What an experiment found, as result.json has it: this declaration is at once the file, its JSON Schema and
// what the table prints. Definitions of the metrics are in metrics.h. A metric that does not exist is absent,
// never zero.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/base/config/describe.h"
#include "partition/reconfiguration_costs.h"
#include "scenarios/role.h"
#include "scenarios/simulation_result.h"

namespace migsim {

struct PercentileValue {
    double us = 0;
    std::optional<double> low_us, high_us;
};

template <class Visitor>
void describe(Visitor& v, PercentileValue& p) {
    v.required("us", p.us, "nearest rank");
    v.optional("low_us", p.low_us,
               "lower end of the distribution-free 95% confidence interval; absent where there "
               "are too few samples");
    v.optional("high_us", p.high_us, "upper end of it");
}

struct Latency {
    double mean_us = 0;
    PercentileValue p50, p95, p99;
    double max_us = 0;
};

template <class Visitor>
void describe(Visitor& v, Latency& l) {
    v.required("mean_us", l.mean_us, "arithmetic mean");
    v.required("p50", l.p50, "median");
    v.required("p95", l.p95, "95th percentile");
    v.required("p99", l.p99, "99th percentile");
    v.required("max_us", l.max_us, "the slowest");
}

// Where the time went that a request takes longer than in the baseline, as means over requests.
struct AddedTime {
    double all_us = 0;
    double slot_wait_us = 0;
    double sm_us = 0;
    double crossbar_us = 0;
    double l2_miss_us = 0;
    double dram_us = 0;
    double l2_us = 0;
    double mmu_us = 0;
    double other_us = 0;
};

template <class Visitor>
void describe(Visitor& v, AddedTime& a) {
    v.required("all_us", a.all_us, "mean latency minus mean latency in the baseline; the sum of the others");
    v.required("slot_wait_us", a.slot_wait_us, "waiting for room on an SM");
    v.required("sm_us", a.sm_us, "waiting for the load/store unit, MSHRs and store buffer of its own SM");
    v.required("crossbar_us", a.crossbar_us, "waiting in ports and for credits between SM and L2");
    v.required("l2_miss_us", a.l2_miss_us,
               "longer paths: fetching from memory what was a hit in L2 in the baseline");
    v.required("dram_us", a.dram_us, "waiting in the queues, banks and bus of a memory channel");
    v.required("l2_us", a.l2_us, "waiting at L2 slices and the link between partitions");
    v.required("mmu_us", a.mmu_us, "waiting for address translation");
    v.required("other_us", a.other_us,
               "the rest: longer kernels for other reasons, fewer SMs, queueing of requests");
}

// A tenant's way from one instance to another, from when the step that moves it begins. What is
// absent had not happened when the simulation ended.
struct Outage {
    std::string to;
    std::optional<double> all_us, drain_us, destroy_us, create_us, start_up_us, first_request_us;
};

template <class Visitor>
void describe(Visitor& v, Outage& o) {
    v.required("to", o.to, "the instance it went on in");
    v.optional("all_us", o.all_us, "until its first request there was complete; the sum of the others");
    v.optional("drain_us", o.drain_us, "until no request ran any more of those who had to stop");
    v.optional("destroy_us", o.destroy_us, "until instances were gone, their lines in L2 written back");
    v.optional("create_us", o.create_us, "until the new ones were there");
    v.optional("start_up_us", o.start_up_us, "until it was ready for requests");
    v.optional("first_request_us", o.first_request_us, "and until the first of them was complete");
}

struct TenantInArm {
    Arm arm = Arm::Alone;
    std::string simulation;
    std::string instance;
    std::uint64_t completed = 0;
    std::uint64_t unfinished = 0;
    std::uint64_t failed = 0;
    std::optional<Latency> latency;
    std::optional<double> requests_per_s;
    double dram_gb_per_s = 0;
    std::optional<double> share_of_entitlement;
    std::optional<double> slowdown_vs_alone;
    std::optional<double> slowdown_vs_alone_slice;
    std::optional<std::uint64_t> slo_missed;
    std::optional<AddedTime> added;
    std::optional<std::vector<Outage>> outages;
};

template <class Visitor>
void describe(Visitor& v, TenantInArm& t) {
    v.required("arm", t.arm, "sharing arrangement");
    v.required("simulation", t.simulation, "that it was measured in");
    v.required("instance", t.instance, "what the tenant ran on");
    v.required("completed", t.completed, "requests after warm-up that were completed");
    v.required("unfinished", t.unfinished,
               "requests after warm-up that arrived and were not complete at the end");
    v.required("failed", t.failed, "requests after warm-up that a fault ended");
    v.optional("latency", t.latency, "of completed requests; absent where there are none");
    v.optional("requests_per_s", t.requests_per_s, "completed requests per second");
    v.required("dram_gb_per_s", t.dram_gb_per_s, "memory traffic for this tenant, 1 GB = 10^9 B");
    v.optional("share_of_entitlement", t.share_of_entitlement,
               "requests_per_s / requests_per_s alone on its own slice; below 1 it starves");
    v.optional("slowdown_vs_alone", t.slowdown_vs_alone,
               "mean latency / mean latency alone on the whole GPU");
    v.optional("slowdown_vs_alone_slice", t.slowdown_vs_alone_slice,
               "mean latency / mean latency alone on its own slice");
    v.optional("slo_missed", t.slo_missed,
               "requests slower than slo_us, unfinished and failed ones included; absent without an SLO");
    v.optional("added", t.added, "against the arm's baseline; absent in a baseline");
    v.optional("outages", t.outages,
               "one for each time that it moved to another instance; absent where it stayed");
}

struct TenantResult {
    std::string name;
    Role role = Role::LatencyCritical;
    std::optional<double> slo_us;
    std::vector<TenantInArm> arms;

    const TenantInArm* in(Arm arm) const;
};

template <class Visitor>
void describe(Visitor& v, TenantResult& t) {
    v.required("name", t.name, "of the tenant");
    v.required("role", t.role, "what it is in the scenario for");
    v.optional("slo_us", t.slo_us, "its latency objective");
    v.required("arms", t.arms, "what it got in each");
}

struct SimulationSummary {
    std::string name;
    Arm arm = Arm::Alone;
    SimulationEnd end = SimulationEnd::Finished;
    double simulated_us = 0;
    std::uint64_t line_transactions = 0;
    std::vector<std::string> faults;
    std::optional<std::uint64_t> foreign_touches;
};

template <class Visitor>
void describe(Visitor& v, SimulationSummary& s) {
    v.required("name", s.name, "of the simulation: its raw requests are in simulations/NAME.json");
    v.required("arm", s.arm, "the arm it belongs to");
    v.required("end", s.end, "why it ended");
    v.required("simulated_us", s.simulated_us, "simulated time");
    v.required("line_transactions", s.line_transactions, "accesses of 128-byte lines simulated");
    v.required("faults", s.faults, "accesses that enforcement refused, one sentence each");
    v.optional("foreign_touches", s.foreign_touches,
               "messages on hardware of another instance that the monitor saw; absent where MIG is off");
}

struct Result {
    std::string migsim_version;
    std::string title;
    std::string question;
    std::string conclusion;
    std::string device;
    std::vector<std::string> layout;
    std::vector<std::string> walls;
    std::optional<ReconfigurationCosts> reconfiguration_costs;
    std::uint64_t seed = 0;
    std::vector<SimulationSummary> simulations;
    std::vector<TenantResult> tenants;
};

inline const Format result_format{"result", 1};

template <class Visitor>
void describe(Visitor& v, Result& r) {
    v.required("migsim_version", r.migsim_version, "that made this");
    v.required("title", r.title, "of the scenario");
    v.required("question", r.question, "of the scenario");
    v.required("conclusion", r.conclusion, "what happened, in one sentence");
    v.required("device", r.device, "the GPU");
    v.required("layout", r.layout,
               "profiles of the instances of the MIG arms; empty where no arm has a layout");
    v.required("walls", r.walls, "that were up between them");
    v.optional("reconfiguration_costs", r.reconfiguration_costs,
               "how long changes of instances were taken to last; absent where there are none");
    v.required("seed", r.seed, "of every random draw");
    v.required("simulations", r.simulations, "that were run");
    v.required("tenants", r.tenants, "in the order of the scenario");
}

} // namespace migsim
