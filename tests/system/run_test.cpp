// SPDX-License-Identifier: Apache-2.0
// `migsim run` and its neighbours from outside: what they print, what they leave behind, and that it is the
// same again.
#include <chrono>
#include <csignal>
#include <thread>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "models/base/config/schema.h"
#include "tests/system/program.h"

using namespace migsim::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using Json = nlohmann::json;

namespace {

const fs::path source = MIGSIM_SOURCE_DIR;

// Runs small.yaml in `folder` with the result in `out`.
Outcome run_small(const fs::path& folder, const std::string& out, std::vector<std::string> more = {}) {
    fs::copy_file(source / "tests/system/small.yaml", folder / "small.yaml",
                  fs::copy_options::overwrite_existing);
    std::vector<std::string> arguments{"run", "small.yaml", "--out", out, "--quiet"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_migsim(arguments, folder);
}

Json result_in(const fs::path& folder) {
    return Json::parse(text_of(folder / "result.json"));
}

Json tenant_in(const Json& result, int tenant, const std::string& arm) {
    for (const Json& t : result["tenants"][tenant]["arms"])
        if (t["arm"] == arm) return t;
    throw std::runtime_error("the tenant was not in " + arm);
}

std::vector<std::string> files_of_results(const fs::path& folder) {
    std::vector<std::string> files{"result.json", "stats.csv"};
    for (const fs::directory_entry& entry : fs::directory_iterator(folder / "simulations"))
        files.push_back("simulations/" + entry.path().filename().string());
    return files;
}

std::string schema_complaints(const fs::path& folder, const std::string& kind, const std::string& document) {
    write(folder / "schema.json", run_migsim({"schema", kind}, folder).out);
    write(folder / "document.json", document);
    const std::string command = "/usr/bin/python3 " + (source / "tests/system/check_schema.py").string() +
                                " " + (folder / "schema.json").string() + " " +
                                (folder / "document.json").string() + " > " +
                                (folder / "complaints").string() + " 2>&1";
    const int status = std::system(command.c_str());
    const std::string complaints = text_of(folder / "complaints");
    return status == 0 || !complaints.empty() ? complaints : "the check itself failed";
}

std::vector<pid_t> children_of(pid_t parent) {
    std::vector<pid_t> children;
    const std::string pid = std::to_string(parent);
    std::istringstream list(text_of("/proc/" + pid + "/task/" + pid + "/children"));
    for (pid_t child; list >> child;) children.push_back(child);
    return children;
}

template <class Condition>
void wait_until(Condition condition) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition()) {
        REQUIRE(std::chrono::steady_clock::now() < give_up);
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

// A run whose hog is soon done alone and whose victim takes its time.
const std::vector<std::string> long_run{"run",
                                        "small.yaml",
                                        "--out",
                                        "out",
                                        "--jobs",
                                        "2",
                                        "--arm",
                                        "alone",
                                        "--quiet",
                                        "--set",
                                        "tenants[0].requests=20000",
                                        "--set",
                                        "tenants[1].baseline_ms=0.02"};

fs::path staged_file(const fs::path& folder, const std::string& name) {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder))
        if (entry.path().filename().string().starts_with(".out.staging")) return entry.path() / name;
    return folder / "nothing staged";
}

} // namespace

TEST_CASE("a run says who waited, and leaves a result that says the same") {
    const TemporaryFolder folder;
    const Outcome outcome = run_small(folder, "out");
    INFO(outcome.err);
    REQUIRE(outcome.code == 0);
    CHECK(outcome.err.empty());
    CHECK_THAT(outcome.out, StartsWith("Who waits?\ntiny, layout 4g.4gb + 3g.4gb"));
    const Json result = result_in(folder.path() / "out");
    CHECK(result["format"] == "migsim/result/1");
    CHECK_THAT(outcome.out, Contains(result["conclusion"].get<std::string>()));
    CHECK(tenant_in(result, 0, "mps")["completed"] == 8);
    CHECK(tenant_in(result, 0, "mps")["latency"]["p99"]["us"] >
          tenant_in(result, 0, "alone")["latency"]["p99"]["us"]);
    CHECK(tenant_in(result, 1, "mps")["dram_gb_per_s"] > 10);
    for (const Json& simulation : result["simulations"]) {
        CHECK(simulation["faults"].empty());
        CHECK(simulation.value("foreign_touches", 0) == 0);
    }
}

TEST_CASE(
    "a result is the same bytes for any number of jobs and threads, and when run again from its own file") {
    const TemporaryFolder folder;
    REQUIRE(run_small(folder, "first", {"--jobs", "1"}).code == 0);
    REQUIRE(run_small(folder, "second", {"--jobs", "4", "--threads", "2"}).code == 0);
    REQUIRE(run_migsim({"run", "first/effective.yaml", "--out", "third", "--quiet"}, folder).code == 0);
    const fs::path first = folder.path() / "first";
    REQUIRE(files_of_results(first).size() == 8);
    for (const std::string& file : files_of_results(first)) {
        CAPTURE(file);
        CHECK(text_of(first / file) == text_of(folder.path() / "second" / file));
        CHECK(text_of(first / file) == text_of(folder.path() / "third" / file));
    }
    CHECK(text_of(first / "effective.yaml") == text_of(folder.path() / "second/effective.yaml"));

    // From then on every value comes from an effective.yaml, and nothing changes any more.
    REQUIRE(run_migsim({"run", "third/effective.yaml", "--out", "fourth", "--quiet"}, folder).code == 0);
    CHECK(text_of(folder.path() / "third/effective.yaml") ==
          text_of(folder.path() / "fourth/effective.yaml"));
}

