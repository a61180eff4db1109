// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <sstream>

#include <catch2/catch.hpp>

#include "scenarios/results/conclusion.h"
#include "scenarios/results/table.h"
#include "scenarios/results/text_grid.h"

using namespace migsim;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

TenantInArm measured(Arm arm, double scale, std::string instance, bool enough_samples) {
    TenantInArm t;
    t.arm = arm;
    t.simulation = std::string(enum_name(arm));
    t.instance = std::move(instance);
    t.completed = enough_samples ? 400 : 200;
    const auto percentile = [&](double us) {
        return enough_samples ? PercentileValue{us, us * 0.98, us * 1.03} : PercentileValue{us, {}, {}};
    };
    t.latency = Latency{14.3 * scale, percentile(14.2 * scale), percentile(15.1 * scale),
                        percentile(17.4 * scale), 19.9 * scale};
    t.requests_per_s = 16666.7;
    t.dram_gb_per_s = 412.4;
    return t;
}

// An inference service that is starved in mps and safe in its slice, beside training.
Result example() {
    Result result;
    result.question = "Who starves when an inference service shares an H100 with training?";
    result.device = "h100-sxm-80gb";
    result.layout = {"3g.40gb", "4g.40gb"};
    result.walls = {"sm", "l2", "dram"};
    TenantResult chat{"chat", Role::LatencyCritical, 50.0, {}};
    chat.arms = {measured(Arm::Alone, 1, "whole GPU", false),
                 measured(Arm::AloneSlice, 1.5, "3g.40gb", false),
                 measured(Arm::Mps, 3.1, "whole GPU", false), measured(Arm::Mig, 1.503, "3g.40gb", false)};
    TenantResult train{"train", Role::BestEffort, {}, {}};
    train.arms = {measured(Arm::Alone, 40, "whole GPU", true), measured(Arm::AloneSlice, 66, "4g.40gb", true),
                  measured(Arm::Mps, 48, "whole GPU", true), measured(Arm::Mig, 66, "4g.40gb", true)};
    for (TenantResult* tenant : {&chat, &train})
        for (TenantInArm& t : tenant->arms) {
            t.share_of_entitlement = 0.97;
            if (t.arm != Arm::Alone) t.slowdown_vs_alone = 1.5;
            if (t.arm != Arm::Alone && t.arm != Arm::AloneSlice) t.slowdown_vs_alone_slice = 1.02;
        }
    chat.arms[2].added = AddedTime{30.03, 9.1, 0, 3.2, 1.1, 15.6, 0.4, 0.02, 0.61};
    chat.arms[3].added = AddedTime{0.04, 0, 0, 0, 0, 0, 0, 0.04, 0};
    for (TenantInArm& t : chat.arms) t.slo_missed = t.arm == Arm::Mps ? 131 : 0;
    train.arms[3].requests_per_s = 13000;
    result.tenants = {chat, train};
    result.conclusion = conclusion_of(result);
    return result;
}

std::size_t widest_line(const std::string& text) {
    std::istringstream lines(text);
    std::size_t widest = 0;
    for (std::string line; std::getline(lines, line);)
        widest = std::max<std::size_t>(
            widest, std::count_if(line.begin(), line.end(), [](char c) { return (c & 0xC0) != 0x80; }));
    return widest;
}

} // namespace

TEST_CASE("the table of four arms and two tenants fits in 120 columns", "[fast]") {
    const std::string text = table_text(example());
    INFO(text);
    std::string numbers = text.substr(0, text.rfind("\n\n")); // the conclusion is a sentence and may wrap
    CHECK(widest_line(numbers) <= 120);
    CHECK_THAT(text, StartsWith("Who starves"));
    CHECK_THAT(text, Contains("chat, latency critical, its slice is 3g.40gb, SLO 50.00 µs"));
    CHECK_THAT(text, Contains("mps against alone"));
    CHECK_THAT(text, Contains("131 of 200"));
}

TEST_CASE("the table says where there are too few samples for an interval, and how to get more", "[fast]") {
    const std::string text = table_text(example());
    CHECK_THAT(text, Contains("too few"));
    CHECK_THAT(text, Contains("a 95% interval of p99 needs 368 completed requests, chat has 200"));
    CHECK_THAT(text, Contains("--set tenants[0].requests=368"));
    CHECK_THAT(text, Contains("[1,125, 1,183]")); // train in mig has enough
}

