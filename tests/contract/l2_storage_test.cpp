// SPDX-License-Identifier: Apache-2.0
// What a slice keeps, fetches, drives out and writes back, and for whom.
#include "tests/contract/l2_rig.h"

using namespace migsim;
using namespace migsim::l2_rig;

namespace {

unsigned written(const Rig& rig) {
    return rig.channels[0].count(true);
}

} // namespace

TEST_CASE("only the sectors that are missing are fetched", "[fast][l2]") {
    Rig rig;
    rig.send(0, 0, Operation::Read, rig.line(0, 5), 0b0001);
    rig.send(1000, 0, Operation::Read, rig.line(0, 5), 0b0011);
    rig.send(2000, 0, Operation::Write, rig.line(0, 5), 0b0100);
    rig.send(3000, 0, Operation::Read, rig.line(0, 5), 0b1111);
    rig.run();
    REQUIRE(rig.channels[0].seen.size() == 3);
    CHECK(std::get<2>(rig.channels[0].seen[0]) == 0b0001);
    CHECK(std::get<2>(rig.channels[0].seen[1]) == 0b0010);
    CHECK(std::get<2>(rig.channels[0].seen[2]) == 0b1000);
    CHECK(rig.slices[0].sector_misses.value() == 2);
}

TEST_CASE("a read joins a line under way and fetches what that lacks", "[fast][l2]") {
    Rig rig;
    const auto first = rig.send(0, 0, Operation::Read, rig.line(0, 5), 0b0011);
    const auto second = rig.send(10, 0, Operation::Read, rig.line(0, 5), 0b0110);
    rig.run();
    REQUIRE(rig.channels[0].seen.size() == 2);
    CHECK(std::get<2>(rig.channels[0].seen[1]) == 0b0100);
    CHECK(rig.latency(first) == Paths::near_miss);
    CHECK(rig.latency(second) == Paths::near_miss); // its own fetch is the last to come
    CHECK(rig.response(second).sectors == 0b0110);
    CHECK(rig.slices[0].merges.value() == 1);
}