TEST_CASE("a result names a layout and its walls only where an arm had them", "[fast]") {
    const TemporaryFolder folder;
    const auto result_of = [&](const std::string& arm) {
        return Json::parse(run_small(folder, "out", {"--arm", arm, "--json", "--force"}).out);
    };
    CHECK(result_of("mps")["layout"].empty());
    CHECK(result_of("mps")["walls"].empty());
    CHECK(result_of("mig")["layout"].size() == 2);
    CHECK_FALSE(result_of("mig")["walls"].empty());
}

TEST_CASE("another seed gives other random draws") {
    const TemporaryFolder folder;
    REQUIRE(run_small(folder, "one", {"--arm", "alone"}).code == 0);
    REQUIRE(run_small(folder, "two", {"--arm", "alone", "--seed", "2"}).code == 0);
    CHECK(tenant_in(result_in(folder.path() / "one"), 0, "alone")["latency"] !=
          tenant_in(result_in(folder.path() / "two"), 0, "alone")["latency"]);
}

TEST_CASE("between ideal walls nothing that a neighbour does is felt, without walls it is") {
    const TemporaryFolder folder;
    REQUIRE(run_small(folder, "ideal", {"--set", "walls=ideal"}).code == 0);
    REQUIRE(run_small(folder, "none", {"--set", "walls=none"}).code == 0);
    const Json ideal = result_in(folder.path() / "ideal");
    CHECK(tenant_in(ideal, 0, "mig")["latency"] == tenant_in(ideal, 0, "alone_slice")["latency"]);
    const Json none = result_in(folder.path() / "none");
    const double alone = tenant_in(none, 0, "alone_slice")["latency"]["mean_us"];
    CHECK(tenant_in(none, 0, "mig")["latency"]["mean_us"].get<double>() > 1.2 * alone);
}

TEST_CASE("a result is not replaced unless told to, and resuming a finished one changes nothing") {
    const TemporaryFolder folder;
    REQUIRE(run_small(folder, "out").code == 0);
    const std::string before = text_of(folder.path() / "out/result.json");

    const Outcome refused = run_small(folder, "out");
    CHECK(refused.code == 2);
    CHECK_THAT(refused.err, Contains("holds a result already; legal: --resume") && Contains("--force"));

    const Outcome resumed = run_small(folder, "out", {"--resume"});
    CHECK(resumed.code == 0);
    CHECK(text_of(folder.path() / "out/result.json") == before);
    const Json host = Json::parse(text_of(folder.path() / "out/host.json"));
    CHECK(host["kept"].size() == 6);
    CHECK(host["simulations"].empty());

    const Outcome other = run_small(folder, "out", {"--resume", "--set", "tenants[0].requests=9"});
    CHECK(other.code == 2);
    CHECK_THAT(other.err, Contains("begun with other settings, 'requests: 8' there, 'requests: 9' here"));

    CHECK(run_small(folder, "out", {"--force", "--set", "tenants[0].requests=9"}).code == 0);
    CHECK(tenant_in(result_in(folder.path() / "out"), 0, "mps")["completed"] == 9);
}

TEST_CASE("an interrupted run leaves no result, and resuming it keeps what was finished") {
    const TemporaryFolder folder;
    fs::copy_file(source / "tests/system/small.yaml", folder.path() / "small.yaml");
    const auto hog_is_done = [&] { return fs::exists(staged_file(folder, "simulations/alone-hog.json")); };
    {
        Started run(long_run, folder);
        wait_until(hog_is_done);
        ::kill(run.pid(), SIGINT);
        const Outcome outcome = run.wait();
        CHECK(outcome.code == 130);
        CHECK_THAT(outcome.err, Contains("interrupted"));
        CHECK(outcome.out.empty());
    }
    CHECK_FALSE(fs::exists(folder.path() / "out"));
    REQUIRE(hog_is_done());
    const auto written = fs::last_write_time(staged_file(folder, "simulations/alone-hog.json"));

    std::vector<std::string> again = long_run;
    again.push_back("--resume");
    Started run(again, folder);
    wait_until([&] { return children_of(run.pid()).size() == 1; }); // alone-chat, and not the hog again
    CHECK(fs::last_write_time(staged_file(folder, "simulations/alone-hog.json")) == written);
    const std::vector<pid_t> children = children_of(run.pid());
    ::kill(run.pid(), SIGTERM);
    CHECK(run.wait().code == 130);
    CHECK(::kill(children.at(0), 0) != 0); // it went with its parent
}

