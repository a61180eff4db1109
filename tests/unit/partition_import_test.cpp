// SPDX-License-Identifier: Apache-2.0
// A board's table made of nvidia-smi's texts, for every board and for texts as they come.
#include <algorithm>

#include "partition/smi/board_import.h"
#include "tests/unit/partition_smi.h"

using namespace migsim;
using namespace migsim::test;

namespace {

std::shared_ptr<const Board> imported(const std::string& text) {
    return smi::import_board({{"screen.txt", text}}, {"mine", {}, {}});
}

std::string complaint(const std::string& text) {
    try {
        imported(text);
    } catch (const InputError& error) {
        return error.what();
    }
    return "accepted";
}

// All that nvidia-smi prints of a board, with each profile's compute instances listed once.
std::string all_printed(const std::string& board_name) {
    MigNode node = enabled(board_name);
    std::string text = said(node, "-L") + said(node, "-lgip") + said(node, "-lgipp");
    for (const Profile& profile : node[0].table().profiles) {
        REQUIRE(ask(node, "-cgi " + profile.name).exit_code == 0);
        text += said(node, "-lcip");
        REQUIRE(ask(node, "-cci").exit_code == 0);
        text += said(node, "-lci");
        for (const char* words : {"-dci", "-dgi"}) REQUIRE(ask(node, words).exit_code == 0);
    }
    return text;
}

MigNode node_of(const std::shared_ptr<const Board>& table) {
    MigNode node;
    node.push_back(
        {0, table->name, table->cards.front(), table->missing_slot, {}, MigGpu(table, table->missing_slot)});
    return node;
}

constexpr const char* a_gpu = R"(user@node:~$ nvidia-smi mig -lgip
+-----------------------------------------------------------------------------+
| GPU instance profiles:                                                      |
| GPU   Name             ID    Instances   Memory     P2P    SM    DEC   ENC  |
|                              Free/Total   GiB              CE    JPEG  OFA  |
|=============================================================================|
|   1  MIG 1g.5gb        19     7/7        4.62       No     14     0     0   |
|                                                             1     0     0   |
+-----------------------------------------------------------------------------+
|   1  MIG 7g.40gb        0     1/1        39.12      No     98     5     0   |
|                                                             7     1     1   |
+-----------------------------------------------------------------------------+
user@node:~$ nvidia-smi mig -lgipp
GPU  1 Profile ID 19 Placements: {0,1,2,3,4,5,6}:1
GPU  1 Profile ID  0 Placement : {0}:8
)";

std::string with(const std::string& old, const std::string& replacement) {
    std::string text = a_gpu;
    return text.replace(text.find(old), old.size(), replacement);
}

} // namespace

TEST_CASE("the table imported from what a board prints prints the same", "[partition][smi][fast]") {
    for (const std::string& name : board_names()) {
        INFO(name);
        MigNode original = enabled(name);
        const auto table = imported(all_printed(name));
        CHECK(table->cards.front() == original[0].card);
        MigNode copy = node_of(table);
        ask(copy, "-mig 1");
        CHECK(said(copy, "-lgip") == said(original, "-lgip"));
        CHECK(said(copy, "-lgipp") == said(original, "-lgipp"));
        for (const Profile& profile : original[0].table().profiles) {
            for (MigNode* node : {&original, &copy}) ask(*node, "-cgi " + profile.name + " -C");
            CHECK(said(copy, "-lgi") == said(original, "-lgi"));
            CHECK(said(copy, "-lci") == said(original, "-lci"));
            CHECK(said(copy, "-lcip") == said(original, "-lcip"));
            for (MigNode* node : {&original, &copy}) ask(*node, "-dci"), ask(*node, "-dgi");
        }
    }
}

