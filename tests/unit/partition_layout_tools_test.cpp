// SPDX-License-Identifier: Apache-2.0
// Layouts as operators handle them: checked, planned with compute instances, ranked, exported and drawn.
#include <set>

#include "partition/layout_check.h"
#include "partition/layout_export.h"
#include "partition/layout_map.h"
#include "partition/layout_ranking.h"
#include "partition/layout_request.h"
#include "tests/unit/partition_smi.h"

using namespace migsim;
using namespace migsim::test;

namespace {

Boards all_boards() {
    Boards boards;
    for (const std::string& name : board_names()) boards.push_back(board(name));
    return boards;
}

MigPartedFile mig_parted(const Document& document) {
    InputErrors errors;
    MigPartedFile file = read_mig_parted(document, errors);
    REQUIRE(errors.text() == "");
    return file;
}

// What one entry with these mig-devices comes to on one board.
LayoutVerdict judged(const std::string& board_name, const std::string& devices) {
    const MigPartedFile file = mig_parted(parse_document(
        "version: v1\nmig-configs: {mine: [{devices: all, mig-enabled: true, mig-devices: " + devices +
            "}]}\n",
        "f.yaml"));
    const std::vector<LayoutVerdict> verdicts =
        check_layouts(file.configs.at("mine"), {}, {board(board_name)});
    REQUIRE(verdicts.size() == 1);
    return verdicts.front();
}

OrRefusal<MigPlan> plan(const std::string& board_name, const std::vector<std::string>& items) {
    const auto table = board(board_name);
    std::vector<MigDeviceWish> wishes;
    for (const std::string& item : items) wishes.push_back(mig_device_wanted(*table, item));
    return find_plan(table, wishes);
}
MigPlan legal_plan(const std::string& board_name, const std::vector<std::string>& items) {
    return std::get<MigPlan>(plan(board_name, items));
}

std::string created(const MigPlan& plan) { // "3g.40gb@4:4(1c.3g.40gb 2c.3g.40gb)"
    std::string text;
    for (const auto& [instance, inside] : plan.instances) {
        text += (text.empty() ? "" : ", ") + instance.profile->name + "@" + to_string(instance.placement);
        if (inside.size() == 1 && inside.front()->fills_instance) continue;
        text += "(";
        for (const ComputeInstanceProfile* compute : inside)
            text += (text.ends_with("(") ? "" : " ") + compute->name;
        text += ")";
    }
    return text;
}

} // namespace

TEST_CASE("all 81 default labels of mig-parted are legal on their boards", "[partition][fast]") {
    const MigPartedFile file =
        mig_parted(load_document(MIGSIM_SOURCE_DIR "/tests/data/mig_parted_defaults.yaml"));
    REQUIRE(file.configs.size() == 81);
    const Boards boards = all_boards();
    for (const auto& [label, entries] : file.configs) {
        INFO(label);
        const std::vector<LayoutVerdict> verdicts = check_layouts(entries, boards, {});
        REQUIRE(!verdicts.empty());
        for (const LayoutVerdict& verdict : verdicts) {
            INFO(verdict.sentence);
            CHECK(!verdict.fails);
            CHECK(!verdict.boards.empty());
        }
        CHECK(verdicts.front().legal);
    }
    // Every shipped card with a PCI device id has a balanced layout of its own.
    std::set<std::string> balanced;
    for (const LayoutVerdict& verdict : check_layouts(file.configs.at("all-balanced"), boards, {}))
        balanced.insert(verdict.boards.begin(), verdict.boards.end());
    for (const char* name :
         {"a100-40gb", "a100-80gb", "h100-sxm-80gb", "h200-141gb", "b300-269gb", "a30-24gb"})
        CHECK(balanced.contains(name));
}

