// SPDX-License-Identifier: Apache-2.0
#include "tests/contract/l2_rig.h"

using namespace migsim;
using namespace migsim::l2_rig;

namespace {

constexpr InstanceId ours{2};

struct Seen {
    Outcome outcome;
    std::uint64_t faults;
    std::size_t memory;
};
Seen forged(Options options, Address address, InstanceId instance, Operation operation = Operation::Read) {
    options.owner = ours;
    Rig rig(options);
    const auto tag = rig.send(0, 0, operation, address, all_sectors, {}, instance);
    rig.run();
    return {rig.response(tag).outcome, rig.slices[0].faults.value(),
            rig.channels[0].seen.size() + rig.channels[1].seen.size()};
}

} // namespace

TEST_CASE("a foreign instance, or an address of a foreign region, is dropped and answered with a fault",
          "[fast][l2]") {
    const Address own = Rig().line(0, 5), far = Rig().line(1, 5);
    CHECK(forged({}, own, ours).outcome == Outcome::NearMiss);
    for (const Operation operation :
         {Operation::Read, Operation::GpuRead, Operation::Write, Operation::Atomic})
        for (const auto& [address, instance] : {std::pair{own, Rig::foreigner},
                                                {far, Rig::foreigner},
                                                {Rig::region + 5 * line_bytes, ours},
                                                {Rig::region + 5 * line_bytes, Rig::foreigner}}) {
            const Seen seen = forged({}, address, instance, operation);
            CHECK(seen.outcome == Outcome::Fault);
            CHECK(seen.faults == 1);
            CHECK(seen.memory == 0);
        }
}

TEST_CASE("with the wall down foreign requests are served, but not where nothing lies", "[fast][l2]") {
    const Address own = Rig().line(0, 5);
    CHECK(forged({.wall = false}, own, Rig::foreigner).outcome == Outcome::NearMiss);
    CHECK(forged({.wall = false}, Rig::region + 5 * line_bytes, ours).outcome ==
          Outcome::Fault);                                                           // another slice's
    CHECK(forged({.wall = false}, 5 * Rig::region, ours).outcome == Outcome::Fault); // nobody's
}

TEST_CASE("a slice without an owner serves every instance", "[fast][l2]") {
    Rig rig;
    const auto a = rig.send(0, 0, Operation::Read, rig.line(0, 5), 1, {}, InstanceId{1});
    const auto b = rig.send(1000, 0, Operation::Read, rig.line(0, 5), 1, {}, InstanceId{2});
    rig.run();
    CHECK(rig.response(a).outcome == Outcome::NearMiss);
    CHECK(rig.response(b).outcome == Outcome::NearHit);
}

TEST_CASE("what memory refuses faults everybody who waits, and nothing is kept", "[fast][l2]") {
    Rig rig;
    rig.channels[0].refuse = rig.channels[1].refuse = true;
    const auto near = rig.send(0, 0, Operation::Read, rig.line(0, 5));
    const auto joined = rig.send(1, 0, Operation::Read, rig.line(0, 5));
    const auto far = rig.send(2, 0, Operation::Read, rig.line(1, 5));
    const auto atomic = rig.send(3, 0, Operation::Atomic, rig.line(1, 6));
    const auto again = rig.send(1000, 0, Operation::Read, rig.line(0, 5));
    rig.run();
    for (const auto tag : {near, joined, far, atomic, again}) {
        CHECK(rig.response(tag).outcome == Outcome::Fault);
        CHECK(rig.response(tag).sectors == 0);
    }
}
