// SPDX-License-Identifier: Apache-2.0
// One SM with a CTA of a cluster of two: when it asks for its share, and when it has all.
#include <catch2/catch.hpp>

#include "tests/timing/sm_rig.h"

using namespace migsim;

namespace {

Kernel pair() {
    Kernel kernel;
    kernel.name = "pair";
    kernel.grid_x = kernel.cluster = 2;
    kernel.program.iterations = 3;
    kernel.program.depth = 2;
    Stage tile; // the access of rank 1 would be another: it is rank 0's that counts
    tile.kind = Stage::Kind::MulticastLoad;
    tile.access = {.base = SmRig::base, .cta_x = 1 << 16, .step = 1024, .row_bytes = 5 * 128};
    kernel.program.stages = {tile};
    return kernel;
}

CtaLaunch second() {
    CtaLaunch cta{};
    cta.x = cta.rank = 1;
    cta.cluster = 7;
    return cta;
}

// Lines asked for are numbers in the tile of their iteration, and from when on.
struct Rig : SmRig {
    Rig() : SmRig(pair(), second()) {}
    void hears(Cycle at, std::uint32_t iteration) { sm.from_peer({at, 7, 1, 0, false, 0, iteration, 0, {}}); }
    void gets(Cycle at, std::uint8_t flight) { sm.from_peer({at, 7, 1, 0, true, flight, 0, at - 100, {}}); }
    void answer(Cycle at) {
        for (const LineRequest& request : requests) sm.reply({at, request.tag, request.sectors, false, {}});
    }
};

using Lines = std::vector<Address>;

} // namespace

TEST_CASE("a CTA asks for its share of a shared tile once its peer has a free buffer, and no cycle earlier",
          "[fast][multicast]") {
    Rig rig;
    REQUIRE(rig.asked_until(1000).empty()); // its own buffers are free, its peer's are not known to be
    REQUIRE(rig.news.size() == 1);
    CHECK(rig.news[0].at == rig.parts->sm.cta_start);
    CHECK(rig.news[0].news.iteration == 2);
    rig.hears(1000, 1);
    const Cycle first = 1000 + rig.parts->sm.l1_miss_latency;
    CHECK(rig.asked_until(2000) == Lines{1, 3}); // of five, rank 0 asks for the other three
    CHECK(rig.requests[0].at == first);
    rig.hears(2000, 3); // further than this CTA is itself
    CHECK(rig.asked_until(3000) == Lines{8 + 1, 8 + 3});
}

TEST_CASE("a CTA goes on when all lines of all ranks have come, and frees its buffer then",
          "[fast][multicast]") {
    Rig rig;
    rig.hears(500, 3);
    REQUIRE(rig.asked_until(1000).size() == 4); // both buffers
    rig.answer(1000);
    for (int line = 0; line < 3; ++line) rig.gets(1100, 1);
    rig.gets(1200, 0);
    rig.gets(1200, 0);
    CHECK(rig.asked_until(2000).empty());
    CHECK(rig.news.size() == 1); // iteration 1 is complete, iteration 0 is not
    rig.gets(2000, 0);
    CHECK(rig.asked_until(3000) == Lines{16 + 1, 16 + 3}); // into the buffer that iteration 0 leaves
    REQUIRE(rig.news.size() == 2);
    CHECK(rig.news[1].at == 2000 + rig.parts->sm.fill_latency);
    CHECK(rig.news[1].news.iteration == 3);
    CHECK(rig.ends.empty());
    rig.answer(3000);
    for (int line = 0; line < 3; ++line) rig.gets(3000, 0);
    rig.asked_until(4000);
    REQUIRE(rig.ends.size() == 1);
    CHECK(rig.ends[0].at == 3000 + rig.parts->sm.fill_latency + rig.parts->sm.cta_exit);
    CHECK(rig.ends[0].cluster == 7);
    rig.gets(4000, 0); // nobody is there any more
    rig.hears(4000, 9);
    CHECK(rig.asked_until(5000).empty());
}
