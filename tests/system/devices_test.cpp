// SPDX-License-Identifier: Apache-2.0
// Every device runs: a short stream on the whole GPU, and on each instance of a layout at once where its
// board says, or lets one assume, how many SMs instances have.
#include <algorithm>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "models/gpu/device.h"
#include "partition/board_reader.h"
#include "scenarios/data_folder.h"
#include "tests/system/program.h"

using namespace migsim;
using namespace migsim::test;
using Json = nlohmann::json;

namespace {

// One short stream: on the whole GPU, or on each instance of a layout.
std::string scenario(const std::string& device, const std::vector<std::string>& layout) {
    std::string text = fmt::format("format: migsim/scenario/1\ntitle: Smoke\nquestion: Does it run?\n"
                                   "device: {}\narms: [{}]\ntenants:\n",
                                   device, layout.empty() ? "alone" : "mig");
    for (std::size_t i = 0; i < std::max<std::size_t>(1, layout.size()); ++i)
        text += fmt::format("  - {{name: t{}, role: best_effort, work: {{kind: stream, array_kib: 1024}}, "
                            "load: {{kind: closed}}, requests: 1{}}}\n",
                            i, layout.empty() ? "" : ", instance: " + layout[i]);
    return text + (layout.empty() ? "" : fmt::format("layout: [{}]\n", fmt::join(layout, ", ")));
}

// As many as fit of the smallest instance whose size is known.
std::vector<std::string> smallest_instances(const Board& board) {
    for (const Profile& profile : board.profiles)
        if (profile.sm_count_of_machine() && profile.attributes.empty())
            return std::vector<std::string>(profile.max_count, profile.name);
    return {};
}

void run(const std::string& device, const std::vector<std::string>& layout) {
    CAPTURE(device, layout);
    TemporaryFolder folder;
    write(folder.path() / "smoke.yaml", scenario(device, layout));
    const test::Outcome outcome = run_migsim({"run", "smoke.yaml", "--out", "out", "--quiet"}, folder);
    INFO(outcome.err);
    REQUIRE(outcome.code == 0);
    const Json result = Json::parse(text_of(folder.path() / "out/result.json"));
    for (const Json& tenant : result["tenants"]) CHECK(tenant["arms"][0]["completed"] == 1);
    for (const Json& simulation : result["simulations"]) {
        CHECK(simulation["line_transactions"] >= 8192); // a line has 128 bytes
        CHECK(simulation["faults"].empty());
        if (!layout.empty()) CHECK(simulation["foreign_touches"] == 0);
    }
}

} // namespace

TEST_CASE("every device runs: as a whole, and with all its smallest instances busy", "[devices]") {
    const DataFolder data(MIGSIM_SOURCE_DIR);
    std::vector<std::string> only_whole;
    for (const std::string& name : data.device_names()) {
        run(name, {});
        const auto board = load_board(load_device(data.device(name))->board, data.boards(), {});
        const std::vector<std::string> layout = smallest_instances(*board);
        if (layout.empty())
            only_whole.push_back(name);
        else
            run(name, layout);
    }
    // Nobody says how many SMs their instances have, and they have no relative with as many in all.
    CHECK(only_whole == std::vector<std::string>{"h20-141gb", "h20-96gb"});
}
