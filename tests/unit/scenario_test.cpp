// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <catch2/catch.hpp>

#include "scenarios/loader.h"
#include "tests/system/program.h"

using namespace migsim;
using namespace migsim::test;
using Catch::Matchers::Contains;

namespace {

const std::string two_tenants = R"(format: migsim/scenario/1
title: Two on a small GPU
question: Who waits?
device: tiny
arms: [mig, mps, alone]
layout: [3g.4gb, 4g.4gb]
tenants:
  - name: chat
    role: latency_critical
    instance: 3g.4gb
    work: {kind: chase, footprint_kib: 64, hops: 100}
    load: {kind: open, period_us: 60}
    requests: 10
    warmup_requests: 2
  - name: hog
    role: best_effort
    instance: 4g.4gb
    work: {kind: stream, array_kib: 16384}
    load: {kind: closed}
    baseline_ms: 0.1
)";

class ScenarioFile {
public:
    explicit ScenarioFile(const std::string& text = two_tenants) { write(path(), text); }
    fs::path path() const { return folder_.path() / "scenario.yaml"; }
    LoadedScenario load(const std::vector<std::string>& settings = {}) const {
        return load_scenario(path(), settings, DataFolder(MIGSIM_SOURCE_DIR));
    }
    std::string complaint(const std::vector<std::string>& settings) const {
        try {
            load(settings);
        } catch (const InputError& error) {
            return error.what();
        }
        return "no complaint";
    }

private:
    TemporaryFolder folder_;
};

std::vector<std::string> names_of(const std::vector<SimulationPlan>& plans) {
    std::vector<std::string> names;
    for (const SimulationPlan& plan : plans) names.push_back(plan.name);
    return names;
}

} // namespace

TEST_CASE("a scenario comes to one simulation per shared arm and one per tenant and baseline", "[fast]") {
    const LoadedScenario loaded = ScenarioFile().load();
    const std::vector<SimulationPlan> plans = loaded.plans();
    CHECK(names_of(plans) == std::vector<std::string>{"alone-chat", "alone-hog", "mps", "mig"});
    CHECK(plans[0].tenants == std::vector<std::uint32_t>{0});
    CHECK(plans[0].limit == 1'000'000'000'000u); // limit_ms, 1 s unless the file says otherwise
    CHECK(plans[1].limit == 100'000'000u);       // baseline_ms of the tenant without an end
    CHECK(plans[3].tenants == std::vector<std::uint32_t>{0, 1});
    CHECK(plans[3].weight > plans[0].weight);
    CHECK(names_of(ScenarioFile().load({"arms=[alone_slice]"}).plans()) ==
          std::vector<std::string>{"alone_slice-chat", "alone_slice-hog"});
}

TEST_CASE("each tenant sits on the instance of its profile, whatever the order of either", "[fast]") {
    const LoadedScenario loaded = ScenarioFile().load();
    const Arrangement& sliced = *loaded.sliced;
    REQUIRE(sliced.instances.size() == 2);
    CHECK(sliced.instances[0].name == "4g.4gb"); // at memory slice 0, so it is instance 0
    CHECK(sliced.seats == std::vector<Seat>{{InstanceId{1}}, {InstanceId{0}}});
    CHECK(loaded.whole_gpu.instances.size() == 1);
    CHECK(loaded.whole_gpu.instances[0].sms.size() == 14);
    CHECK(sliced.instances[1].sms.size() == 6);
    CHECK(sliced.instances[1].base >= sliced.instances[0].base + sliced.instances[0].bytes);
}

TEST_CASE("tenants of the same profile take its instances in turn", "[fast]") {
    const LoadedScenario loaded = ScenarioFile().load(
        {"layout=[1g.1gb, 1g.1gb, 1g.1gb]", "tenants[0].instance=1g.1gb", "tenants[1].instance=1g.1gb"});
    CHECK(loaded.sliced->seats == std::vector<Seat>{{InstanceId{0}}, {InstanceId{1}}});
}

TEST_CASE("tenants sit on compute instances by their names, two in one GPU instance", "[fast]") {
    const ScenarioFile file;
    const std::vector<std::string> settings{
        "arms=[alone_slice, cs]",
        "layout=[2g.2gb, {profile: 4g.4gb, compute_instances: [1c.4g.4gb, 2c.4g.4gb]}]",
        "tenants[0].instance=2c.4g.4gb", "tenants[1].instance=1c.4g.4gb"};
    const LoadedScenario loaded = file.load(settings);
    const Arrangement& sliced = *loaded.sliced;
    CHECK(sliced.seats == std::vector<Seat>{{InstanceId{0}, 1}, {InstanceId{0}, 0}});
    CHECK(sliced.compute_instance(sliced.seats[0]).sms.size() == 4);
    CHECK(sliced.compute_instance(sliced.seats[1]).sms.size() == 2);
    CHECK(names_of(loaded.plans()) == std::vector<std::string>{"alone_slice-chat", "alone_slice-hog", "cs"});

    const std::string effective = loaded.effective(file.path().parent_path(), Origins::Hidden);
    CHECK_THAT(effective,
               Contains("{profile: 4g.4gb, start: 0, compute_instances: [1c.4g.4gb, 2c.4g.4gb]}") &&
                   Contains("{profile: 2g.2gb, start: 4}"));
    const ScenarioFile again(effective);
    CHECK(again.load().effective(again.path().parent_path(), Origins::Hidden) == effective);
}

