// SPDX-License-Identifier: Apache-2.0
// The engine's promise, on blocks that do nothing but pass random messages on over links with finite buffers:
// the result depends on nothing but the blocks and the links.
#include <memory>

#include <catch2/catch.hpp>

#include "models/base/links.h"
#include "models/base/random.h"

using namespace migsim;

namespace {

struct Ball {
    std::uint32_t id;
    std::uint32_t hops;
};

// Serves one ball at a time in order of arrival, then throws it to a peer drawn from the ball and its own
// history, as soon as that peer's buffer has room.
class Juggler final : public Block {
public:
    Juggler(Windows& windows, std::uint64_t seed)
        : windows_(windows), id(windows.add(*this)), balls(windows, id), state_(mix64(seed)) {}

    Tick turn(Tick end) override {
        for (const Arrival<Ball>& arrival : balls.take()) {
            queue_.push_back(arrival);
        }
        while (head_ < queue_.size()) {
            const Arrival<Ball>& ball = queue_[head_];
            const Tick start = std::max(ball.time, free_);
            if (start >= end) return start;
            const BlockId to = peers[mix64(state_ ^ ball.message.id) % peers.size()];
            Credits& credits = *out.credits(to);
            if (ball.message.hops && credits.next() >= end) return never; // the credit brings a turn
            const Tick leave = ball.message.hops ? std::max(start, credits.next()) : start;
            state_ = mix64(state_ + ball.time * 31 + ball.message.id);
            free_ = leave + 100 + state_ % 900;
            if (ball.message.hops) {
                credits.take();
                out[to].send(leave, {ball.message.id, ball.message.hops - 1});
            } else {
                ++dropped;
            }
            give_back(static_cast<BlockId>(ball.source), leave);
            log = mix64(log ^ (leave * 64 + static_cast<std::uint64_t>(index(to)) + ball.message.id));
            ++head_;
        }
        queue_.clear();
        head_ = 0;
        return never;
    }

    void give_back(BlockId from, Tick at) {
        if (index(from) < back.size() && back[index(from)]) back[index(from)]->give_back(at);
    }

private:
    Windows& windows_;

public:
    const BlockId id;
    Inbox<Ball> balls;
    Links<Ball> out;
    std::vector<BlockId> peers;
    std::vector<std::shared_ptr<Credits>> back; // by sender
    std::uint64_t log = 0;
    std::uint64_t dropped = 0;

private:
    std::vector<Arrival<Ball>> queue_;
    std::size_t head_ = 0;
    std::uint64_t state_;
    Tick free_ = 0;
};

struct Result {
    std::vector<std::uint64_t> logs;
    std::uint64_t dropped = 0;
    std::vector<std::uint64_t> turns;
    bool operator==(const Result& other) const { return logs == other.logs && dropped == other.dropped; }
};

constexpr std::uint32_t balls_in_play = 200;

Result play(const WindowOptions& options, unsigned slots) {
    Windows windows(options);
    std::vector<std::unique_ptr<Juggler>> jugglers;
    for (std::uint64_t i = 0; i < 11; ++i) jugglers.push_back(std::make_unique<Juggler>(windows, i + 1));
    for (auto& from : jugglers)
        for (auto& to : jugglers) {
            if (from == to) continue;
            const Tick latency = 5000 + 700 * index(from->id) + 90 * index(to->id);
            windows.add_link("throw", latency);
            auto credits = std::make_shared<Credits>(windows, from->id, to->id, slots, latency + 11);
            from->out.add(to->id, Link<Ball>(windows, to->balls, from->id, latency), credits);
            from->peers.push_back(to->id);
            to->back.resize(jugglers.size());
            to->back[index(from->id)] = credits;
        }
    windows.start();
    const BlockId audience{63}; // throws the balls in, and wants no credit back
    for (std::uint32_t ball = 0; ball < balls_in_play; ++ball)
        jugglers[ball % 11]->balls.push(1'000'000 + ball % 7 * 300, audience, 0, {ball, 40});
    while (windows.step()) {
    }
    Result result;
    for (auto& juggler : jugglers) {
        result.logs.push_back(juggler->log);
        result.dropped += juggler->dropped;
    }
    for (unsigned lane = 0; lane < options.threads; ++lane) result.turns.push_back(windows.turns(lane));
    return result;
}

} // namespace

