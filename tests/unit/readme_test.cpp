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

std::string example(const std::string& language, unsigned before = 0) {
    const std::string readme = text_of(fs::path(MIGSIM_SOURCE_DIR) / "scenarios/README.md");
    const std::string fence = "```" + language + "\n";
    std::size_t start = readme.find(fence) + fence.size();
    for (; before > 0; --before) start = readme.find(fence, start) + fence.size();
    return readme.substr(start, readme.find("```\n", start) - start);
}

// Whether what is read from the text is written as just that.
template <class T>
void check_round_trip(const std::string& text) {
    const Node node = node_of_json(text, "README.md");
    T value;
    InputErrors errors;
    Codec<T>::read(node, value, {}, errors);
    CHECK(errors.text() == "");
    CHECK(json_line(Codec<T>::node(value, Origin(nullptr, {}))) == json_line(node));
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
    check_round_trip<TenantInArm>(example("json"));
    check_round_trip<Outage>(example("json", 1));
}

TEST_CASE("the reconfiguration in the README is one that the library's scenario could have",
          "[reconfiguration][fast]") {
    const TemporaryFolder folder;
    const std::string library = text_of(fs::path(MIGSIM_SOURCE_DIR) / "scenarios/library/reconfigure.yaml");
    write(folder.path() / "scenario.yaml",
          library.substr(0, library.find("reconfiguration:\n")) + example("yaml", 1));
    const LoadedScenario loaded =
        load_scenario(folder.path() / "scenario.yaml", {}, DataFolder(MIGSIM_SOURCE_DIR));
    REQUIRE(loaded.sliced->steps.size() == 1);
    CHECK(loaded.sliced->steps[0].change.destroy.size() == 2);
    CHECK(loaded.sliced->steps[0].moves.size() == 1);
}
