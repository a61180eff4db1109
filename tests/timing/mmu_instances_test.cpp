// SPDX-License-Identifier: Apache-2.0
// Instances that come and go at the walkers: what was translated for one that ended is translated no more,
// and one that is made has the part of TLB and walkers that the wall would have given it, from nobody who is
// there.
#include <catch2/catch.hpp>

#include "tests/timing/mmu_hub_rig.h"

using namespace migsim;
using namespace migsim::mmu_test;

namespace {

constexpr auto Create = InstanceChange::Kind::Create, Destroy = InstanceChange::Kind::Destroy;
constexpr Address m2 = Address{2} << 20;

void tell(HubRig& rig, Tick arrival, InstanceChange change) {
    rig.gsp.script.emplace_back(arrival - wire, change);
}

} // namespace

TEST_CASE("a page of an instance that has ended is refused, also where the L3 TLB had it", "[mmu][fast]") {
    for (const bool walls : {false, true}) {
        HubOptions options;
        options.walls = {walls, walls};
        HubRig rig(options);
        const Buffer own = rig.spaces[1]->allocate(m2, PageSize::M2);
        const Buffer other = rig.spaces[0]->allocate(m2, PageSize::M2);
        rig.ask(10'000 * cycle, HubRig::request(own.base, 1));
        rig.ask(20'000 * cycle, HubRig::request(other.base, 0));
        rig.ask(30'000 * cycle, HubRig::request(own.base, 1)); // hits
        tell(rig, 40'000 * cycle, {Destroy, InstanceId{1}});
        rig.ask(50'000 * cycle, HubRig::request(own.base, 1));
        rig.ask(60'000 * cycle, HubRig::request(other.base, 0)); // still hits
        rig.run();
        REQUIRE(rig.answers().size() == 5);
        CHECK(rig.mmu.l3_hits[TenantId{1}] == 1);
        CHECK_FALSE(rig.answers()[2].message.fault);
        CHECK(rig.answers()[3].message.fault);
        CHECK(rig.mmu.l3_hits[TenantId{0}] == 1);
        CHECK_FALSE(rig.answers()[4].message.fault);
        REQUIRE(rig.gsp.seen.size() == 1);
        CHECK(rig.gsp.seen[0].message.instance == InstanceId{1});
        CHECK(rig.gsp.seen[0].time == 40'000 * cycle + wire);
    }
}

TEST_CASE("the walkers serve an instance from when they are told that it is there", "[mmu][fast]") {
    for (const bool walls : {false, true}) {
        HubOptions options;
        options.walls = {walls, walls};
        HubRig rig(options);
        Driver anew(rig.tables, options.params.format, HubRig::instance_bytes, options.window);
        AddressSpace& space = anew.add_space(SpaceId{2});
        const Buffer own = space.allocate(m2, PageSize::M2);
        tell(rig, 10'000 * cycle, {Destroy, InstanceId{1}});
        rig.ask(20'000 * cycle, HubRig::request(own.base, 2));
        tell(rig, 30'000 * cycle, {Create, InstanceId{2}});
        rig.ask(40'000 * cycle, HubRig::request(own.base, 2));
        rig.run();
        REQUIRE(rig.answers().size() == 2);
        CHECK(rig.answers()[0].message.fault);
        CHECK_FALSE(rig.answers()[1].message.fault);
        CHECK(rig.gsp.seen.size() == 1); // nobody answers to a Create
    }
}

TEST_CASE("with walls up, who is there notices nothing of an instance that is made and works",
          "[mmu][fast]") {
    const auto victim = [](bool neighbour) {
        HubOptions options;
        options.walls = {true, true};
        options.params.set("l3_sets", "2");
        options.params.set("walkers", "2");
        HubRig rig(options);
        const Buffer own = rig.spaces[0]->allocate(100 * m2, PageSize::M2);
        Driver anew(rig.tables, options.params.format, HubRig::instance_bytes, options.window);
        const Buffer others = anew.add_space(SpaceId{2}).allocate(200 * m2, PageSize::M2);
        if (neighbour) {
            tell(rig, 10'000 * cycle, {Destroy, InstanceId{1}});
            tell(rig, 20'000 * cycle, {Create, InstanceId{2}});
        }
        for (Address i = 0; i < 100; ++i) {
            rig.ask((30'000 + 100 * i) * cycle, HubRig::request(own.base + i * m2, 0));
            if (neighbour)
                for (Address k = 0; k < 2; ++k)
                    rig.ask((30'000 + 100 * i) * cycle, HubRig::request(others.base + (2 * i + k) * m2, 2),
                            1);
        }
        rig.run();
        std::vector<Tick> times;
        for (const auto& answer : rig.answers()) times.push_back(answer.time);
        REQUIRE(times.size() == 100);
        REQUIRE(rig.answers(1).size() == (neighbour ? 200 : 0));
        return times;
    };
    CHECK(victim(true) == victim(false));
}
