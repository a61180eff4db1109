// SPDX-License-Identifier: Apache-2.0
// One SM with one CTA of two warps, in step and apart: who asks for which lines, who waits for whom.
#include <catch2/catch.hpp>

#include <map>

#include "models/messages/cta_cluster.h"
#include "tests/timing/sm_rig.h"

using namespace migsim;

namespace {

Stage load() {
    Stage stage;
    stage.kind = Stage::Kind::Load;
    stage.access = {.base = SmRig::base, .step = 1024, .row_bytes = 1024}; // four lines of each warp
    return stage;
}

Kernel of_stages(bool apart, std::vector<Stage> stages, std::uint32_t threads) {
    Kernel kernel;
    kernel.threads = threads;
    kernel.program.iterations = 2;
    kernel.program.warps_apart = apart;
    kernel.program.stages = std::move(stages);
    return kernel;
}

struct Rig : SmRig {
    Rig(bool apart, std::vector<Stage> stages, std::uint32_t threads = 64)
        : SmRig(of_stages(apart, std::move(stages), threads), {}) {}
};

using Lines = std::vector<Address>;

} // namespace

TEST_CASE("warps apart touch what warps in step touch, each byte once", "[fast][sm]") {
    Kernel in_step;
    in_step.threads = 128;
    in_step.grid_x = 3;
    Kernel apart = in_step;
    apart.program.warps_apart = true;
    REQUIRE(apart.strands() == 4);
    const std::vector<Access> accesses{
        {.base = SmRig::base, .cta_x = 4096, .rows = 3, .row_bytes = 2048, .pitch = 1 << 16},
        {.base = SmRig::base,
         .cta_x = 4096,
         .rows = 10,
         .row_bytes = 96,
         .order = Access::Order::Random,
         .elements = 1 << 20},
        {.base = SmRig::base,
         .rows = 2,
         .row_bytes = 96,
         .order = Access::Order::Permuted,
         .elements = 4096}};
    for (const Access& access : accesses) {
        const auto touched = [&](const Kernel& kernel) {
            std::map<Address, SectorMask> lines;
            CtaLaunch cta{};
            cta.kernel = &kernel;
            cta.x = 2;
            for (std::uint32_t warp = 0; warp < kernel.strands(); ++warp)
                for (LineCursor cursor(access, cta, 1, 2, warp); !cursor.done(); cursor.advance()) {
                    const Line line = cursor.line();
                    REQUIRE((lines[line.address] & line.sectors) == 0);
                    lines[line.address] |= line.sectors;
                }
            return lines;
        };
        CHECK(touched(in_step).size() >= 2);
        CHECK(touched(apart) == touched(in_step));
    }
}

TEST_CASE("a warp apart goes on when its own lines are back, a CTA in step when all are", "[fast][sm]") {
    for (const bool apart : {false, true}) {
        Rig rig(apart, {load()});
        REQUIRE(rig.asked_until(1000) == Lines{0, 1, 2, 3, 4, 5, 6, 7});
        const std::vector<LineRequest> asked = rig.requests;
        for (int i = 4; i < 8; ++i) rig.sm.reply({1000, asked[i].tag, asked[i].sectors, false, {}});
        CHECK(rig.asked_until(2000) == (apart ? Lines{12, 13, 14, 15} : Lines{}));
        for (int i = 0; i < 4; ++i) rig.sm.reply({2000, asked[i].tag, asked[i].sectors, false, {}});
        CHECK(rig.asked_until(3000) == (apart ? Lines{8, 9, 10, 11} : Lines{8, 9, 10, 11, 12, 13, 14, 15}));
    }
}

TEST_CASE("a CTA of warps apart ends with the last of them, and books their mean stall", "[fast][sm]") {
    Rig rig(true, {load()});
    rig.kernel.program.iterations = 1;
    rig.asked_until(1000);
    const std::vector<LineRequest> asked = rig.requests;
    for (int i = 0; i < 8; ++i)
        rig.sm.reply({i < 4 ? 3000u : 1000u, asked[i].tag, asked[i].sectors, false, {}});
    rig.asked_until(2999);
    CHECK(rig.ends.empty());
    CHECK(rig.sm.resident() == 1);
    rig.asked_until(4000);
    REQUIRE(rig.ends.size() == 1);
    CHECK(rig.ends[0].at == 3000 + rig.parts->sm.fill_latency + rig.parts->sm.cta_exit);
    CHECK(rig.sm.resident() == 0);
    // They wait from the same start, one until 1000, the other until 3000.
    const std::uint64_t start = rig.parts->sm.cta_start, fill = rig.parts->sm.fill_latency;
    CHECK(rig.ends[0].stalls.unloaded + rig.ends[0].stalls.sm == (1000 + 3000) / 2 + fill - start);
}

TEST_CASE("a pipe serves warps apart in the time it takes to serve them in step", "[fast][sm]") {
    Stage compute;
    compute.pipe = Pipe::Fp32;
    compute.operations = 32 * 32 * 3;
    Cycle end[2];
    for (const bool apart : {false, true}) {
        Rig rig(apart, {compute}, 1024);
        rig.kernel.program.iterations = 1;
        rig.asked_until(10'000);
        REQUIRE(rig.ends.size() == 1);
        end[apart] = rig.ends[0].at;
        CHECK(rig.counters.busy.total() == compute.operations / rig.parts->sm.fp32_rate);
    }
    CHECK(end[0] == end[1]);
}

TEST_CASE("a kernel whose warps go apart may not share loads among CTAs", "[fast][sm]") {
    Kernel kernel;
    kernel.program.stages = {load()};
    kernel.program.warps_apart = true;
    CHECK_FALSE(cluster_complaint(kernel, true));
    kernel.program.stages[0].kind = Stage::Kind::MulticastLoad;
    CHECK(cluster_complaint(kernel, true));
    kernel.program.warps_apart = false;
    CHECK_FALSE(cluster_complaint(kernel, true));
}
