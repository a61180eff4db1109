// SPDX-License-Identifier: Apache-2.0
// `migsim calibrate` as a user calls it, on a device whose truth is known: the simulator's own.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "tests/system/program.h"

using namespace migsim::test;
using json = nlohmann::ordered_json; // format stands first

namespace {

// Latencies of each level, a curve across L2's end, and how fast CTAs follow each other.
json questions() {
    return {{"format", "migsim/curves/1"},
            {"device", "tiny"},
            {"sources", {{"us", "the simulator"}}},
            {"curves",
             {{{"question", "level_latency"},
               {"source", "us"},
               {"cases", {"l2_near_hit", "l2_far_hit", "near_miss", "far_miss"}},
               {"measured", {1, 1, 1, 1}},
               {"unit", "cycles"}},
              {{"question", "latency_vs_footprint"},
               {"source", "us"},
               {"at", {250, 300, 380, 500, 640, 800, 960}},
               {"measured", {1, 1, 1, 1, 1, 1, 1}},
               {"unit", "cycles"}},
              {{"question", "stream_vs_occupancy"},
               {"variant", "write"},
               {"source", "us"},
               {"at", {32, 64, 96, 128}},
               {"measured", {1, 1, 1, 1}},
               {"unit", "GB/s"}}}}};
}

// The same with what the simulated device answers.
json measured_on_tiny(const TemporaryFolder& folder) {
    json file = questions();
    write(folder.path() / "questions.json", file.dump());
    const Outcome outcome =
        run_migsim({"validate", "--against", "questions.json", "--json", "--quiet"}, folder);
    INFO(outcome.err);
    REQUIRE(outcome.code == 0);
    const json answers = json::parse(outcome.out);
    for (std::size_t c = 0; c < file["curves"].size(); ++c)
        for (std::size_t i = 0; i < file["curves"][c]["measured"].size(); ++i)
            file["curves"][c]["measured"][i] = answers["curves"][c]["rows"][i]["twin"];
    return file;
}

void replace(std::string& text, const std::string& from, const std::string& to) {
    REQUIRE(text.find(from) != std::string::npos);
    text.replace(text.find(from), from.size(), to);
}

} // namespace

TEST_CASE("a device that starts 30 % off is calibrated back to the numbers it was measured with",
          "[calibration]") {
    const TemporaryFolder folder;
    write(folder.path() / "measured.json", measured_on_tiny(folder).dump());
    std::string off = text_of(fs::path(MIGSIM_SOURCE_DIR) / "models/devices/tiny.yaml");
    replace(off, "name: tiny", "name: off");
    replace(off, "request_latency: {value: 66", "request_latency: {value: 46");
    replace(off, "partition_link: {value: 64", "partition_link: {value: 83");
    replace(off, "front_end: {value: 41", "front_end: {value: 29");
    replace(off, "cluster_latency: {value: 120", "cluster_latency: {value: 84");
    write(folder.path() / "off.yaml", off);

    const Outcome outcome = run_migsim({"calibrate",
                                        "--device",
                                        "off.yaml",
                                        "--against",
                                        "measured.json",
                                        "--out",
                                        "found.yaml",
                                        "--parameter",
                                        "crossbar.request_latency",
                                        "--parameter",
                                        "chip.partition_link",
                                        "--parameter",
                                        "memory.front_end",
                                        "--parameter",
                                        "front_end.cluster_latency",
                                        "--parameter",
                                        "l2.tag_cycles",
                                        "--parameter",
                                        "mmu.walk_step",
                                        "--quiet",
                                        "--json"},
                                       folder);
    INFO(outcome.out << outcome.err);
    REQUIRE(outcome.code == 0);
    const json result = json::parse(outcome.out);
    CHECK(result["format"] == "migsim/calibration/1");
    std::map<std::string, json> found;
    for (const json& parameter : result["parameters"]) found[parameter["name"]] = parameter;
    CHECK(found["crossbar.request_latency"]["to"] == 66);
    CHECK(found["chip.partition_link"]["to"] == 64);
    CHECK(found["memory.front_end"]["to"] == 41);
    CHECK(found["front_end.cluster_latency"]["to"].get<double>() ==
          Approx(120).epsilon(0.02)); // bandwidths repeat less well
    CHECK(found["l2.tag_cycles"]["outcome"] == "inseparable");
    CHECK(found["mmu.walk_step"]["outcome"] == "no_effect");
    CHECK(result["held_back"]["before"]["median_percent"] > 2);
    CHECK(result["held_back"]["after"]["median_percent"] < 0.5);

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