TEST_CASE("a simulation that is killed is named, and the others are ended") {
    const TemporaryFolder folder;
    fs::copy_file(source / "tests/system/small.yaml", folder.path() / "small.yaml");
    std::vector<std::string> arguments = long_run;
    arguments.insert(arguments.end(), {"--set", "tenants[1].baseline_ms=400"});
    Started run(arguments, folder);
    wait_until([&] { return children_of(run.pid()).size() == 2; });
    const std::vector<pid_t> children = children_of(run.pid());
    ::kill(children[0], SIGKILL);
    const Outcome outcome = run.wait();
    CHECK(outcome.code == 3);
    CHECK_THAT(outcome.err, Contains("died of signal 9 (Killed)"));
    CHECK(::kill(children[1], 0) != 0);
    CHECK_FALSE(fs::exists(folder.path() / "out"));
}

TEST_CASE("a machine that comes to a standstill ends the run with a picture of who waits on whom", "[fast]") {
    const TemporaryFolder folder;
    const Outcome outcome =
        run_small(folder, "out", {"--arm", "mps", "--set", "parameters.sm.max_threads=96", "--jobs", "1"});
    CHECK(outcome.code == 3);
    CHECK_THAT(outcome.err, Contains("mps: no progress any more after") && Contains("tenant 0 being chat") &&
                                Contains("(14, tenant 0) waits for free CTA slots"));
    CHECK_FALSE(fs::exists(folder.path() / "out"));

    // Nor the folder that results go to where none is named.
    const Outcome unnamed = run_migsim(
        {"run", "small.yaml", "--quiet", "--arm", "mps", "--set", "parameters.sm.max_threads=96"}, folder);
    CHECK(unnamed.code == 3);
    CHECK_FALSE(fs::exists(folder.path() / "runs"));
}

TEST_CASE("work that does not fit into an instance's memory is the user's mistake", "[fast]") {
    const TemporaryFolder folder;
    const Outcome outcome =
        run_small(folder, "out", {"--arm", "mig", "--set", "tenants[0].work.range_kib=33554432"});
    CHECK(outcome.code == 2);
    CHECK_THAT(outcome.err, StartsWith("small.yaml:12:11: tenants[0].work: mig on 3g.4gb: ") &&
                                Contains("does not fit into"));
}

TEST_CASE("what --json prints is the very result that is kept", "[fast]") {
    const TemporaryFolder folder;
    const Outcome outcome = run_small(folder, "out", {"--arm", "alone", "--json"});
    CHECK(outcome.code == 0);
    CHECK(outcome.out == text_of(folder.path() / "out/result.json"));
}

TEST_CASE("results, scenarios and devices hold to the schemas that the program prints", "[fast]") {
    const TemporaryFolder folder;
    const Json result = Json::parse(run_small(folder, "out", {"--json"}).out);
    CHECK(schema_complaints(folder, "result", result.dump()) == "");
    const auto as_json = [](const fs::path& file) {
        return migsim::json_text(migsim::load_document(file).root);
    };
    for (const char* const library : {"noisy_neighbor", "bandwidth_hog", "bandwidth_hog_full", "tlb_hog",
                                      "compute_instances", "reconfigure"})
        CHECK(schema_complaints(folder, "scenario",
                                as_json(source / "scenarios/library" / (std::string(library) + ".yaml"))) ==
              "");
    CHECK(schema_complaints(folder, "scenario", as_json(folder.path() / "out/effective.yaml")) == "");
    for (const fs::directory_entry& device : fs::directory_iterator(source / "models/devices"))
        if (device.path().extension() == ".yaml")
            CHECK(schema_complaints(folder, "device", as_json(device.path())) == "");

    Json wrong = result; // and the check can fail
    wrong["tenants"][0]["arms"][0]["dram_gb_per_s"] = "fast";
    CHECK_THAT(schema_complaints(folder, "result", wrong.dump()), Contains("'fast' is not of type 'number'"));
}

TEST_CASE("stats.csv has a value with unit and meaning for every statistic of every simulation", "[fast]") {
    const TemporaryFolder folder;
    REQUIRE(run_small(folder, "out", {"--arm", "mps"}).code == 0);
    std::istringstream lines(text_of(folder.path() / "out/stats.csv"));
    std::string line;
    std::getline(lines, line);
    CHECK(line == "simulation,module,statistic,tenant,value,unit,meaning");
    std::size_t of_chat = 0, of_nobody = 0;
    while (std::getline(lines, line)) {
        REQUIRE_THAT(line, StartsWith("mps,gpu."));
        of_chat += line.find(",chat,") != std::string::npos;
        of_nobody += line.find(",,") != std::string::npos;
    }
    CHECK(of_chat > 50);
    CHECK(of_nobody > 50);
}

TEST_CASE("the version names what the program was built from and with", "[fast]") {
    const Outcome text = run_migsim({"--version"}, source);
    CHECK_THAT(text.out, StartsWith("migsim "));
    const Json version = Json::parse(run_migsim({"--version", "--json"}, source).out);
    for (const char* const key : {"version", "commit", "compiler", "systemc", "isa"})
        CHECK_FALSE(version.at(key).get<std::string>().empty());
}