TEST_CASE("illegal layouts are refused with the reason and what would be legal", "[partition][fast]") {
    const auto refused = [](const std::string& devices) {
        const LayoutVerdict verdict = judged("h100-sxm-80gb", devices);
        CHECK(!verdict.legal);
        return verdict.sentence;
    };
    CHECK(
        refused("{4g.40gb: 1, 3g.40gb: 1, 1g.10gb: 1}") ==
        "f.yaml:2:69: mig-configs.mine[0].mig-devices: 4g.40gb + 3g.40gb + 1g.10gb needs 9 memory slices, "
        "and "
        "h100-sxm-80gb has 8 (Insufficient Resources); nearest legal: 4g.40gb + 3g.40gb; 4g.40gb + 2g.20gb + "
        "1g.10gb; 3g.40gb + 2g.20gb + 1g.10gb");
    CHECK_THAT(refused("{1g.10gb+me: 2}"), Catch::Contains("a GPU has one set of media extensions (+me)") &&
                                               Catch::Contains("nearest legal: 1g.10gb+me + 1g.10gb"));
    CHECK_THAT(refused("{1g.10gb: 8}"), Catch::Contains("needs 8 compute slices, and h100-sxm-80gb has 7") &&
                                            Catch::Contains("nearest legal: 7 x 1g.10gb"));
    CHECK_THAT(refused("{3g.47gb: 2}"), Catch::Contains("'3g.47gb' is not a profile of h100-sxm-80gb") &&
                                            Catch::EndsWith("; nearest legal: 2 x 3g.40gb"));
    CHECK_THAT(refused("{1G.10GB: 7}"),
               Catch::Contains("did you mean '1g.10gb'?") && Catch::EndsWith("; nearest legal: 7 x 1g.10gb"));
    CHECK_THAT(refused("{5c.7g.80gb: 1}"), Catch::Contains("'5c.7g.80gb' is not a profile"));

    const Refusal at_2 = std::get<Refusal>(plan("h100-sxm-80gb", {"3g.40gb:2"}));
    CHECK(at_2.sentence == "3g.40gb cannot start at memory slice 2; it can at 0, 4");
    CHECK(nearest_legal(*board("h100-sxm-80gb"), at_2).starts_with("nearest legal: 3g.40gb"));
}

TEST_CASE("of several entries for a GPU each is judged, and the last decides", "[partition][fast]") {
    const MigPartedFile file = mig_parted(parse_document(R"(version: v1
mig-configs:
  mixed:
    - {devices: all, mig-enabled: true, mig-devices: {1g.10gb: 7}}
    - {devices: [0, 3], mig-enabled: true, mig-devices: {1g.10gb: 8}}
    - {device-filter: "0x20B710DE", devices: all, mig-enabled: false}
    - {device-filter: "0x000110DE", devices: all, mig-enabled: true, mig-devices: {}}
  nobody: [{devices: [], mig-enabled: false}]
  none: [{devices: all, mig-enabled: true, mig-devices: {3g.41gb: 1}}]
)",
                                                         "f.yaml"));
    const auto verdicts =
        check_layouts(file.configs.at("mixed"), {}, {board("a100-80gb"), board("a30-24gb")});
    REQUIRE(verdicts.size() == 5);
    CHECK(verdicts[0].legal);
    CHECK(!verdicts[0].gpus);
    CHECK(verdicts[0].sentence == "7 x 1g.10gb; then replaced on GPU 0, 3 by the entry at f.yaml:5:17");
    CHECK(!verdicts[1].legal);
    CHECK(verdicts[1].fails);
    CHECK(*verdicts[1].gpus == std::vector<std::uint32_t>{0, 3});
    for (const std::size_t replaced : {2, 3}) { // and never gets that far
        CHECK(verdicts[replaced].boards == std::vector<std::string>{"a30-24gb"});
        CHECK_THAT(verdicts[replaced].sentence, Catch::Contains("'1g.10gb' is not a profile of a30-24gb"));
    }
    CHECK(verdicts[4].boards == std::vector<std::string>{"a30-24gb"});
    CHECK(verdicts[4].sentence == "MIG off");

    const auto unasked = check_layouts(file.configs.at("mixed"), all_boards(), {});
    CHECK(!unasked.back().legal);
    CHECK(unasked.back().sentence ==
          "no board here has the PCI device 0x000110DE; `migsim mig import` makes one");
    const auto nobody = check_layouts(file.configs.at("nobody"), all_boards(), {});
    REQUIRE(nobody.size() == 1);
    CHECK(nobody[0].legal);
    CHECK(nobody[0].sentence == "it names no GPU");
    const auto unknown = check_layouts(file.configs.at("none"), all_boards(), {});
    REQUIRE(unknown.size() == 1);
    CHECK(!unknown[0].legal);
    CHECK_THAT(unknown[0].sentence,
               Catch::StartsWith("f.yaml:9:58: ") && Catch::Contains("'3g.41gb' is not a profile"));
}