TEST_CASE("memory as every driver, edition and source prints it is imported to print the same",
          "[partition][smi][fast]") {
    for (const std::string& name : board_names()) {
        const auto table = board(name);
        for (const MemoryVariant& variant : table->memory_variants) {
            INFO(name << " " << variant.name);
            MigNode original = node_of(std::make_shared<Board>(table->with_memory_of(variant)));
            MigNode copy = node_of(imported(said(original, "-lgip") + said(original, "-lgipp")));
            CHECK(said(copy, "-lgip") == said(original, "-lgip"));
        }
    }
    // 32 MiB are too coarse for 2.05 GiB, and 16 for 2.01.
    CHECK(*imported(with("4.62", "2.05"))->find("1g.5gb")->memory_mib == 2096);
    CHECK(*imported(with("4.62", "2.01"))->find("1g.5gb")->memory_mib == 2056);
}

TEST_CASE("what the texts carry of a board is imported, and what they do not is unknown",
          "[partition][smi][fast]") {
    for (const std::string& name : board_names()) {
        const auto original = board(name), copy = imported(all_printed(name));
        INFO(name);
        CHECK(copy->memory_slices == original->memory_slices);
        CHECK(copy->compute_slices == original->compute_slices);
        CHECK(copy->missing_slot == original->missing_slot);
        CHECK(copy->instance_spans == original->instance_spans);
        CHECK(!copy->memory_mib);
        CHECK(!copy->min_driver);
        REQUIRE(copy->profiles.size() == original->profiles.size());
        for (std::size_t i = 0; i < copy->profiles.size(); ++i) {
            const Profile &a = copy->profiles[i], &b = original->profiles[i];
            INFO(b.name);
            CHECK(a.name == b.name);
            CHECK(a.id == b.id);
            CHECK(a.nvml_profile == b.nvml_profile);
            CHECK(a.compute_slices == b.compute_slices);
            CHECK(a.placements.starts == b.placements.starts);
            CHECK(a.placements.last_resort == b.placements.last_resort);
            CHECK(a.memory_mib == b.memory_mib);
            CHECK(a.attributes == b.attributes);
            CHECK(a.compute_instances.size() == b.compute_instances.size());
        }
        const auto again = read_board(parse_document(board_text(*copy), "again.yaml"));
        CHECK(board_text(*again) == board_text(*copy));
    }
}

TEST_CASE("a board nobody tabulated is imported from a screen of text", "[partition][smi][fast]") {
    const auto table = imported(a_gpu);
    CHECK(table->name == "mine");
    CHECK(table->cards == std::vector<std::string>{"mine"});
    CHECK(table->memory_slices == 8);
    CHECK(table->compute_slices == 7);
    CHECK(*table->missing_slot == 7);
    CHECK(*table->find("1g.5gb")->memory_mib == 4736); // 4.625 GiB
    CHECK(*table->find("7g.40gb")->engines.copy == 7);
    CHECK(table->find("7g.40gb")->filling().max_count == 1);
}

TEST_CASE("a text that is indented, or has the line ends of another system, is imported all the same",
          "[partition][smi][fast]") {
    std::string indented, with_returns;
    for (const std::string& line : lines(a_gpu)) {
        indented += "  \t" + line + "\n";
        with_returns += line + "\r\n";
    }
    CHECK(board_text(*imported(indented)) == board_text(*imported(a_gpu)));
    CHECK(board_text(*imported(with_returns)) == board_text(*imported(a_gpu)));
}

TEST_CASE("a table that is listed twice says no more than once", "[partition][smi][fast]") {
    for (const std::string& name : board_names()) {
        INFO(name);
        const std::string text = all_printed(name);
        CHECK(board_text(*imported(text + text)) == board_text(*imported(text)));
    }
    // How many are free has changed from one listing to the next, and the board has not.
    CHECK(board_text(*imported(a_gpu + with("7/7", "5/7"))) == board_text(*imported(a_gpu)));
}

