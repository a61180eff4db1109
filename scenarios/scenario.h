// SPDX-License-Identifier: Apache-2.0
// A scenario file: one question, the GPU it is about, the tenants and what they do, and the sharing
// arrangements to compare. This declaration is at once the reader, the JSON Schema and effective.yaml.
// README.md has an example.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "models/base/config/describe.h"
#include "models/base/ids.h"
#include "partition/layout_request.h"
#include "partition/walls.h"
#include "scenarios/arm.h"
#include "scenarios/parameter_overrides.h"
#include "scenarios/reconfiguration.h"
#include "scenarios/role.h"
#include "workloads/catalog.h"

namespace migsim {

// Requests come by the clock, whether the last one is done or not.
struct OpenLoop {
    static constexpr const char* kind = "open";
    double period_us = 0;
};

template <class Visitor>
void describe(Visitor& v, OpenLoop& load) {
    v.required("period_us", load.period_us, "from one request to the next", Range{0.001, 1e9});
}

// A request comes when the last one is done.
struct ClosedLoop {
    static constexpr const char* kind = "closed";
    double think_us = 0;
};

template <class Visitor>
void describe(Visitor& v, ClosedLoop& load) {
    v.optional("think_us", load.think_us, "from the end of one request to the next", Range{0, 1e9});
}

enum class Launch { Graph, Stream };
template <>
struct EnumNames<Launch> {
    static constexpr std::array table{EnumName{Launch::Graph, "graph"}, EnumName{Launch::Stream, "stream"}};
};

struct Tenant {
    std::string name;
    Role role = Role::BestEffort;
    std::optional<std::string> instance;
    Work work;
    Launch launch = Launch::Stream;
    std::variant<OpenLoop, ClosedLoop> load = ClosedLoop{};
    std::optional<std::uint64_t> requests;
    std::uint64_t warmup_requests = 0;
    std::optional<double> baseline_ms;
    std::optional<double> slo_us;
};

template <class Visitor>
void describe(Visitor& v, Tenant& t) {
    v.required("name", t.name, "how reports and files call it: letters, digits, - and _", NonEmpty{});
    v.required("role", t.role, "what it is in the scenario for");
    v.optional("instance", t.instance,
               "profile of the GPU instance or compute instance of the layout it runs on, in arms with a "
               "layout");
    v.required("work", t.work, "what one request computes");
    v.optional("launch", t.launch, "its kernels as one graph, or one by one into a stream");
    v.required("load", t.load, "when its requests come");
    v.optional("requests", t.requests,
               "to measure, after warm-up; without it the tenant goes on until the others are done",
               Range{1, 1e7});
    v.optional("warmup_requests", t.warmup_requests, "before those, not measured", Range{0, 1e7});
    v.optional("baseline_ms", t.baseline_ms, "how long it runs when alone, if it has no number of requests",
               Range{0.001, 1e5});
    v.optional("slo_us", t.slo_us, "latency that no request should exceed", Range{0.001, 1e9});
    v.rule("baseline_ms", t.requests.has_value() != t.baseline_ms.has_value(),
           "must stand exactly where requests does not: one of them ends the tenant's baselines");
    v.rule("requests", t.requests || std::holds_alternative<ClosedLoop>(t.load),
           "must stand where load is open: an endless tenant works back to back");
}

struct Scenario {
    std::string title;
    std::string question;
    std::string device;
    ParameterOverrides parameters;
    std::vector<Arm> arms;
    std::optional<LayoutRequest> layout;
    WallChoice walls;
    std::vector<Tenant> tenants;
    std::optional<ReconfigurationRequest> reconfiguration;
    std::uint64_t seed = 1;
    double limit_ms = 1000;
};

inline const Format scenario_format{"scenario", 1};

template <class Visitor>
void describe(Visitor& v, Scenario& s) {
    v.required("title", s.title, "in a few words", NonEmpty{});
    v.required("question", s.question, "that the scenario answers", NonEmpty{});
    v.required("device", s.device, "a GPU: migsim list devices", NonEmpty{});
    v.optional("parameters", s.parameters, "of the device that are to be different: {group: {key: value}}");
    v.required("arms", s.arms, "sharing arrangements to compare", NonEmpty{});
    v.optional("layout", s.layout, "MIG instances of the arms alone_slice, mig and cs");
    v.optional("walls", s.walls,
               "shared resources that are split between instances: hardware, ideal, none or a list");
    v.required("tenants", s.tenants, "who shares the GPU", NonEmpty{}, UniqueNames{});
    v.optional("reconfiguration", s.reconfiguration,
               "changes of instances while the arms mig and cs run: drain, destroy, create, move");
    v.optional("seed", s.seed, "of every random draw");
    v.optional("limit_ms", s.limit_ms, "simulated time after which any arm is cut off",
               Range{0.001, 17000}); // what clocks count exactly
}

} // namespace migsim
