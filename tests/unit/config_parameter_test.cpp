// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "models/base/config/describe.h"
#include "models/base/parameter.h"

namespace migsim {

enum class Policy { Open, Closed };
template <>
struct EnumNames<Policy> {
    static constexpr std::array table{EnumName{Policy::Open, "open"}, EnumName{Policy::Closed, "closed"}};
};

} // namespace migsim

namespace {

using namespace migsim;

struct BlockParams : Params {
    using Params::Params;
    Param<std::uint32_t> ways{this, "ways", "lines", "lines per set", {1, 64}};
    Param<std::uint64_t> capacity{this, "capacity", "B", "data array", {128, 1e12L}};
    Param<double> ratio{this, "ratio", "1", "clock ratio", {0.25, 4}};
    Param<bool> near_copies{this, "near_copies", "", "whether far lines are copied"};
    Param<Policy> policy{this, "policy", "", "page policy"};
    Param<std::vector<std::uint32_t>> sizes{this, "sizes", "SMs", "SMs of each GPC", {1, 18}};
    Param<std::string> clock{this, "clock", "", "name of its clock"};
};

struct Chip {
    std::string name;
    BlockParams block;
};
template <class Visitor>
void describe(Visitor& v, Chip& t) {
    v.required("name", t.name, "its name");
    v.required("block", t.block, "the block");
}

const std::string whole = "ways: {value: 16, kind: assumed, source: \"as on A100\"}\n"
                          "capacity: {value: 500000000000, kind: vendor, source: a}\n"
                          "ratio: {value: 0.5, kind: derived, source: a}\n"
                          "near_copies: {value: true, kind: measured, source: a}\n"
                          "policy: {value: closed, kind: assumed, source: a}\n"
                          "sizes: {value: [16, 14], kind: measured, source: a}\n"
                          "clock: {value: sm, kind: assumed, source: a}\n";

std::string complaint(const std::string& text) {
    BlockParams params;
    InputErrors errors;
    params.read(parse_document(text, "f.yaml").root, errors);
    return errors.text();
}

// The sample with one line in place of another.
std::string with(const std::string& line) {
    const std::string key = line.substr(0, line.find(':') + 1);
    const std::size_t begin = whole.find(key);
    return whole.substr(0, begin) + line + whole.substr(whole.find('\n', begin));
}

BlockParams sample() {
    BlockParams params;
    InputErrors errors;
    params.read(parse_document(whole, "f.yaml").root, errors);
    errors.throw_if_any();
    return params;
}

} // namespace

static_assert(sizeof(Param<std::uint32_t>) == sizeof(std::uint32_t), "a parameter costs a hot loop nothing");

TEST_CASE("a parameter reads like its value", "[fast][config]") {
    const BlockParams params = sample();
    CHECK(params.ways * 2 == 32);
    CHECK(params.capacity == 500000000000u);
    CHECK(params.ratio + 1 == 1.5);
    CHECK(params.near_copies);
    CHECK(params.policy == Policy::Closed);
    CHECK(params.sizes.value() == std::vector<std::uint32_t>{16, 14});
    CHECK(params.clock.value() == "sm");
}

TEST_CASE("a copy of parameters stands on its own", "[fast][config]") {
    auto original = std::make_unique<BlockParams>(sample());
    BlockParams copy = *original;
    BlockParams assigned;
    assigned = *original;
    original->set("ways", "8");
    copy.set("ways", "4");
    CHECK(original->ways == 8);
    CHECK(copy.ways == 4);
    CHECK(assigned.ways == 16);
    original.reset();
    CHECK(copy.describe()[0].value == "4");
    CHECK(assigned.describe()[0].value == "16");
    std::vector<BlockParams> many(3, copy);
    many.resize(100, assigned); // moves the first ones
    CHECK(many[0].describe()[5].value == "[16, 14]");
    CHECK(many[99].ways == 16);
}

