// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <map>
#include <string>

#include <catch2/catch.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "scenarios/experiment.h"

using namespace migsim;
using Catch::Matchers::Contains;

namespace {

int without_systemc(const std::function<int()>& job) {
    return job();
}

SimulationPlan plan(std::string name, double weight = 1) {
    return {std::move(name), Arm::Mps, {0}, 1000, weight};
}

SimulationResult made_up(const SimulationPlan& plan, std::uint64_t requests) {
    SimulationResult result;
    result.name = plan.name;
    result.arm = plan.arm;
    result.simulated_ps = 5'000'000;
    for (std::uint64_t i = 0; i < requests; ++i) {
        Request request;
        request.number = i;
        request.arrival_ps = i * 1000;
        if (i % 2 == 0) request.end_ps = i * 1000 + 700;
        request.dram_ps = 18'446'744'073'709'551'615u;
        result.requests.push_back(request);
    }
    return result;
}

// All simulations by name, as they came home.
std::map<std::string, SimulationResult> run(const std::vector<SimulationPlan>& plans, unsigned jobs,
                                            const decltype(ExperimentRun::simulate)& simulate) {
    std::map<std::string, SimulationResult> results;
    ProgressLine silence(stderr, ProgressLine::Style::Silent);
    run_experiment(
        plans,
        {simulate, without_systemc, jobs,
         [&](const FinishedSimulation& finished) { results[finished.result.name] = finished.result; }},
        silence);
    return results;
}

std::string failure_of(const decltype(ExperimentRun::simulate)& simulate) {
    try {
        run({plan("steady"), plan("weak")}, 2, simulate);
    } catch (const SimulatorError& error) {
        return error.what();
    }
    return "no failure";
}

} // namespace

TEST_CASE("every simulation runs in a process of its own and brings all its requests home", "[fast]") {
    const pid_t here = ::getpid();
    for (const unsigned jobs : {1u, 2u, 7u}) {
        const auto results =
            run({plan("a"), plan("b", 3), plan("c", 2)}, jobs, [&](const SimulationPlan& p, const auto&) {
                SimulationResult result = made_up(p, 1000);
                result.line_transactions = ::getpid() != here;
                return result;
            });
        REQUIRE(results.size() == 3);
        for (const auto& [name, result] : results) {
            CHECK(result.line_transactions == 1);
            REQUIRE(result.requests.size() == 1000);
            CHECK(result.requests[998].end_ps == 998'700u);
            CHECK_FALSE(result.requests[999].end_ps);
            CHECK(result.requests[999].dram_ps == 18'446'744'073'709'551'615u);
        }
    }
}

TEST_CASE("a simulation that crashes is named with its signal", "[fast]") {
    CHECK(failure_of([](const SimulationPlan& p, const auto&) {
              if (p.name == "weak") {
                  std::signal(SIGSEGV, SIG_DFL);
                  std::raise(SIGSEGV);
              }
              return made_up(p, 1);
          }) == "weak died of signal 11 (Segmentation fault)");
}

TEST_CASE("a simulation that throws is named with its reason", "[fast]") {
    CHECK(failure_of([](const SimulationPlan& p, const auto&) {
              if (p.name == "weak") throw std::logic_error("the books do not balance");
              return made_up(p, 1);
          }) == "weak: the books do not balance");
}

TEST_CASE("a simulation that just leaves is noticed", "[fast]") {
    CHECK(failure_of([](const SimulationPlan& p, const auto&) {
              if (p.name == "weak") ::_exit(0);
              return made_up(p, 1);
          }) == "weak ended without an answer");
    CHECK(failure_of([](const SimulationPlan& p, const auto&) {
              if (p.name == "weak") ::_exit(5);
              return made_up(p, 1);
          }) == "weak exited with status 5");
}

TEST_CASE("what a simulation finds wrong with the input is the user's error, not the simulator's", "[fast]") {
    CHECK_THROWS_AS(run({plan("a")}, 1,
                        [](const SimulationPlan& p, const auto&) -> SimulationResult {
                            throw InputError("noisy.yaml:3:1: layout: is too large for " + p.name);
                        }),
                    InputError);
}

TEST_CASE("when one simulation fails the others are ended too", "[fast]") {
    int pipe_ends[2];
    REQUIRE(::pipe(pipe_ends) == 0);
    CHECK(failure_of([&](const SimulationPlan& p, const auto&) -> SimulationResult {
              if (p.name == "weak") throw std::runtime_error("stop");
              ::sleep(600); // holds the write end of the pipe
              return {};
          }) == "weak: stop");
    ::close(pipe_ends[1]);
    char byte;
    CHECK(::read(pipe_ends[0], &byte, 1) == 0); // at once: no process has the write end any more
    ::close(pipe_ends[0]);
}

TEST_CASE("an interruption ends every simulation and is reported as one", "[fast]") {
    const pid_t runner = ::getpid();
    CHECK_THROWS_AS(run({plan("a"), plan("b")}, 2,
                        [&](const SimulationPlan& p, const auto&) -> SimulationResult {
                            if (p.name == "a") ::kill(runner, SIGINT);
                            ::sleep(600);
                            return {};
                        }),
                    Interrupted);
    int status;
    CHECK(::waitpid(-1, &status, WNOHANG) == -1); // no child is left
}

TEST_CASE("the time left follows from the work done, heavy simulations counting more", "[fast]") {
    ProgressMeter meter;
    meter.add("mps", 3);
    meter.add("alone-chat", 1);
    CHECK(meter.fraction() == 0);
    meter.update(0, 0.5, 40'000'000);
    CHECK(meter.fraction() == Approx(0.375));
    CHECK(meter.text(std::chrono::seconds(15)) ==
          " 38%  mps 50%, 0 of 2 done, 40.0 M lines, 2.7 M/s, 0:25 left");
    meter.update(1, 7, 0); // whatever a simulation believes
    meter.finish(1);
    CHECK(meter.fraction() == Approx(0.625));
    meter.finish(0);
    CHECK(meter.text(std::chrono::seconds(4000)) == "100%  2 of 2 done, 40.0 M lines, 0.0 M/s");
}
