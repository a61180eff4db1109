// SPDX-License-Identifier: Apache-2.0
// Near copies are read-only and never outlive a change of their line.
#include "tests/contract/l2_rig.h"

using namespace migsim;
using namespace migsim::l2_rig;

namespace {

// Slice 0 copies line 5 of slice 1; `change` touches it; what does the next read at slice 0 find?
template <class Change>
Outcome read_after(Change change, Options options = {}) {
    Rig rig(options);
    const Address line = rig.line(1, 5);
    rig.send(0, 0, Operation::Read, line);
    change(rig, line);
    const auto after = rig.send(20'000, 0, Operation::Read, line);
    rig.run();
    return rig.response(after).outcome;
}

} // namespace

TEST_CASE("a near copy serves reads until a write or atomic at home drops it", "[fast][l2]") {
    CHECK(read_after([](Rig&, Address) {}) == Outcome::NearHit);
    CHECK(read_after([](Rig& rig, Address a) { rig.send(1000, 1, Operation::Read, a); }) == Outcome::NearHit);
    CHECK(read_after([](Rig& rig, Address a) { rig.send(1000, 1, Operation::Write, a, 1); }) ==
          Outcome::FarHit);
    CHECK(read_after([](Rig& rig, Address a) { rig.send(1000, 1, Operation::Atomic, a, 1); }) ==
          Outcome::FarHit);
}

TEST_CASE("writes, atomics and gpu-scope reads that pass a near copy drop it", "[fast][l2]") {
    for (const Operation operation : {Operation::Write, Operation::Atomic, Operation::GpuRead})
        CHECK(read_after([&](Rig& rig, Address a) { rig.send(1000, 0, operation, a, 1); }) ==
              Outcome::FarHit);
}

TEST_CASE("a copy is dropped although its home line was evicted before the write", "[fast][l2]") {
    const auto evict_home = [](Rig& rig) {
        for (unsigned n = 1; n <= 4; ++n)
            rig.send(1000 + n, 1, Operation::Read, rig.rival(1, 5, n)); // its set
    };
    CHECK(read_after([&](Rig& rig, Address) { evict_home(rig); }) == Outcome::NearHit);
    CHECK(read_after([&](Rig& rig, Address a) {
              evict_home(rig);
              rig.send(4000, 1, Operation::Write, a, all_sectors);
          }) == Outcome::FarHit);
    CHECK(read_after([&](Rig& rig, Address a) {
              evict_home(rig);
              rig.send(4000, 1, Operation::Atomic, a);
          }) == Outcome::FarHit);
    CHECK(read_after([&](Rig& rig, Address a) {
              evict_home(rig);
              rig.send(4000, 1, Operation::Read, a);
              rig.send(5000, 1, Operation::Write, a, 1);
          }) == Outcome::FarHit);
}

TEST_CASE("a copy still on its way when its line changes is delivered but not kept", "[fast][l2]") {
    Rig rig;
    const Address line = rig.line(1, 5);
    rig.send(0, 1, Operation::Read, line);
    const auto first = rig.send(1000, 0, Operation::Read, line); // reads home at 1000 + 64 + 10 + 64 + 10
    rig.send(1000 + 64 + 20, 1, Operation::Write, line, 1); // behind it; its Invalidate overtakes nothing
    const auto after = rig.send(2000, 0, Operation::Read, line);

    const Address other = rig.line(1, 6); // the write passes through the near slice instead
    const auto second = rig.send(3000, 0, Operation::Read, other);
    rig.send(3001, 0, Operation::Write, other, 1);
    const auto join = rig.send(3002, 0, Operation::Read, other);
    const auto last = rig.send(4000, 0, Operation::Read, other);
    rig.run();
    CHECK(rig.response(first).outcome == Outcome::FarHit);
    CHECK(rig.response(after).outcome == Outcome::FarHit);
    CHECK(rig.response(second).outcome == Outcome::FarMiss);
    CHECK(rig.response(join).sectors == all_sectors); // asked home again, behind the write
    CHECK(rig.slices[0].merges.value() == 0);
    CHECK(rig.response(last).outcome == Outcome::NearHit); // of the copy that `join` fetched
}

TEST_CASE("a slice whose region lies in one partition sends no invalidations", "[fast][l2]") {
    Rig rig;
    rig.send(0, 0, Operation::Write, rig.line(0, 5));
    rig.run();
    CHECK(rig.slices[0].invalidates_sent.value() == 1); // paired, and the line was not there
    AddressMap map(map_params(), {Region{0, Address{1} << 20, {}, {0}, {0}, 1}});
    Windows windows;
    L2Slice slice(windows, {rig.params, map, Clock(1000), 0, {}});
    Requester requester(windows);
    slice.to_crossbar.add(requester.id, {windows, requester.from_l2, slice.id, Rig::link});
    requester.to_l2.add(slice.id, {windows, slice.from_crossbar, requester.id, Rig::link});
    windows.add_link("every link", Rig::link);
    windows.start();
    requester.order(0, slice.id, {256, 0, {}, all_sectors, Operation::Write, {}, {}});
    while (windows.step()) {
    }
    CHECK(requester.got.size() == 1);
    CHECK(slice.invalidates_sent.value() == 0);
}