TEST_CASE("a parameter keeps where its value came from", "[fast][config]") {
    const auto described = sample().describe();
    REQUIRE(described.size() == 7);
    CHECK(described[0].key == "ways");
    CHECK(described[0].unit == "lines");
    CHECK(described[0].meaning == "lines per set");
    CHECK(described[0].legal == "1 to 64");
    CHECK(described[0].value == "16");
    CHECK(described[0].provenance->kind == ParamKind::Assumed);
    CHECK(described[0].provenance->source == "as on A100");
    CHECK(described[0].provenance->place == Place{"f.yaml", 1, 7});
    CHECK(described[2].legal == "0.25 to 4");
    CHECK(described[3].legal == "true, false");
    CHECK(described[4].legal == "open, closed");
    CHECK(described[5].legal == "a list of 1 to 18");
    CHECK(described[6].legal == "a text");
    CHECK(sample().place("ratio") == Place{"f.yaml", 3, 8});
}

TEST_CASE("a parameter that nobody set is known to be unset", "[fast][config]") {
    BlockParams params;
    CHECK(params.unset().size() == 7);
    CHECK(params.describe()[0].value.empty());
    CHECK_FALSE(params.describe()[0].provenance);
    params.set("ways", "8");
    CHECK(params.unset().size() == 6);
    CHECK_THROWS_AS(params.set("ratio", "5"), InputError);
    CHECK(params.unset().size() == 6);
    CHECK(sample().unset().empty());
}

TEST_CASE("a device file with any wrong parameter is refused with its line", "[fast][config]") {
    CHECK(complaint(whole).empty());
    CHECK(complaint(with("ways: {value: 65, kind: assumed, source: a}")) ==
          "f.yaml:1:15: ways.value: '65' is out of range; legal: 1 to 64");
    CHECK(complaint(with("ways: {value: 0, kind: assumed, source: a}")) ==
          "f.yaml:1:15: ways.value: '0' is out of range; legal: 1 to 64");
    CHECK(complaint(with("ways: {value: many, kind: assumed, source: a}")) ==
          "f.yaml:1:15: ways.value: 'many' is not a whole number; legal: 1 to 64");
    CHECK(complaint(with("ways: {value: 16, kind: guessed, source: a}")) ==
          "f.yaml:1:25: ways.kind: 'guessed' is not known here; legal: measured, vendor, derived, assumed");
    CHECK(complaint(with("ways: {value: 16, kind: assumed}")) ==
          "f.yaml:1:7: ways.source: is missing; it is where the number was found");
    CHECK(complaint(with("ways: {value: 16, kind: assumed, source: \"\"}")) ==
          "f.yaml:1:42: ways.source: '' is empty; legal: a text that is not empty");
    CHECK(complaint(with("ways: {kind: assumed, source: a}")) ==
          "f.yaml:1:7: ways.value: is missing; it is lines per set");
    CHECK(complaint(with("ways: {value: 16, kind: assumed, source: a, unit: B}")) ==
          "f.yaml:1:45: ways: 'unit' is not a key here; legal: value, kind, source");
    CHECK(complaint(with("ways: 16")) ==
          "f.yaml:1:7: ways: '16' does not say where the number comes from; legal: {value: 1 to "
          "64, kind: measured|vendor|derived|assumed, source: \"…\"}");
    CHECK(complaint(with("sizes: {value: [], kind: assumed, source: a}")) ==
          "f.yaml:6:16: sizes.value: is empty; legal: a list of one item or more");
    CHECK(complaint(with("sizes: {value: [3, 19], kind: assumed, source: a}")) ==
          "f.yaml:6:20: sizes.value[1]: '19' is out of range; legal: 1 to 18");
    CHECK(complaint(with("policy: {value: opne, kind: assumed, source: a}")) ==
          "f.yaml:5:17: policy.value: 'opne' is not known here; legal: open, closed; did you mean 'open'?");
    CHECK(complaint(with("clock: {value: \"\", kind: assumed, source: a}")) ==
          "f.yaml:7:16: clock.value: '' is empty; legal: a text that is not empty");
    CHECK(complaint(whole.substr(whole.find('\n') + 1) + "wais: {value: 1, kind: vendor, source: a}\n") ==
          "f.yaml:1:1: ways: is missing; it is lines per set (lines); legal: {value: 1 to 64, kind: "
          "measured|vendor|derived|assumed, source: \"…\"}\n"
          "f.yaml:7:1: 'wais' is not a parameter here; legal: ways, capacity, ratio, near_copies, policy, "
          "sizes, clock; did you "
          "mean 'ways'?");
    CHECK(complaint("- 1\n") == "f.yaml:1:1: is a list, not a map; legal: lines of `key: value`");
}

