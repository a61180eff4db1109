// SPDX-License-Identifier: Apache-2.0
#include "tests/contract/l2_rig.h"

using namespace migsim;
using namespace migsim::l2_rig;

TEST_CASE("near hit, near miss, far hit and far miss take exactly the sum of their parts", "[fast][l2]") {
    Rig rig;
    const auto near_miss = rig.send(0, 0, Operation::Read, rig.line(0, 5));
    const auto near_hit = rig.send(1000, 0, Operation::Read, rig.line(0, 5));
    const auto far_miss = rig.send(2000, 0, Operation::Read, rig.line(1, 9));
    const auto copy_hit = rig.send(3000, 0, Operation::Read, rig.line(1, 9));
    const auto warm = rig.send(4000, 1, Operation::Read, rig.line(1, 10));
    const auto far_hit = rig.send(5000, 0, Operation::Read, rig.line(1, 10));
    const auto gpu_far = rig.send(6000, 0, Operation::GpuRead, rig.line(1, 10));
    const auto gpu_home = rig.send(7000, 1, Operation::GpuRead, rig.line(1, 10));
    rig.run();

    const auto check = [&](std::uint32_t tag, Outcome outcome, Tick path) {
        CHECK(rig.response(tag).outcome == outcome);
        CHECK(rig.response(tag).sectors == all_sectors);
        CHECK(total(rig.response(tag).waits) == 0);
        CHECK(rig.latency(tag) == path);
    };
    check(near_miss, Outcome::NearMiss, Paths::near_miss);
    check(near_hit, Outcome::NearHit, Paths::near_hit);
    check(far_miss, Outcome::FarMiss, Paths::far_miss);
    check(copy_hit, Outcome::NearHit, Paths::near_hit);
    check(warm, Outcome::NearMiss, Paths::near_miss);
    check(far_hit, Outcome::FarHit, Paths::far_hit);
    check(gpu_far, Outcome::FarHit, Paths::far_hit); // served at home, past the copy
    check(gpu_home, Outcome::NearHit, Paths::near_hit);
    CHECK(rig.slices[0].copies_filled.value() == 2);
    CHECK(rig.slices[0].copy_hits.total() == 1);
    CHECK(rig.slices[0].copies_dropped.value() == 1);
}

TEST_CASE("a write is acknowledged from where it is performed, without data", "[fast][l2]") {
    Rig rig;
    const auto near = rig.send(0, 0, Operation::Write, rig.line(0, 5));
    const auto far = rig.send(1000, 0, Operation::Write, rig.line(1, 5));
    rig.run();
    for (const auto tag : {near, far}) {
        CHECK(rig.response(tag).outcome == Outcome::Done);
        CHECK(rig.response(tag).sectors == 0);
    }
    CHECK(rig.latency(near) == Paths::near_hit);
    CHECK(rig.latency(far) == Paths::far_hit);
    CHECK(rig.channels[0].seen.empty()); // written whole: nothing was fetched
}

TEST_CASE("hits leave one response port at 64 bytes per cycle, and wait for nothing else", "[fast][l2]") {
    Rig rig;
    rig.send(0, 0, Operation::Read, rig.line(0, 5));
    std::vector<std::uint32_t> tags;
    for (unsigned i = 0; i < 8; ++i) tags.push_back(rig.send(1000, 0, Operation::Read, rig.line(0, 5)));
    rig.run();
    for (unsigned i = 0; i < 8; ++i) {
        CHECK(rig.latency(tags[i]) == Paths::near_hit + 2 * i); // 128 B: two cycles
        CHECK(rig.response(tags[i]).waits.l2 == 2 * i * cycle);
    }
}

TEST_CASE("one lookup per cycle, in order of arrival over crossbar and peer", "[fast][l2]") {
    Rig rig({.requesters = 2});
    for (unsigned n = 0; n < 3; ++n)
        rig.send(0, 1, Operation::Read, rig.line(1, n), 1); // fill the home lines
    // Cycle 1000 at slice 1: two from the crossbar; one from the peer that arrives in the same cycle, and is
    // served first because its sender is the older block.
    rig.requesters[1]->order((1000 + 74) * cycle, rig.slices[1].id,
                             {rig.line(1, 0), 0, {}, 1, Operation::Read, {}, {}});
    rig.requesters[1]->order((1000 + 74) * cycle, rig.slices[1].id,
                             {rig.line(1, 1), 0, {}, 1, Operation::Read, {}, {}});
    const auto far = rig.send(1000, 0, Operation::Read, rig.line(1, 2), 1);
    rig.run();
    CHECK(rig.latency(far) == Paths::far_hit);
    const auto& got = rig.requesters[1]->got;
    REQUIRE(got.size() == 2);
    CHECK(got[0].at == (1000 + 74 + Paths::near_hit + 1) * cycle);
    CHECK(got[1].at == (1000 + 74 + Paths::near_hit + 2) * cycle);
    CHECK(got[1].response.waits.l2 == 2 * cycle);
}

TEST_CASE("whole-line writes enter at 64 bytes per cycle", "[fast][l2]") {
    Rig rig;
    std::vector<std::uint32_t> tags;
    for (unsigned n = 0; n < 6; ++n) tags.push_back(rig.send(0, 1, Operation::Write, rig.line(1, n)));
    rig.run();
    for (unsigned n = 0; n < 6; ++n) CHECK(rig.latency(tags[n]) == Paths::near_hit + 2 * n);
    CHECK(rig.slices[1].port_stall.value() ==
          (1 + 1 + 1 + 1 + 1) * cycle); // beyond the lookup port's one per cycle
}

