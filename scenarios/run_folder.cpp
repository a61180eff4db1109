// SPDX-License-Identifier: Apache-2.0
#include "scenarios/run_folder.h"

#include <sstream>

#include <fmt/format.h>

#include "models/base/config/text_file.h"
#include "scenarios/json.h"
#include "scenarios/results/statistics_csv.h"

namespace migsim {
namespace {

namespace fs = std::filesystem;

const char* const effective_name = "effective.yaml";

fs::path name_of(const std::string& simulation) {
    return fs::path("simulations") / (simulation + ".json");
}

// FNV-1a, 64 bit (Fowler, Noll, Vo). Names folders; nothing is trusted to it.
std::uint64_t hash_of(const std::string& text) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
    return hash;
}

std::string first_difference(const std::string& there, const std::string& here) {
    std::istringstream there_lines(there), here_lines(here);
    std::string there_line, here_line;
    do {
        if (!std::getline(there_lines, there_line)) there_line.clear();
        if (!std::getline(here_lines, here_line)) here_line.clear();
    } while (there_line == here_line && there_lines && here_lines);
    const auto trimmed = [](const std::string& line) {
        const std::size_t start = line.find_first_not_of(" -");
        return start == std::string::npos ? std::string("nothing") : shown(line.substr(start));
    };
    return trimmed(there_line) + " there, " + trimmed(here_line) + " here";
}

} // namespace

fs::path default_run_folder(const fs::path& scenario_file, const LoadedScenario& loaded) {
    // Hashed as if it stood beside the scenario, so that the name does not depend on where it will stand.
    const std::string effective = loaded.effective(scenario_file.parent_path(), Origins::Hidden);
    return fs::path("runs") /
           fmt::format("{}-{:012x}", scenario_file.stem().string(), hash_of(effective) >> 16);
}

RunFolder::RunFolder(const fs::path& target, ResultFolder::Existing policy, const LoadedScenario& loaded,
                     const DataFolder& data)
    : folder_(target, policy), loaded_(loaded), resumes_(policy == ResultFolder::Existing::Resume) {
    const fs::path left = folder_.staging() / effective_name;
    if (resumes_ && fs::exists(left)) {
        const std::string there = load_scenario(left, {}, data).effective(folder_.target(), Origins::Hidden);
        const std::string here = loaded.effective(folder_.target(), Origins::Hidden);
        if (there != here)
            throw InputError(
                fmt::format("{}: --resume: was begun with other settings, {}; give another --out or --force",
                            target.string(), first_difference(there, here)));
    }
    folder_.write(effective_name, loaded.effective(folder_.target(), Origins::Shown));
}

std::optional<SimulationResult> RunFolder::kept(const std::string& simulation) const {
    const fs::path file = folder_.staging() / name_of(simulation);
    if (!resumes_ || !fs::exists(file)) return std::nullopt;
    return from_json<SimulationResult>(read_text_file(file), simulation_format, file.string());
}

void RunFolder::keep(const SimulationResult& simulation) {
    folder_.write(name_of(simulation.name), json_line(document_node(simulation, simulation_format)) + "\n");
}

void RunFolder::leave_for_resume() {
    folder_.leave_for_resume();
}

void RunFolder::commit(const Result& result, const std::vector<SimulationResult>& simulations,
                       const HostReport& host) {
    folder_.write("result.json", json_text(document_node(result, result_format)));
    folder_.write("stats.csv", statistics_csv(loaded_.scenario.tenants, simulations));
    folder_.write("host.json", json_text(document_node(host, host_format)));
    folder_.commit();
}

} // namespace migsim
