// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <algorithm>
#include <numeric>
#include <set>

#include "models/address/address_map.h"

using namespace migsim;

namespace {

constexpr Address KiB = 1024, MiB = 1024 * KiB, GiB = 1024 * MiB;

constexpr const char* one_group = "1024"; // more slices than there are

AddressMapParams params(const char* hash, const char* interleave = "512",
                        const char* group_slices = one_group) {
    AddressMapParams p;
    p.set("interleave", interleave);
    p.set("group_slices", group_slices);
    p.set("partition_hash", hash);
    return p;
}

std::vector<std::uint16_t> numbers(unsigned count, unsigned first = 0) {
    std::vector<std::uint16_t> ids(count);
    std::iota(ids.begin(), ids.end(), static_cast<std::uint16_t>(first));
    return ids;
}

AddressMap whole(unsigned slices, unsigned channels, unsigned partitions, const char* hash = "mixed",
                 Address bytes = GiB, const char* group_slices = one_group) {
    return AddressMap(params(hash, "512", group_slices),
                      {Region{0, bytes, std::nullopt, numbers(slices), numbers(channels), partitions}});
}

struct Counts {
    unsigned slices, channels, partitions;
};
constexpr Counts shapes[] = {{10, 10, 1},  {10, 20, 1}, {10, 24, 1},  {20, 20, 1},  {40, 40, 1}, {80, 80, 2},
                             {80, 160, 2}, {96, 96, 2}, {80, 192, 2}, {96, 192, 2}, {8, 8, 2},   {7, 7, 1},
                             {7, 8, 1},    {8, 7, 1},   {10, 8, 2},   {1, 1, 1},    {2, 8, 2}};

struct Extremes {
    std::uint64_t least, most;
};
template <class Pick>
Extremes count(unsigned of, Address first, Address bytes, Address step, Pick pick) {
    std::vector<std::uint64_t> counts(of);
    for (Address a = first; a < first + bytes; a += step) ++counts[pick(a)];
    return {*std::min_element(counts.begin(), counts.end()), *std::max_element(counts.begin(), counts.end())};
}

} // namespace

TEST_CASE("locate and its inverses agree on every line, and no two lines share a place", "[fast][address]") {
    for (const auto& [hash, group] :
         {std::pair{"ga100", one_group}, {"mixed", one_group}, {"mixed", "10"}, {"ga100", "2"}})
        for (const Counts& shape : shapes) {
            INFO(hash << ": " << shape.slices << " slices in groups of " << group << ", " << shape.channels
                      << " channels");
            const AddressMap map =
                whole(shape.slices, shape.channels, shape.partitions, hash, 1008 * KiB, group);
            std::set<std::uint64_t> in_slices, in_channels;
            for (Address a = 0; a < 1008 * KiB; a += line_bytes) {
                const Location at = map.locate(a + 64);
                REQUIRE(map.address_of(at.slice, at.slice_line) == a);
                const ChannelLocation channel = map.channel_of(at.slice, at.slice_line);
                REQUIRE(channel.channel == at.channel);
                REQUIRE(channel.channel_line == at.channel_line);
                REQUIRE(at.partition == at.slice / (shape.slices / shape.partitions));
                REQUIRE(at.partition == at.channel / (shape.channels / shape.partitions));
                in_slices.insert(std::uint64_t{at.slice} << 32 | at.slice_line);
                in_channels.insert(std::uint64_t{at.channel} << 32 | at.channel_line);
            }
            CHECK(in_slices.size() == 1008 * KiB / line_bytes);
            CHECK(in_channels.size() == 1008 * KiB / line_bytes);
        }
}

TEST_CASE("aligned groups of chunks fill slices and channels exactly evenly", "[fast][address]") {
    for (const Counts& shape : shapes) {
        INFO(shape.slices << " slices, " << shape.channels << " channels");
        const AddressMap map = whole(shape.slices, shape.channels, shape.partitions);
        const Address per_partition = std::lcm(shape.slices, shape.channels) * 512;
        const Address group = std::lcm(per_partition, 8 * KiB) * shape.partitions;
        for (const Address first : {Address{0}, 5 * group}) {
            const Extremes slices =
                count(shape.slices, first, group, line_bytes, [&](Address a) { return map.locate(a).slice; });
            CHECK(slices.least == slices.most);
            const Extremes channels = count(shape.channels, first, group, line_bytes,
                                            [&](Address a) { return map.locate(a).channel; });
            CHECK(channels.least == channels.most);
        }
    }
}

