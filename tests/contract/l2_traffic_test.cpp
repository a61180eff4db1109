// SPDX-License-Identifier: Apache-2.0
// Random traffic through two slices with every finite resource kept small: what must hold whatever happens.
#include "tests/contract/l2_rig.h"

using namespace migsim;
using namespace migsim::l2_rig;

namespace {

constexpr InstanceId ours{3};

// Everything that left the slices, and everything they counted.
struct Record {
    std::vector<std::tuple<Tick, std::uint32_t, SectorMask, Outcome, TenantId, TenantId, std::uint32_t,
                           std::uint32_t, std::uint32_t>>
        answers;
    std::vector<Channel::Seen> seen;
    std::vector<std::uint64_t> counted;
    bool operator==(const Record&) const = default;
};

std::unique_ptr<Rig> traffic(WindowOptions windows, const char* replacement = "lru",
                             unsigned per_requester = 1500) {
    auto rig = std::make_unique<Rig>(Options{.windows = windows,
                                             .requesters = 3,
                                             .crossbar_credits = 6,
                                             .peer_credits = 3,
                                             .channel_credits = 3,
                                             .channel_service = 9 * cycle + 333,
                                             .set = {{"replacement", replacement},
                                                     {"mshrs", "12"},
                                                     {"peer_mshrs", "3"},
                                                     {"waiters", "2"},
                                                     {"write_buffer", "2"},
                                                     {"link_buffer", "2"},
                                                     {"backlog", "2"},
                                                     {"atomic_cycles", "60"},
                                                     {"row_lines", "8"}},
                                             .owner = ours,
                                             .mhz = 1410,
                                             .channels_per_slice = 2});
    RandomStream random(7, "l2 traffic");
    for (unsigned who = 0; who < 3; ++who) {
        Tick at = 0;
        for (unsigned i = 0; i < per_requester; ++i) {
            at += random.chance(Probability::ratio(1, 40)) ? random.below(900'000) : random.below(2 * cycle);
            const std::uint64_t kind = random.below(100);
            const Operation operation = kind < 55   ? Operation::Read
                                        : kind < 60 ? Operation::GpuRead
                                        : kind < 85 ? Operation::Write
                                                    : Operation::Atomic;
            const bool hot = random.chance(Probability::ratio(1, 3));
            const std::uint32_t n = static_cast<std::uint32_t>(hot ? random.below(4) : random.below(160));
            const unsigned home = static_cast<unsigned>(random.below(2));
            const InstanceId instance = random.chance(Probability::ratio(1, 50)) ? Rig::foreigner : ours;
            rig->requesters[who]->order(at, rig->slices[who / 2].id,
                                        {rig->line(home, n),
                                         0,
                                         {},
                                         static_cast<SectorMask>(1 + random.below(15)),
                                         operation,
                                         instance,
                                         static_cast<TenantId>(who)});
        }
    }
    for (L2Slice& slice : rig->slices) // twice up and down while everything is busy
        for (const auto& [at, mhz] : {std::pair{5'000'000ul, 1095u}, {9'000'000ul, 1755u}})
            Link<ClockChange>(rig->windows, slice.clock_changes, rig->requesters[0]->id, Rig::link)
                .send(at, {at + Rig::link + 12'345, mhz});
    rig->run();
    return rig;
}

Record record(const Rig& rig) {
    Record r;
    for (const auto& requester : rig.requesters)
        for (const auto& [at, a] : requester->got)
            r.answers.emplace_back(at, a.tag, a.sectors, a.outcome, a.tenant, a.evictor, a.waits.l2,
                                   a.waits.link, a.waits.memory);
    for (const Channel& channel : rig.channels)
        r.seen.insert(r.seen.end(), channel.seen.begin(), channel.seen.end());
    for (const L2Slice& slice : rig.slices)
        for (const Statistic* s : slice.stats.all())
            for (const auto& column : s->columns()) r.counted.push_back(column.value);
    return r;
}

} // namespace

TEST_CASE("the slices give the same answers under every window length, order and thread count",
          "[fast][l2]") {
    const Record oracle = record(*traffic({.event_driven = true}));
    REQUIRE(oracle.answers.size() == 4500);
    CHECK(record(*traffic({.length = 777})) == oracle);
    CHECK(record(*traffic({.length = 10 * cycle})) == oracle);
    CHECK(record(*traffic({})) == oracle); // as long as the links allow
    CHECK(record(*traffic({.shuffle = 11})) == oracle);
    CHECK(record(*traffic({.threads = 2})) == oracle);
}

TEST_CASE("every request is answered, every lookup hits or misses, and nothing stays behind", "[fast][l2]") {
    for (const char* replacement : {"lru", "nru", "random"}) {
        const auto rig = traffic({}, replacement);
        for (const auto& requester : rig->requesters) {
            CHECK(requester->got.size() == requester->sent_at.size());
            std::vector<bool> answered(requester->sent_at.size());
            for (const auto& got : requester->got) {
                CHECK_FALSE(answered.at(got.response.tag));
                answered[got.response.tag] = true;
            }
        }
        std::uint64_t reads = 0, fetches = 0;
        for (const L2Slice& slice : rig->slices) {
            CHECK(slice.requests.value() == slice.responses.value());
            CHECK(slice.lookups.value() ==
                  slice.home_hits.total() + slice.copy_hits.total() + slice.misses.total());
            CHECK(slice.lookups.value() + slice.passed_on.value() + slice.faults.value() ==
                  slice.requests.value());
            CHECK(slice.waits().empty());
        }
        CHECK(rig->slices[0].invalidates_sent.value() > 0);
        for (const Channel& channel : rig->channels) {
            reads += channel.count(false);
            fetches += channel.seen.size();
        }
        CHECK(reads > 0);
        CHECK(fetches - reads ==
              rig->slices[0].dirty_evictions.value() + rig->slices[0].cleaned_lines.value() +
                  rig->slices[1].dirty_evictions.value() + rig->slices[1].cleaned_lines.value());
        for (const Channel& channel : rig->channels)
            for (const auto& [at, line, sectors, write, instance, tenant] : channel.seen)
                CHECK(instance == ours);
    }
}

TEST_CASE("every statistic of a slice moves under traffic and the end of its instance", "[fast][l2]") {
    const auto rig = traffic({});
    rig->gsp->tell(rig->windows.end(), {InstanceChange::Kind::Destroy, ours});
    rig->run();
    for (const Statistic* s : rig->slices[0].stats.all()) {
        std::uint64_t sum = 0;
        for (const auto& column : s->columns()) sum += column.value;
        INFO(s->name);
        CHECK(sum > 0);
    }
}

TEST_CASE("latency is the path of the outcome plus the booked waits, for whatever joined no fetch",
          "[fast][l2]") {
    // Each line is read once, or hits: no request joins another's fetch.
    Rig rig({.crossbar_credits = 16, .peer_credits = 4, .channel_credits = 4, .channel_service = 7 * cycle});
    RandomStream random(3, "l2 identity");
    std::vector<std::uint32_t> tags;
    std::uint32_t fresh = 0, old = 0; // next line to read for the first time, for the second
    for (unsigned i = 0; i < 600; ++i) {
        const Tick at = 20'000 * (i / 60); // in bursts
        const unsigned home = static_cast<unsigned>(random.below(2));
        if (i % 60 == 0) old = fresh;
        const bool again = old && random.chance(Probability::ratio(1, 2));
        const auto n = again ? --old : fresh++;
        tags.push_back(rig.send(at, 0, Operation::Read, rig.line(home, n)));
    }
    rig.run();
    unsigned waited = 0;
    std::map<Outcome, unsigned> seen;
    for (const std::uint32_t tag : tags) {
        const MemoryResponse& response = rig.response(tag);
        const Tick path = response.outcome == Outcome::NearHit    ? Paths::near_hit
                          : response.outcome == Outcome::NearMiss ? Paths::near_miss
                          : response.outcome == Outcome::FarHit   ? Paths::far_hit
                                                                  : Paths::far_miss;
        ++seen[response.outcome];
        waited += total(response.waits) > 0;
        REQUIRE(rig.latency(tag) * cycle == path * cycle + total(response.waits));
    }
    CHECK(rig.slices[0].merges.value() == 0);
    CHECK(seen[Outcome::NearMiss] > 50);
    CHECK(seen[Outcome::FarMiss] > 50);
    CHECK(seen[Outcome::NearHit] > 5);
    CHECK(waited > 200);
}

TEST_CASE("two slices full of misses for each other still answer each other", "[fast][l2]") {
    // One MSHR is left to each crossbar stream; all of it waits for the other slice.
    Rig rig({.requesters = 2,
             .crossbar_credits = 2,
             .peer_credits = 1,
             .channel_credits = 1,
             .set = {{"mshrs", "2"},
                     {"peer_mshrs", "1"},
                     {"link_buffer", "1"},
                     {"write_buffer", "1"},
                     {"waiters", "1"},
                     {"ways", "1"},
                     {"sets", "3"}}});
    for (unsigned i = 0; i < 200; ++i)
        for (unsigned who = 0; who < 2; ++who) {
            const Operation operation = i % 3   ? Operation::Read
                                        : i % 2 ? Operation::Write
                                                : Operation::Atomic;
            rig.send(0, who, operation, rig.line(1 - who, i * 7 % 30), all_sectors, {}, {}, who);
        }
    rig.run();
    CHECK(rig.requesters[0]->got.size() == 200);
    CHECK(rig.requesters[1]->got.size() == 200);
}
