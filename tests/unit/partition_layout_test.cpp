// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "partition/layout_search.h"
#include "tests/unit/partition_boards.h"

using namespace migsim;
using namespace migsim::test;

namespace {

std::vector<WantedInstances> want(const Board& board, const std::vector<std::string>& names) {
    std::vector<WantedInstances> wanted;
    for (const std::string& name : names) wanted.push_back({board.find(name), 1, std::nullopt});
    return wanted;
}

Refusal refusal_of(const std::shared_ptr<const Board>& board, const std::vector<WantedInstances>& wanted) {
    return std::get<Refusal>(find_layout(board, wanted));
}

std::vector<std::string> nearest(const Board& board, const Refusal& refusal) {
    std::vector<std::string> texts;
    for (const ProfileCounts& counts : refusal.nearest) texts.push_back(list_profiles(board, counts));
    return texts;
}

std::vector<std::string> placements(const Layout& layout) {
    std::vector<std::string> texts;
    for (const GpuInstance& instance : layout.instances())
        texts.push_back(instance.profile->name + " " + to_string(instance.placement));
    return texts;
}

struct Census {
    std::size_t all, maximal, maximal_multisets;
    bool operator==(const Census&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Census& c) {
    return out << c.all << " layouts, " << c.maximal << " maximal, " << c.maximal_multisets << " multisets";
}

Census census(const std::shared_ptr<const Board>& board, const std::vector<const Profile*>& profiles) {
    Census result{};
    std::set<ProfileCounts> multisets;
    for (const Layout& layout : all_layouts(board, profiles)) {
        ++result.all;
        if (!layout.is_maximal(profiles)) continue;
        ++result.maximal;
        multisets.insert(layout.counts());
    }
    result.maximal_multisets = multisets.size();
    return result;
}

} // namespace

TEST_CASE("an 8x7 board has 298 layouts, of which 19 are maximal, with 14 sets of profiles",
          "[partition][fast]") {
    // Published counts; with double-memory 1g 78 maximal layouts of 38 sets.
    const std::vector<std::string> names = boards_of_slots(8);
    CHECK(names.size() == 18);
    for (const std::string& name : names) {
        INFO(name);
        const auto table = board(name);
        std::vector<const Profile*> profiles = plain_profiles(*table);
        CHECK(census(table, profiles) == Census{298, 19, 14});
        profiles.push_back(table->find(15));
        CHECK(census(table, profiles) == Census{723, 78, 38});
    }
}

TEST_CASE("the 14 sets of profiles that fill an 8x7 board", "[partition][fast]") {
    const auto table = board("a100-40gb");
    const std::vector<const Profile*> profiles = plain_profiles(*table);
    std::set<std::string> sets;
    for (const Layout& layout : all_layouts(table, profiles))
        if (layout.is_maximal(profiles)) sets.insert(list_profiles(*table, layout.counts()));
    CHECK(sets == std::set<std::string>{"7g.40gb", "4g.20gb + 3g.20gb", "4g.20gb + 2g.10gb + 1g.5gb",
                                        "4g.20gb + 3 x 1g.5gb", "2 x 3g.20gb", "3g.20gb + 2 x 2g.10gb",
                                        "3g.20gb + 2g.10gb + 2 x 1g.5gb", "3g.20gb + 2g.10gb + 1g.5gb",
                                        "3g.20gb + 4 x 1g.5gb", "3g.20gb + 3 x 1g.5gb",
                                        "3 x 2g.10gb + 1g.5gb", "2 x 2g.10gb + 3 x 1g.5gb",
                                        "2g.10gb + 5 x 1g.5gb", "7 x 1g.5gb"});
}

TEST_CASE("boards of four, three and two slots have 5, 2 and 2 maximal layouts", "[partition][fast]") {
    const auto count = [](const std::string& name) {
        const auto table = board(name);
        return census(table, plain_profiles(*table));
    };
    CHECK(boards_of_slots(4) == std::vector<std::string>{"a30-24gb", "rtx-pro-6000-96gb"});
    for (const std::string& name : boards_of_slots(4)) CHECK(count(name) == Census{26, 5, 4});
    for (const std::string& name : boards_of_slots(2)) CHECK(count(name) == Census{5, 2, 2});
    // Without +gfx there is room for one instance: 1g, 2g or 3g.
    CHECK(count("jetson-thor") == Census{4, 3, 3});
}

TEST_CASE("+me.all leaves room for -me only", "[partition][fast]") {
    const auto table = board("rtx-pro-6000-96gb");
    CHECK(std::holds_alternative<Layout>(
        find_layout(table, want(*table, {"1g.24gb+me.all", "1g.24gb-me", "2g.48gb-me"}))));
    for (const char* other : {"1g.24gb", "1g.24gb+me", "1g.24gb+gfx", "2g.48gb+me.all"}) {
        const Refusal refusal = refusal_of(table, want(*table, {"1g.24gb+me.all", other}));
        CHECK(refusal.reason == RefusalReason::Excluded);
        CHECK_THAT(refusal.sentence, Catch::EndsWith(": +me.all takes every media engine and leaves room for "
                                                     "-me only"));
    }
    CHECK(std::holds_alternative<Layout>(find_layout(table, want(*table, {"1g.24gb+gfx", "2g.48gb-me"}))));
}

TEST_CASE("Thor holds one instance with graphics and one without", "[partition][fast]") {
    const auto table = board("jetson-thor");
    CHECK(std::holds_alternative<Layout>(find_layout(table, want(*table, {"1g.0gb+me", "2g.0gb+gfx"}))));
    CHECK(std::holds_alternative<Layout>(find_layout(table, want(*table, {"1g.0gb+gfx", "2g.0gb"}))));
    CHECK(refusal_of(table, want(*table, {"1g.0gb", "2g.0gb"})).reason == RefusalReason::Excluded);
    CHECK(refusal_of(table, want(*table, {"1g.0gb+gfx", "2g.0gb+gfx"})).reason == RefusalReason::Excluded);
}

TEST_CASE("no two instances of any layout overlap", "[partition][fast]") {
    const auto table = board("h100-sxm-80gb");
    std::vector<const Profile*> profiles;
    for (const Profile& profile : table->profiles) profiles.push_back(&profile);
    for (const Layout& layout : all_layouts(table, profiles)) {
        const auto& instances = layout.instances();
        std::set<std::uint32_t> ids;
        std::uint32_t compute_slices = 0;
        for (std::size_t i = 0; i < instances.size(); ++i) {
            ids.insert(instances[i].id);
            compute_slices += instances[i].profile->compute_slices;
            if (i > 0) REQUIRE(instances[i - 1].placement.end() <= instances[i].placement.start);
        }
        REQUIRE(ids.size() == instances.size());
        REQUIRE(compute_slices <= table->compute_slices);
        REQUIRE(layout.counts()[table->index_of(*table->find(20))] <= 1);
    }
}

TEST_CASE("a list that fails in the order given is created in an order that fits", "[partition][fast]") {
    const auto table = board("a100-40gb");
    const Layout layout =
        std::get<Layout>(find_layout(table, want(*table, {"1g.5gb", "1g.5gb", "2g.10gb", "3g.20gb"})));
    CHECK(layout.creation() == Creation::InOrder);
    std::vector<std::uint32_t> order, ids;
    for (const GpuInstance& instance : layout.creation_order()) {
        order.push_back(*instance.profile->id);
        ids.push_back(instance.id);
    }
    CHECK(order == std::vector<std::uint32_t>{9, 14, 19, 19});

    // The driver, told to create them in that order, does the same.
    InstanceAllocator driver(table);
    for (std::size_t i = 0; i < order.size(); ++i)
        CHECK(std::get<GpuInstance>(driver.create(*table->find(order[i]))).id == ids[i]);
}

TEST_CASE("the order of a list does not change the layout", "[partition][fast]") {
    const auto table = board("h100-sxm-80gb");
    std::vector<std::string> names{"1g.10gb+me", "1g.10gb", "2g.20gb", "3g.40gb"};
    const auto expected = placements(std::get<Layout>(find_layout(table, want(*table, names))));
    do CHECK(placements(std::get<Layout>(find_layout(table, want(*table, names)))) == expected);
    while (std::ranges::next_permutation(names).found);

    const std::vector<std::string> both{"4g.40gb 0:4", "3g.40gb 4:4"};
    CHECK(placements(std::get<Layout>(find_layout(table, want(*table, {"3g.40gb", "4g.40gb"})))) == both);
    CHECK(placements(std::get<Layout>(find_layout(table, want(*table, {"4g.40gb", "3g.40gb"})))) == both);
}

TEST_CASE("every set of profiles that some arrangement holds is laid out", "[partition][fast]") {
    const auto table = board("h100-sxm-80gb");
    std::vector<const Profile*> profiles = plain_profiles(*table);
    profiles.push_back(table->find(15));
    std::set<ProfileCounts> legal;
    for (const Layout& layout : all_layouts(table, profiles)) legal.insert(layout.counts());

    std::set<std::string> only_by_placement;
    for (const ProfileCounts& counts : legal) {
        std::vector<WantedInstances> wanted;
        for (std::size_t i = 0; i < counts.size(); ++i)
            if (counts[i] > 0) wanted.push_back({&table->profiles[i], counts[i], std::nullopt});
        const Layout layout = std::get<Layout>(find_layout(table, wanted));
        CHECK(layout.counts() == counts);
        if (layout.creation() == Creation::AtPlacement)
            only_by_placement.insert(list_profiles(*table, counts));
    }
    // Double-memory 1g avoids the last quarter, and 1g seeks it, so in no order do these fit by themselves.
    CHECK(only_by_placement ==
          std::set<std::string>{"1g.20gb + 6 x 1g.10gb", "2 x 1g.20gb + 4 x 1g.10gb",
                                "3 x 1g.20gb + 2 x 1g.10gb", "2g.20gb + 1g.20gb + 4 x 1g.10gb",
                                "2g.20gb + 2 x 1g.20gb + 2 x 1g.10gb", "2 x 2g.20gb + 1g.20gb + 2 x 1g.10gb",
                                "4g.40gb + 1g.20gb + 2 x 1g.10gb"});
}

TEST_CASE("a placement of the operator's own is kept, and the rest goes around it", "[partition][fast]") {
    const auto table = board("h100-sxm-80gb");
    const Layout layout = std::get<Layout>(
        find_layout(table, {{table->find("2g.20gb"), 1, std::nullopt}, {table->find("3g.40gb"), 1, 0}}));
    CHECK(placements(layout) == std::vector<std::string>{"3g.40gb 0:4", "2g.20gb 4:2"});
    CHECK(layout.creation() == Creation::AtPlacement);

    const Refusal refusal = refusal_of(table, {{table->find("3g.40gb"), 1, 2}});
    CHECK(refusal.reason == RefusalReason::IllegalPlacement);
    CHECK(refusal.sentence == "3g.40gb cannot start at memory slice 2; it can at 0, 4");
    CHECK(nearest(*table, refusal).front() == "3g.40gb");

    // Legal as a set, but 4g starts at 0 and nowhere else.
    const Refusal spoilt =
        refusal_of(table, {{table->find("1g.10gb"), 1, 0}, {table->find("4g.40gb"), 1, std::nullopt}});
    CHECK(spoilt.reason == RefusalReason::NoRoom);
    CHECK(spoilt.sentence == "4g.40gb + 1g.10gb: no arrangement fits, because of where these may start");
    CHECK(nearest(*table, spoilt).front() == "4g.40gb + 1g.10gb");
}

TEST_CASE("what does not fit is refused with the reason and the nearest layouts", "[partition][fast]") {
    const auto table = board("h100-sxm-80gb");

    const Refusal eight = refusal_of(table, {{table->find("1g.10gb"), 8, std::nullopt}});
    CHECK(eight.reason == RefusalReason::NoRoom);
    CHECK(eight.sentence == "8 x 1g.10gb needs 8 compute slices, and h100-sxm-80gb has 7");
    CHECK(nearest(*table, eight).front() == "7 x 1g.10gb");

    const Refusal nine = refusal_of(table, want(*table, {"4g.40gb", "3g.40gb", "1g.10gb"}));
    CHECK(nine.sentence == "4g.40gb + 3g.40gb + 1g.10gb needs 9 memory slices, and h100-sxm-80gb has 8");
    CHECK(nearest(*table, nine) == std::vector<std::string>{"4g.40gb + 3g.40gb",
                                                            "4g.40gb + 2g.20gb + 1g.10gb",
                                                            "3g.40gb + 2g.20gb + 1g.10gb"});

    const Refusal media = refusal_of(table, want(*table, {"1g.10gb+me", "1g.10gb+me"}));
    CHECK(media.reason == RefusalReason::Excluded);
    CHECK(nearest(*table, media).front() == "1g.10gb+me + 1g.10gb");

    const Refusal absurd = refusal_of(table, {{table->find("7g.80gb"), 4'000'000'000, std::nullopt}});
    CHECK(nearest(*table, absurd).front() == "7g.80gb");
}

TEST_CASE("every layout that a refusal suggests is legal", "[partition][fast]") {
    const auto table = board("h200-141gb");
    std::mt19937 random(1);
    for (int trial = 0; trial < 40; ++trial) {
        std::vector<WantedInstances> wanted;
        for (int i = 0; i < 7; ++i)
            wanted.push_back({&table->profiles[random() % table->profiles.size()], 1, std::nullopt});
        const OrRefusal<Layout> found = find_layout(table, wanted);
        if (std::holds_alternative<Layout>(found)) continue;
        const Refusal& refusal = std::get<Refusal>(found);
        REQUIRE(refusal.nearest.size() == 3);
        for (const ProfileCounts& counts : refusal.nearest) {
            std::vector<WantedInstances> suggested;
            for (std::size_t i = 0; i < counts.size(); ++i)
                if (counts[i] > 0) suggested.push_back({&table->profiles[i], counts[i], std::nullopt});
            REQUIRE(std::holds_alternative<Layout>(find_layout(table, suggested)));
        }
    }
}