TEST_CASE("a contiguous footprint as large as the slice fits exactly", "[fast][l2]") {
    for (const char* replacement : {"lru", "nru", "random"}) {
        Rig rig({.set = {{"replacement", replacement}, {"sets", "23"}}});
        for (unsigned lap = 0; lap < 2; ++lap)
            for (unsigned n = 0; n < 23 * 4; ++n)
                rig.send(lap * 40'000 + n * 20, 0, Operation::Read, rig.line(0, n + 2 * 23));
        rig.run();
        CHECK(rig.slices[0].home_hits.total() == 23 * 4);
        CHECK(rig.slices[0].evictions.value() == 0);
    }
}

TEST_CASE("near copies and home lines compete for the same ways", "[fast][l2]") {
    Rig rig;
    for (unsigned n = 0; n < 4; ++n) rig.send(n * 1000, 0, Operation::Read, rig.rival(0, 5, n));
    for (unsigned n = 0; n < 4; ++n) rig.send(10'000 + n * 1000, 0, Operation::Read, rig.rival(1, 5, n));
    const auto gone = rig.send(20'000, 0, Operation::Read, rig.line(0, 5));
    rig.run();
    CHECK(rig.response(gone).outcome == Outcome::NearMiss);
    CHECK(rig.slices[0].evictions.value() == 5);
}

TEST_CASE("an evicted line writes back its dirty sectors, for the tenant who wrote them", "[fast][l2]") {
    Rig rig;
    const TenantId writer{4}, reader{2};
    rig.send(0, 0, Operation::Write, rig.line(0, 5), 0b0101, writer, InstanceId{6});
    for (unsigned n = 1; n <= 4; ++n) rig.send(n * 1000, 0, Operation::Read, rig.rival(0, 5, n), 1, reader);
    rig.run();
    CHECK(rig.slices[0].dirty_evictions.value() == 1);
    REQUIRE(written(rig) == 1);
    // It leaves when the fourth rival is asked for, right ahead of that.
    REQUIRE(rig.channels[0].seen.size() == 5);
    const auto& [at, line, sectors, write, instance, tenant] = rig.channels[0].seen[3];
    CHECK(write);
    CHECK(std::get<0>(rig.channels[0].seen[4]) - at <= cycle);
    CHECK(line == rig.map.channel_of(0, 5).channel_line);
    CHECK(sectors == 0b0101);
    CHECK(instance == InstanceId{6});
    CHECK(tenant == writer);
}

TEST_CASE("a line whose place goes to another before it comes takes a place again", "[fast][l2]") {
    Rig rig({.set = {{"sets", "1"}, {"ways", "1"}}});
    const auto first = rig.send(0, 0, Operation::Read, rig.line(0, 1));
    const auto second = rig.send(20, 0, Operation::Read, rig.line(0, 2));
    const auto kept = rig.send(5000, 0, Operation::Read, rig.line(0, 2));
    const auto lost = rig.send(6000, 0, Operation::Read, rig.line(0, 1));
    rig.run();
    CHECK(rig.latency(first) == Paths::near_miss);
    CHECK(rig.latency(second) == Paths::near_miss);
    CHECK(rig.response(kept).outcome == Outcome::NearHit);
    CHECK(rig.response(lost).outcome == Outcome::NearMiss);
    CHECK(rig.slices[0].evictions.value() ==
          2); // of lines that were there: 1 by 2 when that came, and 2 by 1
}

TEST_CASE("a write to a line on its way misses, keeps its sectors and drops the copy that there may be",
          "[fast][l2]") {
    Rig rig;
    rig.send(0, 1, Operation::Read, rig.line(0, 5)); // a copy at slice 1
    for (unsigned n = 1; n <= 4; ++n) rig.send(n * 1000, 0, Operation::Read, rig.rival(0, 5, n));
    rig.send(8000, 0, Operation::Read, rig.line(0, 5));
    rig.send(8010, 0, Operation::Write, rig.line(0, 5), 0b0010);
    const auto after = rig.send(12'000, 1, Operation::Read, rig.line(0, 5));
    rig.run();
    CHECK(rig.slices[0].misses.total() == 7);
    CHECK(rig.response(after).outcome == Outcome::FarHit);
    CHECK(rig.slices[1].copies_dropped.value() == 1);
}

TEST_CASE("dirty lines of an evicted line's DRAM row are written with it, and stay", "[fast][l2]") {
    for (const unsigned channels : {1u, 2u}) {
        Rig rig({.set = {{"row_lines", "8"}}, .channels_per_slice = channels});
        for (unsigned n = 0; n < 16; ++n) rig.send(n * 10, 0, Operation::Write, rig.line(0, n));
        for (unsigned n = 1; n <= 4; ++n)
            rig.send(n * 1000, 0, Operation::Read, rig.rival(0, 3, n)); // evicts 3
        const auto stays = rig.send(8000, 0, Operation::Read, rig.line(0, 2));
        rig.run();
        const ChannelLocation evicted = rig.map.channel_of(0, 3);
        unsigned of_its_row = 0;
        for (unsigned n = 0; n < 16; ++n) {
            const ChannelLocation at = rig.map.channel_of(0, n);
            of_its_row += at.channel == evicted.channel && at.channel_line / 8 == evicted.channel_line / 8;
        }
        CHECK(of_its_row == 8);
        CHECK(rig.slices[0].dirty_evictions.value() == 1);
        CHECK(rig.slices[0].cleaned_lines.value() == 7);
        CHECK(rig.channels[evicted.channel].count(true) == 8);
        for (const auto& [at, line, sectors, write, instance, tenant] : rig.channels[evicted.channel].seen)
            if (write) CHECK(line / 8 == evicted.channel_line / 8);
        CHECK(rig.response(stays).outcome == Outcome::NearHit);
    }
}

TEST_CASE("a miss on a line that another tenant drove out names that tenant", "[fast][l2]") {
    Rig rig;
    const TenantId victim{1}, hog{2};
    const auto fresh = rig.send(0, 0, Operation::Read, rig.line(0, 5), all_sectors, victim);
    for (unsigned n = 1; n <= 4; ++n)
        rig.send(n * 1000, 0, Operation::Read, rig.rival(0, 5, n), all_sectors, hog);
    const auto missed = rig.send(8000, 0, Operation::Read, rig.line(0, 5), all_sectors, victim);
    const auto own = rig.send(9000, 0, Operation::Read, rig.rival(0, 5, 1), all_sectors, hog);
    rig.run();
    CHECK(rig.response(fresh).evictor == victim);
    CHECK(rig.response(missed).outcome == Outcome::NearMiss);
    CHECK(rig.response(missed).evictor == hog);
    CHECK(rig.response(own).outcome == Outcome::NearMiss);
    CHECK(rig.response(own).evictor == victim); // whose refill took the way
}

TEST_CASE("a far miss names who drove the line out of its home", "[fast][l2]") {
    Rig rig;
    const TenantId victim{1}, hog{2};
    rig.send(0, 1, Operation::Read, rig.line(1, 5), all_sectors, victim);
    for (unsigned n = 1; n <= 4; ++n) rig.send(n * 1000, 1, Operation::Read, rig.rival(1, 5, n), 1, hog);
    const auto missed = rig.send(8000, 0, Operation::Read, rig.line(1, 5), all_sectors, victim);
    rig.run();
    CHECK(rig.response(missed).outcome == Outcome::FarMiss);
    CHECK(rig.response(missed).evictor == hog);
}

TEST_CASE("bytes and hits are counted for the tenant who moved them", "[fast][l2]") {
    Rig rig;
    rig.send(0, 0, Operation::Read, rig.line(0, 5), 0b0111, TenantId{3});
    rig.send(1000, 0, Operation::Read, rig.line(0, 5), 0b0001, TenantId{5});
    rig.send(2000, 0, Operation::Write, rig.line(1, 5), 0b0011, TenantId{5});
    rig.run();
    CHECK(rig.slices[0].bytes_out[TenantId{3}] == 96);
    CHECK(rig.slices[0].bytes_out[TenantId{5}] == 32);
    CHECK(rig.slices[0].bytes_in[TenantId{5}] == 64);
    CHECK(rig.slices[0].misses[TenantId{3}] == 1);
    CHECK(rig.slices[0].home_hits[TenantId{5}] == 1);
    CHECK(rig.slices[1].misses[TenantId{5}] == 1);
}