TEST_CASE("a parameter set by hand is checked and counts as assumed", "[fast][config]") {
    BlockParams params = sample();
    params.set("policy", "open");
    CHECK(params.policy == Policy::Open);
    params.set("sizes", "[1, 2, 3]");
    CHECK(params.sizes.value().size() == 3);
    CHECK(params.describe()[4].provenance->kind == ParamKind::Assumed);
    CHECK(params.describe()[4].provenance->source == "set by the user");
    CHECK_THROWS_WITH(params.set("ways", "65"), "--set: ways: '65' is out of range; legal: 1 to 64");
    CHECK_THROWS_WITH(params.set("ways", ""),
                      "--set: ways: has no value, not a whole number; legal: 1 to 64");
    CHECK_THROWS_WITH(params.set("way", "1"),
                      Catch::StartsWith("--set: way: 'way' is not a parameter here; legal: ways,") &&
                          Catch::EndsWith("did you mean 'ways'?"));
    CHECK(params.ways == 16);
}

TEST_CASE("an override by --set on a device file overrides the value and its origin", "[fast][config]") {
    for (const char* assignment : {"ways=8", "ways.value=8"}) {
        Document document = parse_document(whole, "f.yaml");
        apply_set(document, assignment);
        BlockParams params;
        InputErrors errors;
        params.read(document.root, errors);
        CHECK(errors.text() == "");
        CHECK(params.ways == 8);
        CHECK(params.describe()[0].provenance->source == "set by the user");
        CHECK(params.describe()[0].provenance->place.is_override());
    }
    Document document = parse_document(whole, "f.yaml");
    apply_set(document, "ways={value: 8, kind: vendor, source: me}");
    BlockParams params;
    InputErrors errors;
    params.read(document.root, errors);
    CHECK(params.describe()[0].provenance->source == "me");
}

TEST_CASE("parameters are written back as a device file writes them", "[fast][config]") {
    const Format format{"device", 1};
    std::string text = "format: migsim/device/1\nname: x\nblock:\n";
    for (std::size_t at = 0; at < whole.size(); at = whole.find('\n', at) + 1)
        text += "  " + whole.substr(at, whole.find('\n', at) + 1 - at);
    const Document document = parse_document(text, "f.yaml");
    Chip chip;
    InputErrors errors;
    read_document(document, format, chip, errors);
    REQUIRE(errors.text() == "");
    CHECK(effective_text(chip, format, document, "", Origins::Shown)
              .find("\nblock:\n  ways: {value: 16, kind: assumed, source: as on A100}  # from f.yaml:4\n") !=
          std::string::npos);
    const std::string once = effective_text(chip, format, document, "", Origins::Hidden);
    const Document again = parse_document(once, "f.yaml");
    Chip chip_again;
    read_document(again, format, chip_again, errors);
    REQUIRE(errors.text() == "");
    CHECK(effective_text(chip_again, format, again, "", Origins::Hidden) == once);
}

TEST_CASE("the schema of parameters demands value, kind and source", "[fast][config]") {
    const std::string schema = schema_text<Chip>({"device", 1}, "A device");
    for (const char* part : {"\"lines per set (lines)\"", "\"maximum\": 64", "\"vendor\"", "\"near_copies\"",
                             "\"minLength\": 1"})
        CHECK(schema.find(part) != std::string::npos);
}