TEST_CASE("one compute instance that fills its GPU instance is no division", "[fast]") {
    const ScenarioFile file;
    const auto effective = [&](const LoadedScenario& loaded) {
        return loaded.effective(file.path().parent_path(), Origins::Hidden);
    };
    CHECK(effective(file.load({"layout=[{profile: 3g.4gb, compute_instances: [3g.4gb]}, 4g.4gb]"})) ==
          effective(file.load()));
}

TEST_CASE("walls are the device's own unless the scenario asks for others", "[fast]") {
    const MachineWalls hardware = ScenarioFile().load().sliced->walls;
    CHECK(hardware.l2);
    CHECK(hardware.gpc_tlb);
    CHECK_FALSE(hardware.l3_tlb);
    CHECK_FALSE(hardware.page_walker);
    const MachineWalls none = ScenarioFile().load({"walls=none"}).sliced->walls;
    CHECK_FALSE((none.sm || none.gpc_port || none.crossbar || none.l2 || none.dram || none.gpc_tlb ||
                 none.l3_tlb || none.page_walker));
    const MachineWalls ideal = ScenarioFile().load({"walls=ideal"}).sliced->walls;
    CHECK((ideal.sm && ideal.gpc_port && ideal.crossbar && ideal.l2 && ideal.dram && ideal.gpc_tlb &&
           ideal.l3_tlb && ideal.page_walker));
    const MachineWalls two = ScenarioFile().load({"walls=[crossbar, page_walker]"}).sliced->walls;
    CHECK((two.crossbar && two.page_walker));
    CHECK_FALSE((two.sm || two.l2 || two.dram));
}

TEST_CASE("a scenario may change parameters of its device, which are checked like the device's own",
          "[fast]") {
    const ScenarioFile file;
    CHECK(file.load().device->l2.ways == 16);
    CHECK(file.load({"parameters.l2.ways=8"}).device->l2.ways == 8);
    CHECK(file.load({"parameters.chip.gpc_tpcs=[3, 4]"}).device->chip.gpc_tpcs.value() ==
          std::vector<std::uint32_t>{3, 4});
    CHECK_THAT(file.complaint({"parameters.l2.ways=0"}),
               Contains("--set: parameters.l2.ways: '0' is out of range"));
    CHECK_THAT(file.complaint({"parameters.l2.way=8"}),
               Contains("'way' is not a parameter of l2") && Contains("did you mean 'ways'?"));
    CHECK_THAT(file.complaint({"parameters.l3.ways=8"}), Contains("'l3' is not a group of parameters"));
    CHECK_THAT(file.complaint({"parameters.chip.gpc_partition=[0]"}), Contains("chip.gpc_partition"));
    CHECK_THAT(file.complaint({"parameters.l2.ways={is: 8}"}),
               Contains("is a map, not the value of a parameter"));
}

TEST_CASE("the effective scenario has every value, and read again it is itself", "[fast]") {
    const ScenarioFile file;
    const LoadedScenario loaded = file.load({"seed=7", "parameters.l2.ways=8"});
    const std::string effective = loaded.effective(file.path().parent_path(), Origins::Hidden);
    CHECK_THAT(effective, Contains("seed: 7") && Contains("limit_ms: 1000") && Contains("walls: hardware") &&
                              Contains("launch: stream") && Contains("page_kib: 2048") &&
                              Contains("ways: 8"));
    const ScenarioFile again(effective);
    CHECK(again.load().effective(again.path().parent_path(), Origins::Hidden) == effective);
}

TEST_CASE("the effective scenario says where each value came from", "[fast]") {
    const std::string effective = ScenarioFile().load({"seed=7"}).effective("/", Origins::Shown);
    CHECK_THAT(effective, Contains("seed: 7  # from --set"));
    CHECK_THAT(effective, Contains("device: tiny  # from scenario.yaml:4"));
    CHECK_THAT(effective, Contains("limit_ms: 1000  # default"));
}

TEST_CASE("a layout from a mig-parted file stands in the effective scenario as what it came to", "[fast]") {
    const ScenarioFile file;
    write(file.path().parent_path() / "node.yaml", "version: v1\n"
                                                   "mig-configs:\n"
                                                   "  halves:\n"
                                                   "    - devices: all\n"
                                                   "      mig-enabled: true\n"
                                                   "      mig-devices: {\"3g.4gb\": 1, \"4g.4gb\": 1}\n");
    const LoadedScenario named = file.load(
        {"layout={mig_parted: " + (file.path().parent_path() / "node.yaml").string() + ", label: halves}"});
    CHECK(named.effective("/", Origins::Hidden) == file.load().effective("/", Origins::Hidden));
    CHECK_THAT(named.effective("/", Origins::Hidden), Contains("profile: 3g.4gb") && !Contains("node.yaml"));
}

TEST_CASE("every scenario of the library is good", "[fast]") {
    const DataFolder data(MIGSIM_SOURCE_DIR);
    const std::vector<std::string> names = data.scenario_names();
    CHECK(std::count(names.begin(), names.end(), "noisy_neighbor") == 1);
    CHECK(std::count(names.begin(), names.end(), "bandwidth_hog") == 1);
    for (const std::string& name : names) {
        CAPTURE(name);
        CHECK(load_scenario(data.scenario(name), {}, data).plans().size() >= 3);
    }
}