TEST_CASE("lookups run ahead of a busy response port by the backlog and no further", "[fast][l2]") {
    Rig rig({.crossbar_credits = 64, .set = {{"backlog", "4"}, {"read_port", "8"}}}); // 16 cycles a line
    rig.send(0, 0, Operation::Read, rig.line(0, 5));
    for (unsigned i = 0; i < 5; ++i) rig.send(1000, 0, Operation::Read, rig.line(0, 5));
    rig.run();
    // Lookup i waits until the port is 4 cycles short of taking it: all but those 4 are spent in the queue.
    CHECK(rig.slices[0].queue_wait.total() == (12 + 28 + 44 + 60) * cycle);
    CHECK(rig.slices[0].port_stall.value() == (11 + 15 + 15 + 15) * cycle); // of the head of line alone
    CHECK(rig.slices[0].port_wait.total() == 4 * 4 * cycle);
    CHECK(rig.response(5).waits.l2 == 64 * cycle);
}

TEST_CASE("atomics to one line follow one another by their cycles; other lines do not wait", "[fast][l2]") {
    Rig rig;
    rig.send(0, 0, Operation::Read, rig.line(0, 5));
    rig.send(0, 0, Operation::Read, rig.line(0, 6));
    const auto a = rig.send(1000, 0, Operation::Atomic, rig.line(0, 5), 1);
    const auto b = rig.send(1000, 0, Operation::Atomic, rig.line(0, 6), 1);
    const auto c = rig.send(1000, 0, Operation::Atomic, rig.line(0, 6), 1);
    const auto d = rig.send(1000, 0, Operation::Atomic, rig.line(0, 5), 1);
    rig.run();
    CHECK(rig.latency(a) == Paths::near_hit);
    CHECK(rig.latency(b) == Paths::near_hit + 1);
    CHECK(rig.latency(c) == Paths::near_hit + 5); // 4 after b
    CHECK(rig.latency(d) == Paths::near_hit + 6); // behind c
    CHECK(rig.response(a).sectors == 1);
    CHECK(rig.slices[0].atomics.value() == 4);
    CHECK(rig.slices[0].atomic_stall.value() == 3 * cycle);
}

TEST_CASE("the partition link carries its bytes per cycle and books the wait as link", "[fast][l2]") {
    Rig rig;
    for (unsigned n = 0; n < 4; ++n) rig.send(0, 1, Operation::Read, rig.line(1, n));
    std::vector<std::uint32_t> tags;
    for (unsigned n = 0; n < 4; ++n) tags.push_back(rig.send(1000, 0, Operation::Read, rig.line(1, n)));
    rig.run();
    for (unsigned n = 0; n < 4; ++n) {
        // Requests follow one another by a cycle (tag port), their answers by four (128 B at 32 B per cycle).
        CHECK(rig.response(tags[n]).waits.l2 == n * cycle);
        CHECK(rig.response(tags[n]).waits.link == 3 * n * cycle);
        CHECK(rig.latency(tags[n]) == Paths::far_hit + 4 * n);
    }
    std::vector<std::uint32_t> writes; // carry their data over the link: four cycles each
    for (unsigned n = 0; n < 4; ++n) writes.push_back(rig.send(2000, 0, Operation::Write, rig.line(1, n)));
    rig.run();
    for (unsigned n = 0; n < 4; ++n) CHECK(rig.latency(writes[n]) == Paths::far_hit + 4 * n);
    CHECK(rig.response(writes[3]).waits.link == 6 * cycle);
    CHECK(rig.response(writes[3]).waits.l2 == 6 * cycle); // the write port of the near slice
}

TEST_CASE("a request that joins a fetch under way waits only for the rest of it", "[fast][l2]") {
    Rig rig({.channel_service = 100 * cycle}); // the second line waits 99 cycles at the channel
    rig.send(0, 0, Operation::Read, rig.line(0, 1));
    const auto second = rig.send(1, 0, Operation::Read, rig.line(0, 2));
    const auto joined = rig.send(31, 0, Operation::Read, rig.line(0, 2));
    const auto late = rig.send(181, 0, Operation::Read, rig.line(0, 2));
    rig.run();
    CHECK(rig.response(second).waits.memory == 99 * cycle);
    CHECK(rig.latency(second) == Paths::near_miss + 99);
    CHECK(rig.response(joined).waits.memory == 69 * cycle);
    CHECK(rig.latency(joined) == Paths::near_miss + 69 + 2); // both answers leave at once: 2 cycles of port
    CHECK(rig.response(joined).waits.l2 == 2 * cycle);
    CHECK(rig.response(late).waits.memory == 0); // it came later than its own fetch would have needed
    CHECK(rig.latency(late) < Paths::near_miss);
    CHECK(rig.slices[0].merges.value() == 2);
    CHECK(rig.channels[0].seen.size() == 2);
}

TEST_CASE("a clock step moves only what is decided after it", "[fast][l2]") {
    Rig rig;
    Requester& requester = *rig.requesters[0];
    Link<ClockChange> governor(rig.windows, rig.slices[0].clock_changes, requester.id, Rig::link);
    rig.send(0, 0, Operation::Read, rig.line(0, 5));
    const auto before = rig.send(1000, 0, Operation::Read, rig.line(0, 5));
    governor.send(1936 * cycle, {2000 * cycle, 500});
    const auto after = rig.send(1936, 0, Operation::Read, rig.line(0, 5));
    rig.run();
    CHECK(rig.latency(before) == Paths::near_hit);
    CHECK(rig.latency(after) == Paths::hop + 2 * (Paths::tag + Paths::data) + Paths::hop); // 500 MHz
}
