// SPDX-License-Identifier: Apache-2.0
#include "scenarios/twin_answers.h"

#include <map>

#include <fmt/format.h>

#include "bench/validation/comparison.h"
#include "scenarios/child_pool.h"
#include "scenarios/json.h"

namespace migsim {
namespace {

const Format answer_format{"answer", 1};

// One run, under the name that says what it is to people.
struct TwinRun {
    AskedTwin asked;
    std::string run;

    std::string name() const {
        return fmt::format("{}{} {} {} {} {}", asked.device->name,
                           asked.clock_mhz ? fmt::format("@{}", *asked.clock_mhz) : "",
                           asked.twin->facts.question, asked.question.variant, name_of(asked.question), run);
    }
};

// In a process of its own: what it does to the device stays there.
std::string answer_of(const TwinRun& run) {
    Device& device = *run.asked.device;
    if (run.asked.clock_mhz) device.chip.set("clock", std::to_string(*run.asked.clock_mhz));
    const Answer answer = run.asked.twin->measure(device, run.asked.question, run.run);
    return json_line(document_node(answer, answer_format));
}

} // namespace

std::vector<std::vector<Answer>> ask_twins(const std::vector<AskedTwin>& asked, const SystemcProcess& systemc,
                                           unsigned side_by_side, ProgressLine& progress) {
    std::vector<TwinRun> runs;
    std::map<std::pair<std::string, const Device*>, std::size_t> known; // which of them has this name
    std::vector<std::vector<std::size_t>> runs_of(asked.size());
    for (std::size_t i = 0; i < asked.size(); ++i)
        for (const std::string& name : asked[i].twin->runs()) {
            TwinRun run{asked[i], name};
            const auto [place, is_new] = known.try_emplace({run.name(), asked[i].device}, runs.size());
            runs_of[i].push_back(place->second);
            if (is_new) runs.push_back(std::move(run));
        }

    std::vector<ChildJob> jobs;
    for (const TwinRun& run : runs)
        jobs.push_back({run.name(), run.asked.twin->million_lines(*run.asked.device, run.asked.question),
                        [&run](const Tell&) { return answer_of(run); }});
    const std::vector<std::string> lines = run_jobs(jobs, systemc, side_by_side, progress);

    std::vector<std::vector<Answer>> answers(asked.size());
    for (std::size_t i = 0; i < asked.size(); ++i)
        for (const std::size_t run : runs_of[i])
            answers[i].push_back(from_json<Answer>(lines[run], answer_format, jobs[run].name));
    return answers;
}

} // namespace migsim
