// SPDX-License-Identifier: Apache-2.0
// The examples in scenarios/README.md are what the program reads and writes.
#include <catch2/catch.hpp>

#include "scenarios/json.h"
#include "scenarios/loader.h"
#include "scenarios/results/result.h"
#include "tests/system/program.h"

using namespace migsim;
using namespace migsim::test;

namespace {

std::string example(const std::string& language) {
    const std::string readme = text_of(fs::path(MIGSIM_SOURCE_DIR) / "scenarios/README.md");
    const std::string fence = "```" + language + "\n";
    const std::size_t start = readme.find(fence) + fence.size();
    return readme.substr(start, readme.find("```\n", start) - start);
}

} // namespace

TEST_CASE("the scenario in the README is a good one", "[fast]") {
    const TemporaryFolder folder;
    write(folder.path() / "scenario.yaml", example("yaml"));
    const LoadedScenario loaded =
        load_scenario(folder.path() / "scenario.yaml", {}, DataFolder(MIGSIM_SOURCE_DIR));
    CHECK(loaded.plans().size() == 6);
}

TEST_CASE("the result in the README has exactly the keys that results have", "[fast]") {
    const Node node = node_of_json(example("json"), "README.md");
    TenantInArm t;
    InputErrors errors;
    Codec<TenantInArm>::read(node, t, {}, errors);
    CHECK(errors.text() == "");
    CHECK(json_line(Codec<TenantInArm>::node(t, Origin(nullptr, {}))) == json_line(node));
}
