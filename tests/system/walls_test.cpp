// SPDX-License-Identifier: Apache-2.0
// What the main job claims, in small: what a hog takes from its neighbour, that it takes less when it does
// less, and which walls keep it out.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/system/program.h"

using namespace migsim::test;
using Json = nlohmann::json;

namespace {

// The run folder of a scenario beside this file.
class Ran {
public:
    Ran(const std::string& scenario, std::vector<std::string> more = {}) {
        const fs::path file = fs::path(MIGSIM_SOURCE_DIR) / "tests/system" / scenario;
        std::vector<std::string> arguments{"run", file.string(), "--out", "out", "--quiet"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        const Outcome outcome = run_migsim(arguments, folder_);
        INFO(outcome.err);
        REQUIRE(outcome.code == 0);
        result_ = Json::parse(text_of(folder_.path() / "out/result.json"));
        for (const Json& simulation : result_["simulations"]) {
            CHECK(simulation["faults"].empty());
            CHECK(simulation.value("foreign_touches", 0) == 0);
        }
    }

    Json victim(const std::string& arm) const {
        for (const Json& seen : result_["tenants"][0]["arms"])
            if (seen["arm"] == arm) return seen;
        throw std::runtime_error("the victim was not in " + arm);
    }
    double p99_us(const std::string& arm) const { return victim(arm)["latency"]["p99"]["us"]; }
    double mean_us(const std::string& arm) const { return victim(arm)["latency"]["mean_us"]; }
    double added_us(const std::string& arm, const char* part) const { return victim(arm)["added"][part]; }

    // Every request of the victim with all its times, in ps.
    std::string requests(const std::string& simulation) const {
        std::string text;
        const Json file = Json::parse(text_of(folder_.path() / "out/simulations" / (simulation + ".json")));
        for (const Json& request : file["requests"])
            if (request["tenant"] == 0) text += request.dump() + '\n';
        return text;
    }

private:
    TemporaryFolder folder_;
    Json result_;
};

constexpr const char* memory_parts[] = {"crossbar_us", "l2_miss_us", "dram_us"};

} // namespace

TEST_CASE("a hog that streams half of the time costs less in the crossbar, in L2 and in DRAM", "[walls]") {
    const Ran full("bandwidth_hog.yaml", {"--arm", "alone", "--arm", "mps"});
    const Ran half("bandwidth_hog.yaml",
                   {"--arm", "alone", "--arm", "mps", "--set", "tenants[1].load.think_us=200"});
    CHECK(full.p99_us("mps") > 1.5 * full.p99_us("alone"));
    CHECK(half.requests("alone-chat") == full.requests("alone-chat"));
    for (const char* const part : memory_parts) {
        CAPTURE(part);
        CHECK(full.added_us("mps", part) > 0);
        CHECK(half.added_us("mps", part) > 0);
        CHECK(half.added_us("mps", part) < full.added_us("mps", part));
    }
}

TEST_CASE("the walls that MIG has keep a bandwidth hog out, and without walls it costs what it costs in mps",
          "[walls]") {
    const Ran hardware("bandwidth_hog.yaml");
    CHECK(hardware.mean_us("mps") > 1.5 * hardware.mean_us("alone"));
    CHECK(hardware.p99_us("mig") == Approx(hardware.p99_us("alone_slice")).epsilon(0.02));

    const Ran ideal("bandwidth_hog.yaml", {"--arm", "alone_slice", "--arm", "mig", "--set", "walls=ideal"});
    CHECK(ideal.requests("mig") == ideal.requests("alone_slice-chat"));

    const Ran none("bandwidth_hog.yaml", {"--arm", "alone_slice", "--arm", "mig", "--set", "walls=none"});
    CHECK(none.mean_us("alone_slice") == Approx(hardware.mean_us("alone")).epsilon(0.05));
    CHECK(none.mean_us("mig") == Approx(hardware.mean_us("mps")).epsilon(0.1));
    for (const char* const part : memory_parts) {
        CAPTURE(part);
        CHECK(none.added_us("mig", part) == Approx(hardware.added_us("mps", part)).epsilon(0.2));
    }
}

TEST_CASE("the L3 TLB and the walkers, which MIG leaves shared, let a hog of translations be felt",
          "[walls]") {
    const Ran hardware("tlb_hog.yaml");
    CHECK(hardware.mean_us("mig") > 1.2 * hardware.mean_us("alone_slice"));
    CHECK(hardware.added_us("mig", "mmu_us") >= hardware.added_us("mig", "all_us"));

    const Ran ideal("tlb_hog.yaml", {"--set", "walls=ideal"});
    CHECK(ideal.requests("mig") == ideal.requests("alone_slice-chat"));
}
