// SPDX-License-Identifier: Apache-2.0
// What a simulation's process says to its parent, one JSON line each.
#pragma once

#include <string>
#include <variant>

#include "models/base/config/describe.h"
#include "scenarios/simulation_result.h"

namespace migsim {

struct ProgressMessage {
    static constexpr const char* kind = "progress";
    double fraction = 0;
    std::uint64_t line_transactions = 0;
};

template <class Visitor>
void describe(Visitor& v, ProgressMessage& m) {
    v.required("fraction", m.fraction, "of the simulation that is done");
    v.required("line_transactions", m.line_transactions, "so far");
}

struct FinishedMessage {
    static constexpr const char* kind = "finished";
    SimulationResult result;
    double wall_s = 0;
    std::uint64_t peak_memory_bytes = 0;
};

template <class Visitor>
void describe(Visitor& v, FinishedMessage& m) {
    v.required("result", m.result, "all of it");
    v.required("wall_s", m.wall_s, "time it took here");
    v.required("peak_memory_bytes", m.peak_memory_bytes, "resident, of the process");
}

struct FailedMessage {
    static constexpr const char* kind = "failed";
    bool bad_input = false;
    std::string text;
};

template <class Visitor>
void describe(Visitor& v, FailedMessage& m) {
    v.required("bad_input", m.bad_input, "whether the user can mend it");
    v.required("text", m.text, "what went wrong");
}

using SimulationMessage = std::variant<ProgressMessage, FinishedMessage, FailedMessage>;

} // namespace migsim
