// SPDX-License-Identifier: Apache-2.0
// A twin asks the simulated GPU what a published program asked a real one, with the same access pattern. One
// twin is one file, named after its question; twins.cpp lists them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/config/describe.h"
#include "models/gpu/device.h"

namespace migsim {

// One point that was measured.
struct Question {
    std::string variant; // empty where the question has none
    std::string name;    // of the case, or
    double at = 0;       // the position
};

// What one machine answered.
struct Answer {
    double value = 0;
    unsigned passes = 0;       // that were run, the last of which is the value
    double change_percent = 0; // from the pass before it
};
inline constexpr double passes_agree_percent = 0.5;

template <class Visitor>
void describe(Visitor& v, Answer& a) {
    v.required("value", a.value, "in the unit of the question");
    v.required("passes", a.passes, "that were run");
    v.required("change_percent", a.change_percent, "from the last but one to the last");
}

struct TwinFacts {
    std::string question;
    std::string asks; // what the number is
    std::string unit;
    std::string at_unit;               // of positions
    Range at{0, 0};                    // which it can do
    std::vector<std::string> cases;    // instead of positions
    std::vector<std::string> variants; // "" is the plain question
    std::string program;               // that is reproduced, with its commit
    std::string pattern;               // grid, block, stride, element, reuse, page size
    std::string pass;                  // the first; each is twice the one before, until two agree to 0.5%
    std::vector<std::string> what_if;  // variants that are of the device, not of what it is asked
};

class Twin {
public:
    explicit Twin(TwinFacts facts) : facts(std::move(facts)) {}
    virtual ~Twin() = default;

    const TwinFacts facts;

    // A process builds one machine, so an answer that compares machines takes several runs.
    virtual std::vector<std::string> runs() const { return {""}; }
    // One run, in a process of its own. It may change the device's parameters.
    virtual Answer measure(Device& device, const Question& question, std::string_view run) const = 0;
    virtual double combine(const std::vector<double>& runs) const { return runs.front(); }
    // Host work that one run is expected to be, to start long ones first and for progress.
    virtual double million_lines(const Device& device, const Question& question) const = 0;
};

const std::vector<std::unique_ptr<const Twin>>& all_twins();
const Twin* find_twin(std::string_view question); // null: no such twin
std::vector<std::string> questions();

std::unique_ptr<const Twin> make_latency_vs_footprint();
std::unique_ptr<const Twin> make_level_latency();
std::unique_ptr<const Twin> make_loaded_latency();
std::unique_ptr<const Twin> make_stream_vs_occupancy();
std::unique_ptr<const Twin> make_l2_bandwidth_vs_footprint();
std::unique_ptr<const Twin> make_random_bandwidth();
std::unique_ptr<const Twin> make_port_scaling();
std::unique_ptr<const Twin> make_utlb_miss();
std::unique_ptr<const Twin> make_translation_loss();

} // namespace migsim
