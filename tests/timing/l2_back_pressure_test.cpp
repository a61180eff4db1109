// SPDX-License-Identifier: Apache-2.0
#include "tests/contract/l2_rig.h"

using namespace migsim;
using namespace migsim::l2_rig;

TEST_CASE("a credit comes back when the request leaves the ingress queue, not earlier", "[fast][l2]") {
    Rig rig({.crossbar_credits = 2});
    for (unsigned n = 0; n < 4; ++n) rig.send(0, 0, Operation::Read, rig.line(0, n));
    rig.run();
    const auto& sent = rig.requesters[0]->sent_at;
    CHECK(sent[1] == 0);
    CHECK(sent[2] == (64 + 10 + 64) * cycle);
    CHECK(sent[3] == (64 + 10 + 1 + 64) * cycle);
}

TEST_CASE("without a free MSHR the head of line waits for the fill, and what is behind it too",
          "[fast][l2]") {
    Rig rig({.set = {{"mshrs", "2"}, {"peer_mshrs", "1"}}}); // one for the crossbar
    rig.send(0, 0, Operation::Read, rig.line(0, 9));
    const auto first = rig.send(1000, 0, Operation::Read, rig.line(0, 1));
    const auto second = rig.send(1000, 0, Operation::Read, rig.line(0, 2));
    const auto hit = rig.send(1000, 0, Operation::Read, rig.line(0, 9));
    rig.run();
    const Tick fill = Paths::tag + 64 + 40 + 64; // after the arrival of the first
    CHECK(rig.latency(first) == Paths::near_miss);
    CHECK(rig.response(second).waits.l2 == (fill - Paths::tag) * cycle);
    CHECK(rig.latency(second) == Paths::near_miss + fill - Paths::tag);
    // One lookup later, behind the two cycles that the first line's answer takes at the port.
    CHECK(rig.latency(hit) == Paths::hop + fill + Paths::data + 2 + Paths::hop);
    CHECK(rig.slices[0].mshr_stall.value() == (fill - Paths::tag - 1) * cycle);
}

TEST_CASE("a full MSHR holds the next request for its line until the fill, which it then hits",
          "[fast][l2]") {
    Rig rig({.set = {{"waiters", "2"}}});
    rig.send(0, 0, Operation::Read, rig.line(0, 1), 1);
    rig.send(0, 0, Operation::Read, rig.line(0, 1), 1);
    const auto third = rig.send(0, 0, Operation::Read, rig.line(0, 1), 1);
    rig.run();
    CHECK(rig.response(third).outcome == Outcome::NearHit);
    CHECK(rig.latency(third) == Paths::near_miss + 2); // the port: one cycle for each before it
    CHECK(rig.slices[0].waiter_stall.value() == (64 + 40 + 64 - 2) * cycle);
    CHECK(rig.channels[0].seen.size() == 1);
}

TEST_CASE("a full write buffer holds a write that would drive a line out, until one departs", "[fast][l2]") {
    // Every line falls into one set of one way; one credit to a channel that takes 200 cycles for each line.
    Rig rig({.channel_credits = 1,
             .channel_service = 200 * cycle,
             .set = {{"sets", "1"}, {"ways", "1"}, {"write_buffer", "1"}}});
    std::vector<std::uint32_t> tags;
    for (unsigned n = 0; n < 5; ++n) tags.push_back(rig.send(0, 0, Operation::Write, rig.line(0, n), 1));
    rig.run();
    // Write 1 drives out line 0, which leaves with the only credit at 75. Write 2 drives out line 1, which
    // waits for the credit: line 0 is taken at 75 + 64, so until 75 + 128. Then line 2 goes the same way, but
    // the channel is busy until 75 + 64 + 200.
    CHECK(rig.latency(tags[2]) == Paths::near_hit + 2);
    CHECK(rig.latency(tags[3]) == Paths::near_hit + 1 + 128);
    CHECK(rig.latency(tags[4]) == Paths::near_hit + 1 + 64 + 200 + 64);
    CHECK(rig.slices[0].write_buffer_stall.value() == (1 + 128 - 3 + (64 + 200 + 64 - 128) - 1) * cycle);
}

TEST_CASE("waiting for a channel's credit is booked as memory, for the partition link's as link",
          "[fast][l2]") {
    Rig memory({.channel_credits = 1});
    memory.send(0, 0, Operation::Read, memory.line(0, 1));
    const auto second = memory.send(0, 0, Operation::Read, memory.line(0, 2));
    memory.run();
    CHECK(memory.response(second).waits.memory == (128 - 1) * cycle); // a credit's round trip
    CHECK(memory.response(second).waits.l2 == 1 * cycle);
    CHECK(memory.latency(second) == Paths::near_miss + 128);

    Rig far({.peer_credits = 1});
    far.send(0, 0, Operation::Read, far.line(1, 1));
    const auto other = far.send(0, 0, Operation::Read, far.line(1, 2));
    far.run();
    CHECK(far.response(other).waits.link ==
          (64 + 10 + 64 - 1) * cycle); // its buffer is free after the lookup
    CHECK(far.latency(other) == Paths::far_miss + 64 + 10 + 64);
}

TEST_CASE("a full link buffer holds the crossbar's head of line, not the peer's", "[fast][l2]") {
    Rig rig({.requesters = 2, .peer_credits = 1, .set = {{"link_buffer", "1"}}});
    rig.send(0, 0, Operation::Read, rig.line(0, 9)); // for the peer to hit
    for (unsigned n = 0; n < 4; ++n) rig.send(1000, 0, Operation::Read, rig.line(1, n));
    rig.requesters[1]->order(1020 * cycle, rig.slices[1].id,
                             {rig.line(0, 9), 0, {}, all_sectors, Operation::Read, {}, {}});
    rig.run();
    CHECK(rig.slices[0].link_stall.value() > 100 * cycle);
    CHECK(rig.requesters[1]->got[0].at == (1020 + Paths::far_hit) * cycle);
}

TEST_CASE("a stalled slice says who waits for what", "[fast][l2]") {
    Rig rig({.channel_credits = 1, .set = {{"mshrs", "3"}, {"peer_mshrs", "1"}}});
    for (unsigned n = 0; n < 6; ++n) rig.send(0, 0, Operation::Read, rig.line(0, n), 1, TenantId{4});
    while (rig.windows.step(150 * cycle)) {
    }
    const std::vector<Wait> waits = rig.slices[0].waits();
    REQUIRE(waits.size() == 2);
    CHECK(waits[0].who == "requests from the crossbar");
    CHECK(waits[0].what == "an MSHR");
    CHECK(waits[0].tenant == TenantId{4});
    CHECK(waits[0].count == 4);
    CHECK(waits[1].who == "requests to memory");
    CHECK(waits[1].count == 1);
}
