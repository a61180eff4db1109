// SPDX-License-Identifier: Apache-2.0
// Compute instances of a layout: how one is asked for, and which SMs each gets.
#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/base/config/describe.h"
#include "partition/layout_request.h"
#include "partition/resource_map.h"
#include "tests/unit/partition_boards.h"

using namespace migsim;
using namespace migsim::test;
using Catch::Matchers::Contains;

namespace {

using Numbers = std::vector<std::uint32_t>;

std::optional<Layout> ask(const std::string& board_name, const std::string& text, InputErrors& errors) {
    LayoutRequest request;
    const Document document = parse_document(text, "layout.yaml");
    Codec<LayoutRequest>::read(document.root, request, {}, errors);
    return errors.empty() ? resolve(request, board(board_name), errors) : std::nullopt;
}

Layout layout(const std::string& board_name, const std::string& text) {
    InputErrors errors;
    const std::optional<Layout> found = ask(board_name, text, errors);
    errors.throw_if_any();
    return *found;
}

std::string complaint(const std::string& board_name, const std::string& text) {
    InputErrors errors;
    ask(board_name, text, errors);
    try {
        errors.throw_if_any();
    } catch (const InputError& error) {
        return error.what();
    }
    return "no complaint";
}

std::vector<std::string> names(const Layout& layout, std::size_t position) {
    std::vector<std::string> all;
    for (const ComputeInstance& compute : layout.compute_instances(position))
        all.push_back(compute.profile->name);
    return all;
}

// Every way to fill GPU instances of this profile with compute instances, in every order of creation.
void visit_divisions(const ComputeInstanceAllocator& so_far,
                     const std::function<void(const ComputeInstanceAllocator&)>& visit) {
    if (!so_far.instances().empty()) visit(so_far);
    for (const ComputeInstanceProfile& row : so_far.gpu_instance().compute_instances) {
        ComputeInstanceAllocator next = so_far;
        if (row.sm_count && std::holds_alternative<ComputeInstance>(next.create(row)))
            visit_divisions(next, visit);
    }
}

} // namespace

TEST_CASE("a layout entry may divide its instance, the others have the one that fills them",
          "[partition][fast]") {
    const Layout two =
        layout("a100-40gb", "[{profile: 3g.20gb, compute_instances: [1c.3g.20gb, 2c.3g.20gb]}, 4g.20gb]");
    REQUIRE(two.instances()[0].profile->name == "4g.20gb");
    CHECK(names(two, 0) == std::vector<std::string>{"4g.20gb"});
    CHECK(names(two, 1) == std::vector<std::string>{"1c.3g.20gb", "2c.3g.20gb"});
}

TEST_CASE("of two entries for one profile, the one with a start is the instance that starts there",
          "[partition][fast]") {
    const Layout two = layout("a100-40gb", "[{profile: 3g.20gb, compute_instances: [1c.3g.20gb]}, "
                                           "{profile: 3g.20gb, start: 0, compute_instances: [2c.3g.20gb]}]");
    CHECK(names(two, 0) == std::vector<std::string>{"2c.3g.20gb"});
    CHECK(names(two, 1) == std::vector<std::string>{"1c.3g.20gb"});
}

TEST_CASE("compute instances that their GPU instance has not, or not so many of, are refused",
          "[partition][fast]") {
    CHECK_THAT(complaint("a100-40gb", "[{profile: 3g.20gb, compute_instances: [1c.4g.20gb]}]"),
               Contains("layout.yaml:1:") && Contains("'1c.4g.20gb' is not a compute instance of 3g.20gb") &&
                   Contains("did you mean '1c.3g.20gb'?"));
    CHECK_THAT(complaint("a100-40gb", "[{profile: 3g.20gb, compute_instances: [2c.3g.20gb, 2c.3g.20gb]}]"),
               Contains("layout.yaml:1:") &&
                   Contains("needs 2 of the 3 compute slices of 3g.20gb in one piece"));
    CHECK_THAT(complaint("a100-40gb", "[{profile: 3g.20gb, compute_instances: []}]"),
               Contains("layout.yaml:1:"));
}

TEST_CASE("compute instances divide their GPU instance's TPCs: their number each, and none twice",
          "[partition][fast]") {
    std::size_t divisions = 0;
    for (const std::string& name : boards_with_machines()) {
        const auto table = board(name);
        const MachineShape shape = machine(*table);
        for (const Profile& profile : table->profiles) {
            if (!profile.sm_count) continue;
            InstanceAllocator driver(table);
            REQUIRE(std::holds_alternative<GpuInstance>(driver.create(profile)));
            Layout layout(driver, Creation::InOrder);
            visit_divisions({table, profile}, [&](const ComputeInstanceAllocator& made) {
                std::uint32_t wanted = 0;
                for (const ComputeInstance& compute : made.instances()) wanted += *compute.profile->sm_count;
                if (wanted > *profile.sm_count) return; // said as an error: see below
                ++divisions;
                layout.divide(0, made);
                const ResourceMap map(layout, shape);
                const InstanceResources& owned = map.instances()[0];
                std::set<std::uint32_t> seen;
                REQUIRE(owned.compute_instances.size() == made.instances().size());
                for (std::size_t i = 0; i < made.instances().size(); ++i) {
                    const Numbers& sms = owned.compute_instances[i];
                    REQUIRE(sms.size() == *made.instances()[i].profile->sm_count);
                    REQUIRE(std::ranges::includes(owned.sms, sms));
                    for (std::size_t s = 0; s < sms.size(); ++s) {
                        REQUIRE(seen.insert(sms[s]).second);
                        REQUIRE((sms[s] % 2 == 0 || sms[s - 1] == sms[s] - 1)); // whole TPCs
                    }
                }
            });
        }
    }
    CHECK(divisions > 500);
}

TEST_CASE("on an A100 each compute slice of an instance is a GPC of its own", "[partition][fast]") {
    const MachineShape shape = machine(*board("a100-40gb"));
    const ResourceMap map(
        layout("a100-40gb", "[{profile: 3g.20gb, start: 0, compute_instances: [1c.3g.20gb, 2c.3g.20gb]}]"),
        shape);
    const std::vector<Numbers>& sms = map.instances()[0].compute_instances;
    CHECK(sms[0].size() == 14);
    CHECK(sms[0].back() < 16); // all of GPC 0
    CHECK(sms[1].front() >= 16);
    CHECK(sms[1].size() == 28);
}

TEST_CASE("a compute instance of unknown size is refused", "[partition][fast]") {
    const Layout divided = layout("h100-sxm-80gb", "[{profile: 7g.80gb, compute_instances: [3c.7g.80gb]}]");
    const MachineShape shape = machine(*board("h100-sxm-80gb"));
    CHECK_THROWS_WITH(ResourceMap(divided, shape), "the number of SMs of 3c.7g.80gb is unknown");
}