TEST_CASE("the table leaves out columns that nobody has a value for", "[fast]") {
    Result result = example();
    for (TenantResult& tenant : result.tenants)
        for (TenantInArm& t : tenant.arms) {
            t.slo_missed.reset();
            t.slowdown_vs_alone_slice.reset();
        }
    const std::string text = table_text(result);
    CHECK_THAT(text, !Contains("missed"));
    CHECK_THAT(text, !Contains("to slice"));
    CHECK_THAT(text, Contains("to alone"));
}

TEST_CASE("the table tells of runs that were cut off and of accesses that were refused", "[fast]") {
    Result result = example();
    result.simulations = {
        {"mps", Arm::Mps, SimulationEnd::TimeLimit, 1500, 1, {}, {}},
        {"mig", Arm::Mig, SimulationEnd::Finished, 1500, 1, {"chat touched what is not its own"}, 2}};
    const std::string text = table_text(result);
    CHECK_THAT(text, Contains("Foreign: the monitor saw 2 messages on hardware of another instance in mig"));
    CHECK_THAT(text, Contains("Cut off: mps reached limit_ms after 1,500 µs"));
    CHECK_THAT(text, Contains("Refused: 1 accesses in mig, the first: chat touched what is not its own"));
}

TEST_CASE("the conclusion names who starved, on what, and what the partition gave and cost", "[fast]") {
    CHECK(example().conclusion ==
          "In mps chat is starved to 3.10x its p99 alone, 52% of the added time for DRAM and 30% for room on "
          "the SMs; in mig its p99 on its 3g.40gb is within 0.3% of that with nobody beside it, 1.50x the "
          "whole "
          "GPU alone; train does 22% less in mig than in mps.");
}

TEST_CASE("the conclusion does not claim starvation where there was none", "[fast]") {
    Result result = example();
    result.tenants[0].arms[2] = result.tenants[0].arms[0];
    result.tenants[0].arms[2].arm = Arm::Mps;
    CHECK_THAT(conclusion_of(result),
               StartsWith("In mps chat does not notice its neighbours (p99 1.00x alone);"));
}

TEST_CASE("the conclusion blames a partition that leaks", "[fast]") {
    Result result = example();
    TenantInArm& mig = result.tenants[0].arms[3];
    mig.latency->p99.us = 52;
    mig.added = AddedTime{10, 0, 0, 0, 0, 0, 0, 9, 1};
    CHECK_THAT(conclusion_of(result),
               Contains("is 1.99x that with nobody beside it, 90% of the added time for "
                        "address translation"));
}

TEST_CASE("the conclusion blames nobody for the time in which a tenant moves", "[fast]") {
    Result result = example();
    TenantInArm& mig = result.tenants[0].arms[3];
    mig.latency->p99.us = 900;
    mig.added = AddedTime{30, 0, 0, 20, 0, 10, 0, 0, 0};
    mig.outages = {Outage{}};
    mig.outages->front().to = "4g.40gb";
    mig.outages->front().all_us = 850;
    CHECK_THAT(conclusion_of(result), Contains("as it was away for 850.0 µs to move to 4g.40gb"));
    CHECK_THAT(conclusion_of(result), !Contains("the crossbar"));
}

TEST_CASE("a tenant that completes nothing in an arm has a row and a sentence, but no numbers", "[fast]") {
    Result result = example();
    result.tenants[0].arms[2].latency.reset();
    result.tenants[0].arms[2].requests_per_s.reset();
    result.tenants[0].arms[2].added.reset();
    CHECK_THAT(conclusion_of(result), StartsWith("In mps chat completes nothing;"));
    CHECK_THAT(table_text(result), Contains("  mps                 –"));
}

TEST_CASE("an experiment of baselines alone has a table and says so", "[fast]") {
    Result result = example();
    for (TenantResult& tenant : result.tenants) tenant.arms.resize(2);
    CHECK(conclusion_of(result) == "Only baselines were run: there is nobody to share with.");
    CHECK_THAT(table_text(result), !Contains("against"));
}

TEST_CASE("numbers have as many digits as help", "[fast]") {
    CHECK(readable(3.14159) == "3.14");
    CHECK(readable(99.994) == "99.99");
    CHECK(readable(99.996) == "100.0");
    CHECK(readable(999.94) == "999.9");
    CHECK(readable(999.96) == "1,000");
    CHECK(readable(1234567.4) == "1,234,567");
    CHECK(readable(-0.04) == "-0.04");
    CHECK(readable(-0.004) == "0.00");
    CHECK(readable(-1234.6) == "-1,235");
    CHECK(readable(-0.3, 0) == "0");
    CHECK(readable(412.44, 1) == "412.4");
    CHECK(with_separators(0) == "0");
    CHECK(with_separators(1000) == "1,000");
}