TEST_CASE("an entry for any kind of GPU is judged on each board that knows its profiles",
          "[partition][fast]") {
    const MigPartedFile file = mig_parted(parse_document(R"(version: v1
mig-configs:
  seven: [{devices: all, mig-enabled: true, mig-devices: {1g.10gb: 7}}]
  eight: [{devices: all, mig-enabled: true, mig-devices: {1g.10gb: 8}}]
  named:
    - {devices: all, mig-enabled: true, mig-devices: {1g.10gb: 7}}
    - {device-filter: "0x20B010DE", devices: all, mig-enabled: true, mig-devices: {1g.5gb: 7}}
)",
                                                         "f.yaml"));
    const auto on = [](const std::vector<LayoutVerdict>& verdicts, const std::string& board_name) {
        const auto found = std::ranges::find_if(verdicts, [&](const LayoutVerdict& verdict) {
            return std::ranges::find(verdict.boards, board_name) != verdict.boards.end();
        });
        REQUIRE(found != verdicts.end());
        return *found;
    };
    const auto seven = check_layouts(file.configs.at("seven"), all_boards(), {});
    CHECK(seven.size() == 2);
    CHECK(on(seven, "a100-80gb").sentence == "7 x 1g.10gb");
    CHECK(on(seven, "h100-pcie-80gb").legal);
    const LayoutVerdict elsewhere = on(seven, "a100-40gb");
    CHECK(!elsewhere.legal);
    CHECK(!elsewhere.fails);
    CHECK_THAT(elsewhere.sentence,
               Catch::StartsWith("f.yaml:3:") && Catch::Contains("nearest legal: 4 x 1g.10gb"));

    for (const LayoutVerdict& verdict : check_layouts(file.configs.at("eight"), all_boards(), {}))
        CHECK(verdict.fails);
    const auto named = check_layouts(file.configs.at("named"), all_boards(), {});
    CHECK(on(named, "a100-80gb").legal);
    CHECK(on(named, "a100-40gb").fails); // the first entry stops mig-parted on the GPUs of the second
}

TEST_CASE("compute instances share as few GPU instances as hold them", "[partition][fast]") {
    CHECK(created(legal_plan("a100-80gb", {"1c.3g.40gb", "1c.3g.40gb", "2c.3g.40gb", "2c.3g.40gb"})) ==
          "3g.40gb@4:4(2c.3g.40gb 1c.3g.40gb), 3g.40gb@0:4(2c.3g.40gb 1c.3g.40gb)");
    CHECK(created(legal_plan("a30-24gb", {"1c.2g.12gb", "2g.12gb", "1c.2g.12gb"})) ==
          "2g.12gb@0:2, 2g.12gb@2:2(1c.2g.12gb 1c.2g.12gb)");
    CHECK(judged("a100-80gb", "{1c.3g.40gb: 6}").sentence ==
          "2 x 3g.40gb; in 3g.40gb 4:4: 1c.3g.40gb, 1c.3g.40gb, 1c.3g.40gb; in 3g.40gb 0:4: 1c.3g.40gb, "
          "1c.3g.40gb, 1c.3g.40gb");
    CHECK(!judged("a100-80gb", "{1c.3g.40gb: 7}").legal);
}

TEST_CASE("a plan finds the order that first-fit misses", "[partition][fast]") {
    const MigPlan trap = legal_plan("h100-sxm-80gb", {"19", "19", "14", "9"});
    CHECK(shell_text(trap) == "nvidia-smi -i 0 -mig 1\nnvidia-smi mig -i 0 -cgi 9,14,19,19 -C\n");
    for (const auto& order : {std::vector<std::string>{"3g.40gb", "4g.40gb"}, {"4g.40gb", "MIG 3g.40gb"}})
        CHECK(created(legal_plan("h100-sxm-80gb", order)) == "4g.40gb@0:4, 3g.40gb@4:4");
}

