// SPDX-License-Identifier: Apache-2.0
// A slice changes hands: what its owner left is written back and forgotten, and the next one is served as the
// first was.
#include "tests/contract/l2_rig.h"

using namespace migsim;
using namespace migsim::l2_rig;

namespace {

constexpr InstanceId first{1}, second{2};
constexpr auto Create = InstanceChange::Kind::Create, Destroy = InstanceChange::Kind::Destroy;

} // namespace

TEST_CASE("a slice whose instance ends writes its dirty lines back, forgets all, and says so when the last "
          "has arrived",
          "[fast][l2]") {
    Rig rig({.channel_credits = 2, .channel_service = 30 * cycle, .owner = first});
    for (unsigned n = 0; n < 6; ++n) rig.send(n, 0, Operation::Write, rig.line(0, n), all_sectors, {}, first);
    const auto before = rig.send(1000, 0, Operation::Read, rig.line(0, 0), all_sectors, {}, first);
    rig.gsp->tell(2000 * cycle, {Destroy, first});
    const auto after = rig.send(4000, 0, Operation::Read, rig.line(0, 0), all_sectors, {}, first);
    rig.run();
    CHECK(rig.response(before).outcome == Outcome::NearHit);
    CHECK(rig.response(after).outcome == Outcome::NearMiss);
    CHECK(rig.slices[0].flushed_lines.value() == 6);
    CHECK(rig.slices[0].flushed_dirty_lines.value() == 6);
    CHECK(rig.channels[0].count(true) == 6);
    REQUIRE(rig.gsp->gone.size() == 1);
    CHECK(rig.gsp->gone[0].second == first);
    // Two leave at once on two credits; each credit is back a hop, a service and a hop later.
    constexpr Tick told = 2000 + Rig::link / cycle, round = 2 * Rig::link / cycle;
    CHECK(rig.gsp->gone[0].first >= (told + 2 * round) * cycle + 2 * Rig::link);
    CHECK(rig.gsp->gone[0].first < (told + 2 * (round + 60) + 36) * cycle + 2 * Rig::link);
    const Tick last_begun = std::get<0>(rig.channels[0].seen[5]); // up to a service after it arrived
    CHECK(rig.gsp->gone[0].first - Rig::link >= last_begun - 30 * cycle);
}

TEST_CASE("a slice without dirty lines has none to wait for when its instance ends", "[fast][l2]") {
    Rig rig({.owner = first});
    rig.send(0, 0, Operation::Read, rig.line(0, 0), all_sectors, {}, first);
    rig.gsp->tell(1000 * cycle, {Destroy, first});
    rig.run();
    REQUIRE(rig.gsp->gone.size() == 1);
    CHECK(rig.gsp->gone[0].first == 1000 * cycle + 3 * Rig::link); // told, to memory, answered
    CHECK(rig.slices[0].flushed_lines.value() == 1);
    CHECK(rig.slices[0].flushed_dirty_lines.value() == 0);
}

TEST_CASE("a slice serves its new owner from when it is told, and the old one no more", "[fast][l2]") {
    Rig rig({.owner = first, .next_owner = second});
    const auto read = [&](Tick when, InstanceId who) {
        return rig.send(when, 0, Operation::Read, rig.line(0, 0), all_sectors, {}, who);
    };
    const auto mine = read(0, first), early = read(1, second);
    rig.gsp->tell(1000 * cycle, {Destroy, first});
    rig.gsp->tell(2000 * cycle, {Create, second});
    const auto late = read(3000, first), theirs = read(3001, second);
    rig.run();
    CHECK(rig.response(mine).outcome == Outcome::NearMiss);
    CHECK(rig.response(early).outcome == Outcome::Fault);
    CHECK(rig.response(late).outcome == Outcome::Fault);
    CHECK(rig.response(theirs).outcome == Outcome::NearMiss);
}