// With groups, a turn begun and one left out count besides.
TEST_CASE("any 16 MiB lie within 1% of evenly on slices and channels, 3% where they have groups",
          "[fast][address]") {
    const auto both = {std::pair{one_group, 0.01}, {"10", 0.03}};
    for (const auto& [group, tolerance] : both)
        for (const Counts& shape : shapes) {
            INFO(shape.slices << " slices in groups of " << group << ", " << shape.channels << " channels");
            const AddressMap map = whole(shape.slices, shape.channels, shape.partitions, "mixed", GiB, group);
            for (const Address first : {Address{0}, 7 * 8 * KiB, 33 * MiB + 5 * KiB / 2, 123'456'768ul}) {
                const auto even = [&](unsigned of, auto pick) {
                    const Extremes spread = count(of, first, 16 * MiB, 512, pick);
                    const double mean = static_cast<double>(16 * MiB / 512) / of;
                    CHECK(static_cast<double>(spread.most) <= mean * (1 + tolerance));
                    CHECK(static_cast<double>(spread.least) >= mean * (1 - tolerance));
                };
                even(shape.slices, [&](Address a) { return map.locate(a).slice; });
                even(shape.channels, [&](Address a) { return map.locate(a).channel; });
            }
        }
}

// 4096 accesses by fair chance put 4096/n +- 4 sigma on each of n slices. GA100's published partition hash
// sees no bit above 20: strides of 2 MiB stay in one partition, and spread fairly there.
TEST_CASE("no stride piles up: each slice it reaches gets less than twice its share", "[fast][address]") {
    for (const auto& [hash, group] :
         {std::pair{"ga100", one_group}, {"mixed", one_group}, {"ga100", "10"}, {"mixed", "10"}})
        for (const Counts& shape : {Counts{10, 10, 1}, Counts{10, 24, 1}, Counts{80, 80, 2},
                                    Counts{80, 160, 2}, Counts{96, 192, 2}}) {
            const AddressMap map =
                whole(shape.slices, shape.channels, shape.partitions, hash, 80 * GiB, group);
            const auto fair = [&](Address stride) {
                INFO(hash << ": " << shape.slices << " slices, stride " << stride);
                const bool one_partition = std::string_view(hash) == "ga100" && stride % (2 * MiB) == 0;
                const unsigned reached = one_partition ? shape.slices / shape.partitions : shape.slices;
                const Address bytes = std::min<Address>(stride * 4096, 80 * GiB - stride);
                const double share = static_cast<double>(bytes / stride) / reached;
                const Extremes slices =
                    count(shape.slices, 0, bytes, stride, [&](Address a) { return map.locate(a).slice; });
                CHECK(static_cast<double>(slices.most) < 2 * share);
                const Extremes channels =
                    count(shape.channels, 0, bytes, stride, [&](Address a) { return map.locate(a).channel; });
                CHECK(static_cast<double>(channels.most) < 2.5 * share * shape.slices / shape.channels);
            };
            for (Address stride = 512; stride <= 8 * MiB; stride *= 2) fair(stride);
            for (const Address k :
                 {1, 2, 3, 5, 8, 13, 64, 610, 987, 1000}) // Fibonacci numbers trap weak hashes
                fair(k * shape.slices * 512);
        }
}

TEST_CASE("GA100 chooses the partition by NOT of bits 13, 17 and 20", "[fast][address]") {
    const AddressMap map = whole(80, 80, 2, "ga100");
    for (Address a = 0; a < 64 * MiB; a += KiB)
        REQUIRE(map.locate(a).partition == (~(a >> 13 ^ a >> 17 ^ a >> 20) & 1));
}

// As samples of A100 show them (GPUNetBench): four groups of ten slices in a partition, which change every 32
// KiB.
TEST_CASE("the groups of a partition hold 16 KiB of it in turn", "[fast][address]") {
    const AddressMap map(params("ga100", "1024", "10"),
                         {Region{0, 64 * MiB, std::nullopt, numbers(80), numbers(80), 2}});
    for (Address round = 0; round < 64 * MiB; round += 128 * KiB) {
        std::set<unsigned> groups;
        for (Address turn = round; turn < round + 128 * KiB; turn += 32 * KiB) {
            std::set<unsigned> of_turn;
            for (Address a = turn; a < turn + 32 * KiB; a += 128) of_turn.insert(map.locate(a).slice / 10u);
            REQUIRE(of_turn.size() == 2); // one in each partition
            groups.insert(of_turn.begin(), of_turn.end());
        }
        REQUIRE(groups.size() == 8);
    }
}

TEST_CASE("the mixed hash halves each 16 KiB and is not linear over address bits", "[fast][address]") {
    const AddressMap map = whole(80, 80, 2, "mixed");
    unsigned nonlinear = 0, second = 0;
    for (Address a = 0; a < 64 * MiB; a += 16 * KiB) {
        REQUIRE(map.locate(a).partition != map.locate(a + 8 * KiB).partition);
        second += map.locate(a).partition;
        // a linear (affine) function has p(x) ^ p(y) ^ p(z) == p(x ^ y ^ z)
        const auto p = [&](Address x) { return unsigned{map.locate(x).partition}; };
        const Address y = 5 * MiB, z = 9 * MiB + 48 * KiB;
        nonlinear += p(a) ^ p(y) ^ p(z) ^ p(a ^ y ^ z);
    }
    CHECK(second > 1800); // of 4096
    CHECK(second < 2300);
    CHECK(nonlinear > 1500);
}