TEST_CASE("window length, block order and threads leave the result as the event-driven oracle has it",
          "[fast][engine]") {
    for (const unsigned slots : {64u, 12u, 8u}) {
        const Result oracle = play({.event_driven = true}, slots);
        REQUIRE(oracle.dropped == balls_in_play); // nothing is lost
        for (const Tick length : {Tick{0}, Tick{1}, Tick{7}, Tick{333}, Tick{1000}, Tick{4999}}) {
            INFO("slots " << slots << ", window " << length);
            REQUIRE(play({.length = length}, slots) == oracle);
        }
        for (const std::uint64_t shuffle : {1u, 2u, 3u}) REQUIRE(play({.shuffle = shuffle}, slots) == oracle);
        REQUIRE(play({.event_driven = true, .shuffle = 9}, slots) == oracle);
    }
}

TEST_CASE("two and four threads each do a fair part and change nothing", "[fast][engine]") {
    const Result oracle = play({.event_driven = true}, 8);
    for (const unsigned threads : {2u, 4u}) {
        const Result result = play({.threads = threads}, 8);
        REQUIRE(result == oracle);
        std::uint64_t total = 0;
        for (const std::uint64_t turns : result.turns) total += turns;
        for (const std::uint64_t turns : result.turns) CHECK(turns * threads * 2 > total);
    }
}

TEST_CASE("a window longer than the shortest link is refused and the link is named", "[fast][engine]") {
    Windows windows({.length = 1001});
    windows.add_link("slow", 5000);
    windows.add_link("gpu.gpc_0.to_l2", 1000);
    CHECK_THROWS_WITH(windows.start(), Catch::Contains("gpu.gpc_0.to_l2") && Catch::Contains("1000"));
    CHECK_THROWS_WITH(windows.add_link("wire", 0), Catch::Contains("wire"));
}

TEST_CASE("the window is as long as the shortest link, and empty windows are jumped over", "[fast][engine]") {
    struct Sleeper final : Block {
        Tick turn(Tick end) override {
            ++turns;
            return wakes.empty() || turns > wakes.size() ? never : std::max(end, wakes[turns - 1]);
        }
        std::vector<Tick> wakes{50'000, 9'000'000, 9'000'500, 777'000'000};
        std::size_t turns = 0;
    } sleeper;
    Windows windows;
    const BlockId id = windows.add(sleeper);
    windows.add_link("a", 2000);
    windows.add_link("b", 1500);
    windows.start();
    CHECK(windows.length() == 1500);
    windows.wake(id, 10, 0);
    while (windows.step()) {
    }
    CHECK(sleeper.turns == 5);
    CHECK(windows.windows_run() == 5);
}

TEST_CASE("messages of one tick come in order of their source, and of one source as they were sent",
          "[fast][engine]") {
    struct Reader final : Block {
        explicit Reader(Windows& windows) : id(windows.add(*this)), inbox(windows, id) {}
        Tick turn(Tick) override {
            for (const auto& arrival : inbox.take()) seen.push_back(arrival.message);
            return never;
        }
        const BlockId id;
        Inbox<int> inbox;
        std::vector<int> seen;
    };
    for (const bool event_driven : {false, true}) {
        Windows windows({.length = 100, .event_driven = event_driven});
        Reader reader(windows);
        windows.add_link("l", 100);
        windows.start();
        reader.inbox.push(5000, BlockId{7}, 0, 4); // beyond the ring
        reader.inbox.push(250, BlockId{9}, 0, 2);
        reader.inbox.push(250, BlockId{9}, 0, 3);
        reader.inbox.push(250, BlockId{2}, 0, 1);
        reader.inbox.push(249, BlockId{30}, 0, 0);
        while (windows.step()) {
        }
        CHECK(reader.seen == std::vector<int>{0, 1, 2, 3, 4});
    }
}
