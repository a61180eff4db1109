// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <poll.h>
#include <unistd.h>

#include "scenarios/child_process.h"
#include "scenarios/interruption.h"

using namespace migsim;

namespace {

std::vector<std::string> everything_from(ChildProcess& child) {
    std::vector<std::string> all;
    while (!child.ended()) {
        pollfd watched{child.pipe(), POLLIN, 0};
        REQUIRE(::poll(&watched, 1, 20'000) == 1);
        for (std::string& line : child.receive()) all.push_back(std::move(line));
    }
    return all;
}

bool is_running(pid_t process) {
    return ::kill(process, 0) == 0;
}

} // namespace

TEST_CASE("a child's messages arrive whole and in order, however long they are", "[fast]") {
    const std::string long_line(1'000'000, 'x');
    ChildProcess child([&](const ChildProcess::Send& send) {
        send("first");
        send(long_line);
        send("");
        send("last");
        return 0;
    });
    CHECK(everything_from(child) == std::vector<std::string>{"first", long_line, "", "last"});
    CHECK(child.failure().empty());
}

TEST_CASE("a crash in a child is named with its signal and what it sent before is kept", "[fast]") {
    ChildProcess child([](const ChildProcess::Send& send) {
        send("before");
        std::signal(SIGSEGV, SIG_DFL); // the test program has a handler of its own
        std::raise(SIGSEGV);
        return 0;
    });
    CHECK(everything_from(child) == std::vector<std::string>{"before"});
    CHECK(child.failure() == "died of signal 11 (Segmentation fault)");
}

TEST_CASE("a child's exit status is its job's", "[fast]") {
    ChildProcess child([](const ChildProcess::Send&) { return 7; });
    CHECK(everything_from(child).empty());
    CHECK(child.failure() == "exited with status 7");
}

TEST_CASE("a child that is no longer wanted is gone when its object is", "[fast]") {
    std::string pid;
    {
        ChildProcess child([](const ChildProcess::Send& send) {
            send(std::to_string(::getpid()));
            ::sleep(600);
            return 0;
        });
        pollfd watched{child.pipe(), POLLIN, 0};
        REQUIRE(::poll(&watched, 1, 20'000) == 1);
        pid = child.receive().at(0);
        REQUIRE(is_running(std::stoi(pid)));
    }
    CHECK_FALSE(is_running(std::stoi(pid)));
}

TEST_CASE("a child dies with its parent, even when the parent is killed", "[fast]") {
    // The grandchild tells us through the child's pipe, which both hold open.
    ChildProcess child([](const ChildProcess::Send& send) {
        const ChildProcess grandchild([&](const ChildProcess::Send&) {
            send(std::to_string(::getpid()));
            ::sleep(600);
            return 0;
        });
        ::sleep(600);
        return 0;
    });
    pollfd watched{child.pipe(), POLLIN, 0};
    REQUIRE(::poll(&watched, 1, 20'000) == 1);
    REQUIRE(child.receive().size() == 1);
    child.kill();
    // The pipe closes when both ends of it are gone, the grandchild's included.
    CHECK(everything_from(child).empty());
    CHECK(child.failure() == "died of signal 9 (Killed)");
}

TEST_CASE("an interruption is noted only while somebody polls, and stops nothing else", "[fast]") {
    Interruption interruption;
    ::kill(::getpid(), SIGTERM);
    CHECK_FALSE(interruption.happened());
    std::vector<pollfd> nothing;
    interruption.poll(nothing, 20'000);
    CHECK(interruption.happened());
}

TEST_CASE("an interruption that nobody waits for any more is forgotten with its object", "[fast]") {
    {
        Interruption interruption;
        std::vector<pollfd> nothing;
        ::kill(::getpid(), SIGINT);
        interruption.poll(nothing, 20'000);
        REQUIRE(interruption.happened());
    }
    CHECK_FALSE(Interruption().happened());
}