TEST_CASE("near copies of a line are held by the slice of equal rank in the other partition",
          "[fast][address]") {
    const AddressMap map = whole(80, 160, 2);
    CHECK(map.near_slice(3, 0) == 3);
    CHECK(map.near_slice(3, 1) == 43);
    CHECK(map.near_slice(43, 0) == 3);
    CHECK(map.near_slice(43, 1) == 43);
    const AddressMap half = whole(40, 40, 1);
    CHECK(half.near_slice(3, 0) == 3);
    CHECK(half.near_slice(3, 1) == 3);
}

TEST_CASE("each instance's addresses stay on its own slices and channels", "[fast][address]") {
    const AddressMap map(params("ga100"),
                         {Region{5 * GiB, 20 * GiB, InstanceId{2}, numbers(40, 40), numbers(40, 40), 1},
                          Region{0, 5 * GiB, InstanceId{1}, numbers(10), numbers(10), 1}});
    CHECK(map.regions()[0].owner == InstanceId{1}); // in order of address
    CHECK(map.region_of(5 * GiB - 1) == 0u);
    CHECK(map.region_of(5 * GiB) == 1u);
    CHECK(map.owner(24 * GiB) == InstanceId{2});
    CHECK_FALSE(map.contains(25 * GiB));
    CHECK(map.locate(25 * GiB).slice == Location::nowhere);
    CHECK_FALSE(map.region_of(25 * GiB));
    CHECK_FALSE(map.owner(25 * GiB));
    for (Address a = 0; a < 25 * GiB; a += 8 * MiB + 640) {
        const Location at = map.locate(a);
        REQUIRE((at.slice < 10) == (a < 5 * GiB));
        REQUIRE((at.channel < 10) == (a < 5 * GiB));
        REQUIRE((at.slice >= 40) == (a >= 5 * GiB));
        REQUIRE(map.address_of(at.slice, at.slice_line) == a / line_bytes * line_bytes);
    }
}

TEST_CASE("regions that share slices lie behind one another in them", "[fast][address]") {
    // The l2 wall is down, the dram wall stands.
    const AddressMap map(params("mixed"),
                         {Region{0, 32 * MiB, InstanceId{0}, numbers(20), numbers(10), 2},
                          Region{32 * MiB, 32 * MiB, InstanceId{1}, numbers(20), numbers(10, 10), 2}});
    std::set<std::uint64_t> places;
    for (Address a = 0; a < 64 * MiB; a += 512) {
        const Location at = map.locate(a);
        REQUIRE((at.channel < 10) == (a < 32 * MiB));
        REQUIRE(map.address_of(at.slice, at.slice_line) == a);
        REQUIRE(map.channel_of(at.slice, at.slice_line).channel == at.channel);
        places.insert(std::uint64_t{at.slice} << 32 | at.slice_line);
    }
    CHECK(places.size() == 64 * MiB / 512);
}

TEST_CASE("what cannot be spread evenly is refused", "[fast][address]") {
    const auto build = [](Region region, const char* interleave = "512") {
        AddressMap(params("mixed", interleave), {std::move(region)});
    };
    CHECK_NOTHROW(build({0, GiB, {}, numbers(8), numbers(8), 2}));
    CHECK_THROWS_WITH(build({0, GiB, {}, numbers(7), numbers(8), 2}), Catch::Contains("7 slices"));
    CHECK_THROWS_WITH(build({0, GiB, {}, numbers(8), numbers(7), 2}), Catch::Contains("7 channels"));
    CHECK_THROWS_WITH(build({0, GiB, {}, {}, numbers(8), 1}), Catch::Contains("0 slices"));
    CHECK_THROWS_WITH(build({0, GiB, {}, {1, 1}, numbers(8), 1}), Catch::Contains("twice"));
    CHECK_THROWS_WITH(build({4 * KiB, GiB, {}, numbers(8), numbers(8), 1}), Catch::Contains("16 KiB"));
    CHECK_THROWS_WITH(build({0, 0, {}, numbers(8), numbers(8), 1}), Catch::Contains("16 KiB"));
    CHECK_THROWS_WITH(build({0, GiB, {}, numbers(8), numbers(8), 3}), Catch::Contains("one or two"));
    CHECK_THROWS_WITH(build({0, GiB, {}, numbers(8), numbers(8), 1}, "640"), Catch::Contains("power of two"));
    CHECK_THROWS_WITH(AddressMap(params("mixed"), {}), Catch::Contains("no region"));
    CHECK_THROWS_WITH(AddressMap(params("mixed"), {Region{0, GiB, {}, numbers(8), numbers(8), 1},
                                                   Region{MiB, GiB, {}, numbers(8), numbers(8), 1}}),
                      Catch::Contains("overlap"));
}
