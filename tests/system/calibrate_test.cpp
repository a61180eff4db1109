// SPDX-License-Identifier: Apache-2.0
// `migsim calibrate` as a user calls it, on a device whose truth is known: the simulator's own.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "tests/system/program.h"

using namespace migsim::test;
using json = nlohmann::ordered_json; // of files: the format stands first

namespace {

const json levels{{"question", "level_latency"},
                  {"source", "us"},
                  {"cases", {"l2_near_hit", "l2_far_hit", "near_miss", "far_miss"}},
                  {"measured", {1, 1, 1, 1}},
                  {"unit", "cycles"}};
const json beyond_l2{{"question", "latency_vs_footprint"},
                     {"source", "us"},
                     {"at", {250, 300, 380, 500, 640, 800, 960}},
                     {"measured", {1, 1, 1, 1, 1, 1, 1}},
                     {"unit", "cycles"}};
const json turnover{{"question", "stream_vs_occupancy"}, {"variant", "write"},       {"source", "us"},
                    {"at", {32, 64, 96, 128}},           {"measured", {1, 1, 1, 1}}, {"unit", "GB/s"}};

// These curves with what the simulated device answers.
void measure_on_tiny(const TemporaryFolder& folder, const json& curves) {
    json file{{"format", "migsim/curves/1"},
              {"device", "tiny"},
              {"sources", {{"us", "the simulator"}}},
              {"curves", curves}};
    write(folder.path() / "questions.json", file.dump());
    const Outcome outcome =
        run_migsim({"validate", "--against", "questions.json", "--json", "--quiet"}, folder);
    INFO(outcome.err);
    REQUIRE(outcome.code == 0);
    const json answers = json::parse(outcome.out);
    for (std::size_t c = 0; c < curves.size(); ++c)
        for (std::size_t i = 0; i < curves[c]["measured"].size(); ++i)
            file["curves"][c]["measured"][i] = answers["curves"][c]["rows"][i]["twin"];
    write(folder.path() / "measured.json", file.dump());
}

void replace(std::string& text, const std::string& from, const std::string& to) {
    REQUIRE(text.find(from) != std::string::npos);
    text.replace(text.find(from), from.size(), to);
}

// tiny with these numbers in place of its own, as off.yaml.
void write_off(const TemporaryFolder& folder, const std::map<std::string, std::string>& changes) {
    std::string text = text_of(fs::path(MIGSIM_SOURCE_DIR) / "models/devices/tiny.yaml");
    replace(text, "name: tiny", "name: off");
    for (const auto& [from, to] : changes) replace(text, from, to);
    write(folder.path() / "off.yaml", text);
}

json calibrate(const TemporaryFolder& folder, const std::vector<std::string>& parameters) {
    std::vector<std::string> arguments{"calibrate", "--device",   "off.yaml", "--against", "measured.json",
                                       "--out",     "found.yaml", "--quiet",  "--json"};
    for (const std::string& name : parameters) arguments.insert(arguments.end(), {"--parameter", name});
    const Outcome outcome = run_migsim(arguments, folder);
    INFO(outcome.out << outcome.err);
    REQUIRE(outcome.code == 0);
    return json::parse(outcome.out);
}

std::map<std::string, json> by_name(const json& result) {
    std::map<std::string, json> parameters;
    for (const json& parameter : result["parameters"]) parameters[parameter["name"]] = parameter;
    return parameters;
}

} // namespace

TEST_CASE("a device that starts 30 % off is calibrated back to the latencies it was measured with",
          "[calibration]") {
    const TemporaryFolder folder;
    measure_on_tiny(folder, json::array({levels, beyond_l2}));
    write_off(folder, {{"request_latency: {value: 66", "request_latency: {value: 46"},
                       {"partition_link: {value: 64", "partition_link: {value: 83"},
                       {"front_end: {value: 41", "front_end: {value: 29"}});
    const json result = calibrate(folder, {"crossbar.request_latency", "chip.partition_link",
                                           "memory.front_end", "l2.tag_cycles", "mmu.walk_step"});
    INFO(result.dump(1));
    CHECK(result["format"] == "migsim/calibration/1");
    auto found = by_name(result);
    CHECK(found["crossbar.request_latency"]["to"] == 66);
    CHECK(found["chip.partition_link"]["to"] == 64);
    CHECK(found["memory.front_end"]["to"] == 41);
    CHECK(found["l2.tag_cycles"]["outcome"] == "inseparable");
    CHECK(found["mmu.walk_step"]["outcome"] == "no_effect");
    CHECK(result["held_back"]["before"]["median_percent"] > 1);
    CHECK(result["held_back"]["after"]["worst_percent"].get<double>() == Approx(0).margin(0.01));

    const Outcome listed = run_migsim({"validate", "--device", "found.yaml", "--against", "measured.json",
                                       "--json", "--only", "level_latency", "--quiet"},
                                      folder);
    INFO(listed.err);
    REQUIRE(listed.code == 0);
    for (const json& row : json::parse(listed.out)["curves"][0]["rows"]) {
        CHECK(row["error_percent"].get<double>() == Approx(0).margin(0.01));
        CHECK(row["basis"] == "calibrated");
    }
}

TEST_CASE("what is only known from bandwidths is found to 2 %", "[calibration]") {
    const TemporaryFolder folder;
    measure_on_tiny(folder, json::array({turnover}));
    write_off(folder, {{"cluster_latency: {value: 120", "cluster_latency: {value: 84"}});
    const json result = calibrate(folder, {"front_end.cluster_latency"});
    INFO(result.dump(1));
    CHECK(by_name(result)["front_end.cluster_latency"]["to"].get<double>() == Approx(120).epsilon(0.02));
    CHECK(result["held_back"]["before"]["median_percent"] > 15);
    CHECK(result["held_back"]["after"]["median_percent"] < 2);
}

TEST_CASE("measurements that determine no parameter leave no device file", "[calibration]") {
    const TemporaryFolder folder;
    write(folder.path() / "measured.json",
          R"({"format": "migsim/curves/1", "device": "tiny", "sources": {"us": "our board"}, "curves": [
              {"question": "latency_vs_footprint", "source": "us", "at": [8], "measured": [30], "unit": "cycles"}]})");
    const Outcome outcome = run_migsim({"calibrate", "--device", "tiny", "--against", "measured.json",
                                        "--out", "new.yaml", "--parameter", "memory.front_end", "--quiet"},
                                       folder);
    CHECK(outcome.code == 1);
    CHECK(outcome.err == "these points determine none of the parameters, so new.yaml is not written\n");
    CHECK(outcome.out.find("unchanged, since these points hardly depend on them: memory.front_end\n") !=
          std::string::npos);
    CHECK_FALSE(fs::exists(folder.path() / "new.yaml"));
}