TEST_CASE("tables that contradict each other are refused with both lines", "[partition][smi][fast]") {
    const auto contradiction = [](const std::string& old, const std::string& replacement) {
        return complaint(a_gpu + with(old, replacement));
    };
    CHECK(contradiction("4.62", "4.75") == "screen.txt:22:1: contradicts screen.txt:7:1");
    CHECK(contradiction(" 19     7/7", " 20     7/7") == "screen.txt:22:1: contradicts screen.txt:7:1");
    CHECK(contradiction("MIG 1g.5gb ", "MIG 1g.10gb") == "screen.txt:22:1: contradicts screen.txt:7:1");
    CHECK(contradiction("7     1     1", "7     1     0") == "screen.txt:25:1: contradicts screen.txt:10:1");
    CHECK(contradiction("{0,1,2,3,4,5,6}:1", "{0,1,2,3,4,5}:1") ==
          "screen.txt:29:1: contradicts screen.txt:14:1");

    const auto twice = [](const std::string& words, const std::string& old, const std::string& replacement) {
        MigNode node = enabled("a100-40gb");
        ask(node, "-cgi 9");
        std::string first = said(node, words), second = first;
        second.replace(second.find(old), old.size(), replacement);
        return complaint(first + second);
    };
    CHECK_THAT(twice("-lcip", "2*     1/1", "4*     1/1"),
               Catch::StartsWith("screen.txt:") && Catch::Contains(": contradicts screen.txt:"));
    CHECK(twice("-L", "A100-SXM4", "A100-PCIE") == "screen.txt:2:1: contradicts screen.txt:1:1");
}

TEST_CASE("ids of instances tell which slot a die lacks", "[partition][smi][fast]") {
    MigNode node;
    const auto table = board("h100-sxm-80gb");
    node.push_back({0, table->name, table->cards.front(), 3, {}, MigGpu(table, 3)});
    ask(node, "-mig 1");
    const std::string profiles = said(node, "-lgip") + said(node, "-lgipp");
    ask(node, "-cgi 9,19 -C");
    CHECK(*imported(profiles)->missing_slot == 7);
    CHECK(*imported(profiles + said(node, "-lgi"))->missing_slot == 3);
    const auto with_lci = imported(profiles + said(node, "-lci"));
    CHECK(with_lci->find("3g.40gb")->filling().id == table->find("3g.40gb")->filling().id);
    CHECK(!with_lci->find("4g.40gb")->filling().id);
}

TEST_CASE("a text that says too little or contradicts itself is refused with its line",
          "[partition][smi][fast]") {
    CHECK(complaint("hello\n") == "no GPU instance profile is listed; `nvidia-smi mig -lgip` lists them");
    CHECK(
        complaint(with("Profile ID 19", "Profile ID 18")) ==
        "screen.txt:7:1: no placements are listed for 1g.5gb (profile ID 19); `nvidia-smi mig -lgipp` does");
    CHECK(complaint(with("7/7", "7of7")) == "screen.txt:7:1: '7of7' is not Free/Total; legal: like 5/7");
    CHECK(complaint(with("4.62", "much")) == "screen.txt:7:1: 'much' is not a size; legal: GiB, like 9.62");
    CHECK_THAT(complaint(with("7/7", "3/3")), Catch::EndsWith("does not follow from the placements"));
    CHECK_THAT(
        complaint(with("MIG 1g.5gb   ", "MIG 1g.5gb+ma")),
        Catch::StartsWith("screen.txt:7:1: '+ma' is not what a profile can have behind gb; legal: +me, "));
    CHECK(complaint(with("{0}:8", "{1}:8")) ==
          "screen.txt:15:1: '1:8' is no placement; legal: within 8 memory slices");
    CHECK_THROWS_WITH(smi::import_board({{"screen.txt", a_gpu}}, {"mine", {}, 4}),
                      Catch::StartsWith("-i: '4' is not a GPU that -lgip lists; legal: 1"));
    MigNode node = enabled("a100-40gb");
    ask(node, "-cgi 9");
    std::string wrong = said(node, "-lgi");
    wrong.replace(wrong.find("4:4"), 3, "2:4");
    CHECK_THAT(complaint(said(node, "-lgip") + said(node, "-lgipp") + wrong),
               Catch::EndsWith("3g.20gb lies at 2:4, which -lgipp does not list"));
}
