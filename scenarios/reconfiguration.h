// SPDX-License-Identifier: Apache-2.0
// Changes of instances while a scenario's arms run, as a scenario asks for them, and what they come to on the
// device. Instances are named as everywhere: `3g.40gb`, or `3g.40gb:4` for the one at memory slice 4.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/base/config/describe.h"
#include "partition/reconfiguration_costs.h"

namespace migsim {

struct ReconfigurationStep {
    double at_ms = 0;
    std::vector<std::string> drain;
    std::vector<std::string> destroy;
    std::vector<std::string> create;
    std::map<std::string, std::string> move;
};

template <class Visitor>
void describe(Visitor& v, ReconfigurationStep& s) {
    v.required("at_ms", s.at_ms, "when it begins, or when the step before it is done, if that is later",
               Range{0, 1e6});
    v.optional("drain", s.drain, "tenants that begin no more requests; one that no step moves has ended");
    v.optional("destroy", s.destroy, "instances that end, once the tenants in them are drained");
    v.optional("create", s.create, "instances that are made then, in this order");
    v.optional("move", s.move,
               "tenants that go on in another instance, each drained first: {tenant: instance}");
    v.rule("at_ms", !(s.drain.empty() && s.destroy.empty() && s.create.empty() && s.move.empty()),
           "is all there is of the step; legal: drain, destroy, create or move as well");
}

struct ReconfigurationRequest {
    std::vector<ReconfigurationStep> steps;
    ReconfigurationCosts costs;
};

template <class Visitor>
void describe(Visitor& v, ReconfigurationRequest& r) {
    v.required("steps", r.steps, "one after another", NonEmpty{});
    v.optional("costs", r.costs, "how long each takes, as published unless changed");
}

} // namespace migsim