TEST_CASE("an exported layout makes itself", "[partition][fast]") {
    for (const auto& [name, items] : std::vector<std::pair<std::string, std::vector<std::string>>>{
             {"h100-sxm-80gb", {"1g.10gb", "1g.10gb+me", "2g.20gb", "3g.40gb"}},
             {"a100-40gb", {"3g.20gb", "1c.4g.20gb", "1c.4g.20gb"}},
             {"a100-40gb", {"3g.20gb:0", "2g.10gb"}},
             {"rtx-pro-6000-96gb", {"1g.24gb+gfx", "2g.48gb-me"}}}) {
        const MigPlan plan = legal_plan(name, items);
        MigNode node = node_of(name);
        for (const std::string& line : lines(shell_text(plan))) {
            if (line.starts_with("#")) continue;
            const std::string words = line.substr(std::string("nvidia-smi ").size());
            REQUIRE(ask(node, words.starts_with("mig ") ? words.substr(4) : words).exit_code == 0);
        }
        std::vector<MigDevice> devices = mig_devices(node[0].mig);
        std::size_t count = 0;
        for (const auto& [instance, inside] : plan.instances) {
            const auto& made = *node[0].mig.compute_instances(instance.id);
            CHECK(made.gpu_instance().name == instance.profile->name);
            CHECK(made.instances().size() == inside.size());
            count += inside.size();
        }
        CHECK(devices.size() == count);
        if (plan.layout.creation() == Creation::AtPlacement) {
            CHECK_THROWS_AS(mig_parted_text(plan, "x"), InputError);
            continue;
        }
        const MigPartedFile file = mig_parted(parse_document(mig_parted_text(plan, "x"), "x.yaml"));
        const auto verdicts = check_layouts(file.configs.at("x"), {board(name)}, {});
        REQUIRE(verdicts.size() == 1);
        CHECK(verdicts[0].legal);
        CHECK(verdicts[0].sentence.starts_with(list_profiles(*board(name), plan.layout.counts())));
    }
}

TEST_CASE("Kubernetes' resources are named as its device plugin names them", "[partition][fast]") {
    CHECK(kubernetes_text(legal_plan("a100-40gb", {"1g.5gb+me", "1g.5gb", "1g.5gb"})) ==
          "# mig.strategy: mixed\nnvidia.com/mig-1g.5gb.me: 1\nnvidia.com/mig-1g.5gb: 2\n");
    CHECK(kubernetes_text(legal_plan("a100-40gb", {"3g.20gb", "3g.20gb"})) ==
          "# mig.strategy: mixed\nnvidia.com/mig-3g.20gb: 2\n# mig.strategy: single\nnvidia.com/gpu: 2\n");
    CHECK_THROWS_AS(kubernetes_text(legal_plan("a100-40gb", {"1c.3g.20gb"})), InputError);
}

TEST_CASE("layouts are ranked by what they leave, and only those that are enough are listed",
          "[partition][fast]") {
    const auto table = board("h100-sxm-80gb");
    LayoutFilter filter;
    filter.at_least = ProfileCounts(table->profiles.size());
    filter.at_least[table->index_of(*table->find("2g.20gb"))] = 1;
    filter.memory_mib = 20000;
    const std::vector<RankedLayout> ranked = rank_layouts(table, filter);
    REQUIRE(!ranked.empty());
    std::vector<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>> left;
    for (const RankedLayout& layout : ranked) {
        CHECK(layout.counts[table->index_of(*table->find("2g.20gb"))] >= 1);
        CHECK(layout.counts[table->index_of(*table->find("1g.10gb"))] == 0);
        left.emplace_back(layout.memory_slices_left, layout.compute_slices_left, *layout.sms_left);
    }
    CHECK(std::ranges::is_sorted(left));
    CHECK(left.front() == std::tuple(0U, 0U, 132U - 60U - 32U - 32U));
    filter.sm_count = 133;
    CHECK(rank_layouts(table, filter).empty());
    // Nobody knows the memory of a 3g on GB200: it is not claimed to be enough.
    CHECK(rank_layouts(board("gb200-189gb"), {{}, 1, 0}).empty());
}

TEST_CASE("a layout is drawn slice by slice", "[partition][fast]") {
    const MigPlan plan = legal_plan("h100-sxm-80gb", {"1c.3g.40gb", "1g.10gb", "1c.3g.40gb"});
    const std::string picture = draw(plan, false);
    INFO("\n" + picture);
    CHECK(picture == R"(h100-sxm-80gb: 3g.40gb + 1g.10gb
memory slice    0          1          2          3          4          5          6          7
              +----------+----------+----------+----------+-------------------------------------------+
profile       | 1g.10gb  | free     | free     | free     | 3g.40gb                                   |
GI id         | 7        |          |          |          | 2                                         |
CIs           | 1c       |          |          |          | 1c 1c                                     |
memory        | 9984 MiB |          |          |          | 40448 MiB                                 |
SMs           | 16       |          |          |          | 60                                        |
              +----------+----------+----------+----------+-------------------------------------------+
              slice 7 has memory and no SMs
)");
    CHECK(contains(draw(plan, true), "\x1b[30;4"));
    CHECK(!contains(picture, "\x1b"));
}
