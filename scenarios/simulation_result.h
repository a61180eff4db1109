// SPDX-License-Identifier: Apache-2.0
// What one simulation of an experiment brings home, before anybody computes a percentile: every request, what
// each tenant moved, every statistic. It crosses a pipe from the simulation's process and is kept as
// simulations/NAME.json, from which --resume reads it back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/base/config/describe.h"
#include "scenarios/arm.h"

namespace migsim {

// One request as the machine recorded it. The waits are those of the CTAs that finished last, kernel by
// kernel: the critical path of the request.
struct Request {
    std::uint32_t tenant = 0;
    std::uint64_t number = 0;
    std::uint64_t arrival_ps = 0;
    std::optional<std::uint64_t> end_ps;
    bool failed = false;
    std::uint64_t slot_wait_ps = 0;
    std::uint64_t unloaded_ps = 0;
    std::uint64_t sm_ps = 0;
    std::uint64_t crossbar_ps = 0;
    std::uint64_t l2_ps = 0;
    std::uint64_t dram_ps = 0;
    std::uint64_t mmu_ps = 0;
};

template <class Visitor>
void describe(Visitor& v, Request& r) {
    v.required("tenant", r.tenant, "position in the scenario's list of tenants");
    v.required("number", r.number, "per tenant, from 0, warm-up included");
    v.required("arrival_ps", r.arrival_ps, "when the tenant asked");
    v.optional("end_ps", r.end_ps, "when the last kernel was done; absent for a request that never was");
    v.required("failed", r.failed, "whether a fault stopped its instance");
    v.required("slot_wait_ps", r.slot_wait_ps, "waiting for room on an SM");
    v.required("unloaded_ps", r.unloaded_ps,
               "stalled as long as an idle machine would have made it: longer for an L2 miss than a hit");
    v.required("sm_ps", r.sm_ps, "waiting for the load/store unit, MSHRs and store buffer of its own SM");
    v.required("crossbar_ps", r.crossbar_ps, "waiting in ports and for credits between SM and L2");
    v.required("l2_ps", r.l2_ps, "waiting at L2 slices and the link between partitions");
    v.required("dram_ps", r.dram_ps, "waiting in the queues, banks and bus of a memory channel");
    v.required("mmu_ps", r.mmu_ps, "waiting for address translation");
}

struct StatisticValue {
    std::string module;
    std::string name;
    std::optional<std::uint32_t> tenant;
    std::uint64_t value = 0;
    std::string unit;
    std::string meaning;
};

template <class Visitor>
void describe(Visitor& v, StatisticValue& s) {
    v.required("module", s.module, "path of the module that counted");
    v.required("name", s.name, "of the statistic");
    v.optional("tenant", s.tenant, "whose share of it; absent where it is not counted per tenant");
    v.required("value", s.value, "over the whole simulation");
    v.required("unit", s.unit, "of the value");
    v.required("meaning", s.meaning, "what was counted");
}

struct TenantTraffic {
    std::uint32_t tenant = 0;
    std::string instance;
    std::uint64_t dram_bytes = 0;
};

template <class Visitor>
void describe(Visitor& v, TenantTraffic& t) {
    v.required("tenant", t.tenant, "position in the scenario's list of tenants");
    v.required("instance", t.instance, "what it ran on");
    v.required("dram_bytes", t.dram_bytes, "moved to and from memory for it");
}

struct TenantMove {
    std::uint32_t tenant = 0;
    std::string instance;
};

template <class Visitor>
void describe(Visitor& v, TenantMove& m) {
    v.required("tenant", m.tenant, "position in the scenario's list of tenants");
    v.required("instance", m.instance, "where it went on");
}

// When each part of a step of the reconfiguration was done; absent where the simulation ended before.
struct StepTimes {
    std::uint64_t begun_ps = 0;
    std::optional<std::uint64_t> drained_ps, destroyed_ps, created_ps, started_ps;
    std::vector<TenantMove> moves;
};

template <class Visitor>
void describe(Visitor& v, StepTimes& s) {
    v.required("begun_ps", s.begun_ps, "when tenants were told to begin no more requests");
    v.optional("drained_ps", s.drained_ps, "when none of their requests ran any more");
    v.optional("destroyed_ps", s.destroyed_ps, "when the instances named were gone");
    v.optional("created_ps", s.created_ps, "when those asked for were there");
    v.optional("started_ps", s.started_ps, "when the tenants that moved were ready for requests");
    v.required("moves", s.moves, "who went where");
}

enum class SimulationEnd { Finished, TimeLimit };
template <>
struct EnumNames<SimulationEnd> {
    static constexpr std::array table{EnumName{SimulationEnd::Finished, "finished"},
                                      EnumName{SimulationEnd::TimeLimit, "time_limit"}};
};

struct SimulationResult {
    std::string name;
    Arm arm = Arm::Alone;
    SimulationEnd end = SimulationEnd::Finished;
    std::uint64_t simulated_ps = 0;
    std::uint64_t line_transactions = 0;
    std::vector<std::string> faults;
    std::optional<std::uint64_t> foreign_touches;
    std::vector<TenantTraffic> tenants;
    std::vector<StepTimes> reconfiguration;
    std::vector<Request> requests;
    std::vector<StatisticValue> statistics;
};

inline const Format simulation_format{"simulation", 1};

template <class Visitor>
void describe(Visitor& v, SimulationResult& s) {
    v.required("name", s.name, "of the simulation", NonEmpty{});
    v.required("arm", s.arm, "the arm it belongs to");
    v.required("end", s.end, "why it ended");
    v.required("simulated_ps", s.simulated_ps, "simulated time");
    v.required("line_transactions", s.line_transactions, "accesses of 128-byte lines simulated");
    v.required("faults", s.faults, "accesses that enforcement refused, one sentence each");
    v.optional("foreign_touches", s.foreign_touches,
               "messages on hardware of another instance that the monitor saw; absent where MIG is off");
    v.required("tenants", s.tenants, "those that ran");
    v.optional("reconfiguration", s.reconfiguration, "the steps begun, in order");
    v.required("requests", s.requests,
               "in the order in which they began; those of each tenant that never did last");
    v.required("statistics", s.statistics, "of every module");
}

} // namespace migsim
