// SPDX-License-Identifier: Apache-2.0
// One declaration, three uses: reading, writing back, and the schema.
#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "models/base/config/describe.h"

namespace migsim {

enum class Color { Red, DarkBlue };
template <>
struct EnumNames<Color> {
    static constexpr std::array table{EnumName{Color::Red, "red"}, EnumName{Color::DarkBlue, "dark_blue"}};
};

} // namespace migsim

namespace {

using namespace migsim;

struct Closed {
    static constexpr const char* kind = "closed";
    std::uint32_t depth = 1;
};
template <class Visitor>
void describe(Visitor& v, Closed& t) {
    v.optional("depth", t.depth, "requests in flight", Range{1, 64});
}

struct Poisson {
    static constexpr const char* kind = "poisson";
    double rate_per_s = 0;
};
template <class Visitor>
void describe(Visitor& v, Poisson& t) {
    v.required("rate_per_s", t.rate_per_s, "requests per second", Range{0.5, 1e9});
}

struct Tenant {
    std::string name;
    std::variant<Closed, Poisson> load;
    std::optional<std::uint64_t> seed;
    std::int32_t offset = -3;
};
template <class Visitor>
void describe(Visitor& v, Tenant& t) {
    v.required("name", t.name, "how reports call it", NonEmpty{});
    v.optional("load", t.load, "how requests arrive");
    v.optional("seed", t.seed, "its own seed");
    v.optional("offset", t.offset, "a shift", Range{-10, 10});
}

struct Scene {
    std::vector<Tenant> tenants;
    double start_us = 0;
    double stop_us = 0;
    bool quick = false;
    Color color = Color::Red;
    std::map<std::string, std::vector<double>> curves;
    std::vector<std::uint32_t> sizes{1, 2};
    std::optional<RelativePath> layout;
};
template <class Visitor>
void describe(Visitor& v, Scene& t) {
    v.required("tenants", t.tenants, "who runs", NonEmpty{}, UniqueNames{});
    v.optional("start_us", t.start_us, "when it starts", Range{0, 1e6});
    v.required("stop_us", t.stop_us, "when it stops", Range{0, 1e6});
    v.optional("quick", t.quick, "whether in a hurry");
    v.optional("color", t.color, "of the bars");
    v.optional("curves", t.curves, "points by name", Range{-1, 1});
    v.optional("sizes", t.sizes, "sizes to try", Range{1, 100}, NonEmpty{});
    v.optional("layout", t.layout, "a layout file");
    v.rule("stop_us", t.stop_us >= t.start_us, "must not be before start_us");
}

const Format format{"scene", 2};
const std::string head = "format: migsim/scene/2\n";

struct Outcome {
    Scene scene;
    std::string errors;
};

Outcome read(const std::string& text, const std::string& file = "f.yaml") {
    Outcome outcome;
    InputErrors errors;
    read_document(parse_document(text, file), format, outcome.scene, errors);
    outcome.errors = errors.text();
    return outcome;
}

std::string effective(const std::string& text, Origins origins, const std::string& file = "f.yaml",
                      const std::filesystem::path& home = ".") {
    const Document document = parse_document(text, file);
    Scene scene;
    InputErrors errors;
    read_document(document, format, scene, errors);
    errors.throw_if_any();
    return effective_text(scene, format, document, home, origins);
}

const std::string whole =
    head + "stop_us: 9.5\n"
           "tenants:\n"
           "  - {name: a, load: {kind: poisson, rate_per_s: 100}, seed: 18446744073709551615}\n"
           "  - name: \"16\"\n"
           "quick: true\n"
           "color: dark_blue\n"
           "curves: {up: [0, 0.5, 1e-3], none: []}\n"
           "layout: layouts/x.yaml\n";

} // namespace

TEST_CASE("every declared key is read into its field", "[fast][config]") {
    const auto [scene, errors] = read(whole, "dir/f.yaml");
    CHECK(errors.empty());
    REQUIRE(scene.tenants.size() == 2);
    CHECK(scene.tenants[0].name == "a");
    CHECK(std::get<Poisson>(scene.tenants[0].load).rate_per_s == 100);
    CHECK(scene.tenants[0].seed == 18446744073709551615u);
    CHECK(scene.tenants[0].offset == -3);
    CHECK(scene.tenants[1].name == "16");
    CHECK(std::get<Closed>(scene.tenants[1].load).depth == 1);
    CHECK_FALSE(scene.tenants[1].seed);
    CHECK(scene.stop_us == 9.5);
    CHECK(scene.quick);
    CHECK(scene.color == Color::DarkBlue);
    CHECK(scene.curves.at("up") == std::vector<double>{0, 0.5, 1e-3});
    CHECK(scene.curves.at("none").empty());
    CHECK(scene.sizes == std::vector<std::uint32_t>{1, 2});
    CHECK(scene.layout->resolved == "dir/layouts/x.yaml");
    CHECK(scene.layout->place == Place{"dir/f.yaml", 9, 9});
    CHECK(scene.layout->key == "layout");
}

TEST_CASE("a path from --set is relative to the working directory", "[fast][config]") {
    Document document = parse_document(whole, "dir/f.yaml");
    apply_set(document, "layout=here/y.yaml");
    Scene scene;
    InputErrors errors;
    read_document(document, format, scene, errors);
    CHECK(scene.layout->resolved == "here/y.yaml");
}

TEST_CASE("all that is wrong is reported at once, in the order of the file", "[fast][config]") {
    CHECK(read(head + "tenants:\n"
                      "  - {name: \"\", load: {kind: poison}}\n"
                      "  - {nam: b, seed: -1}\n"
                      "stop_us: fast\n"
                      "quick: yes\n"
                      "colour: red\n"
                      "sizes: [1, 0, two]\n")
              .errors ==
          "f.yaml:3:12: tenants[0].name: '' is empty; legal: a text that is not empty\n"
          "f.yaml:3:29: tenants[0].load.kind: 'poison' is not known here; legal: closed, poisson; did you "
          "mean 'poisson'?\n"
          "f.yaml:4:5: tenants[1].name: is missing; it is how reports call it\n"
          "f.yaml:4:6: tenants[1]: 'nam' is not a key here; legal: name, load, seed, offset; did you mean "
          "'name'?\n"
          "f.yaml:4:20: tenants[1].seed: '-1' is out of range; legal: 0 to 18446744073709551615\n"
          "f.yaml:5:10: stop_us: 'fast' is not a number; legal: 0 to 1e+06\n"
          "f.yaml:6:8: quick: 'yes' is not true or false; legal: true, false; did you mean 'true'?\n"
          "f.yaml:7:1: 'colour' is not a key here; legal: format, tenants, start_us, stop_us, quick, color, "
          "curves, sizes, "
          "layout; did you mean 'color'?\n"
          "f.yaml:8:12: sizes[1]: '0' is out of range; legal: 1 to 100\n"
          "f.yaml:8:15: sizes[2]: 'two' is not a whole number; legal: 1 to 100");
}

TEST_CASE("each kind of wrong value is refused in its own words", "[fast][config]") {
    auto problem = [](const std::string& line) {
        const std::string errors = read(head + "tenants: [{name: a}]\nstop_us: 1\n" + line + "\n").errors;
        const std::string place = "f.yaml:4:";
        CHECK(errors.starts_with(place));
        CHECK(errors.find('\n') == std::string::npos);
        return errors.substr(std::min(errors.size(), errors.find(": ") + 2));
    };
    CHECK(problem("sizes: [010]") ==
          "sizes[0]: '010' is octal to some readers and decimal to others; write it without the "
          "leading zero; legal: 1 to 100");
    CHECK(problem("sizes: [0o17]").find("is octal to some readers") != std::string::npos);
    CHECK(problem("start_us: 010").find("is octal to some readers") != std::string::npos);
    CHECK(problem("sizes: [1.5]") == "sizes[0]: '1.5' is not a whole number; legal: 1 to 100");
    CHECK(problem("sizes: [1e1]") == "sizes[0]: '1e1' is not a whole number; legal: 1 to 100");
    CHECK(problem("sizes: [\"16\"]") ==
          "sizes[0]: '16' is a text because of its quotes, not a whole number; legal: 1 to 100");
    CHECK(problem("sizes: [101]") == "sizes[0]: '101' is out of range; legal: 1 to 100");
    CHECK(problem("sizes: [99999999999999999999]") ==
          "sizes[0]: '99999999999999999999' is out of range; legal: 1 to 100");
    CHECK(problem("sizes: [~]") == "sizes[0]: has no value, not a whole number; legal: 1 to 100");
    CHECK(problem("sizes: []") == "sizes: is empty; legal: a list of one item or more");
    CHECK(problem("sizes: 3") == "sizes: is a single value, not a list; legal: a list, as in [a, b]");
    CHECK(problem("sizes: [[1]]") == "sizes[0]: is a list, not a whole number; legal: 1 to 100");
    CHECK(problem("start_us:") == "start_us: has no value, not a number; legal: 0 to 1e+06");
    for (const char* infinite : {".inf", "-.inf", ".nan", ".NaN", "inf", "nan"})
        CHECK(problem("start_us: " + std::string(infinite)) ==
              "start_us: '" + std::string(infinite) + "' is not a finite number; legal: 0 to 1e+06");
    CHECK(problem("start_us: 1e999") == "start_us: '1e999' is out of range; legal: 0 to 1e+06");
    CHECK(problem("start_us: 1000001") == "start_us: '1000001' is out of range; legal: 0 to 1e+06");
    CHECK(problem("start_us: 1.2.3") == "start_us: '1.2.3' is not a number; legal: 0 to 1e+06");
    CHECK(problem("start_us: 0x10") == "start_us: '0x10' is not a number; legal: 0 to 1e+06");
    CHECK(problem("quick: \"true\"") == "quick: 'true' is not true or false; legal: true, false");
    CHECK(problem("quick: 0") ==
          "quick: '0' is not true or false; legal: true, false; did you mean 'false'?");
    CHECK(problem("color: Red") ==
          "color: 'Red' is not known here; legal: red, dark_blue; did you mean 'red'?");
    CHECK(problem("color: [red]") == "color: 'a list' is not known here; legal: red, dark_blue");
    CHECK(problem("curves: [1]") == "curves: is a list, not a map; legal: lines of `key: value`");
    CHECK(problem("curves: {a: [2]}") == "curves.a[0]: '2' is out of range; legal: -1 to 1");
    CHECK(problem("layout: 12") ==
          "layout: '12' is a number or a word of YAML's own, not a text; write it in quotes: \"12\"");
    CHECK(problem("layout: true").find("write it in quotes: \"true\"") != std::string::npos);
    CHECK(problem("layout: \"\"") == "layout: '' is empty; legal: a text that is not empty");
    CHECK(problem("layout: {a: 1}") == "layout: is a map, not a text; legal: a text that is not empty");
}

TEST_CASE("a whole document of the wrong kind is one complaint", "[fast][config]") {
    CHECK(read("- 1\n").errors == "f.yaml:1:1: is a list, not a map; legal: lines of `key: value`");
    CHECK(read("hello\n").errors ==
          "f.yaml:1:1: 'hello' is a single value, not a map; legal: lines of `key: value`");
    CHECK(read("stop_us: 1\n").errors ==
          "f.yaml:1:1: format: is missing; the first line must be `format: migsim/scene/2`");
    CHECK(read("format: migsim/scene/3\nnonsense: 1\n").errors ==
          "f.yaml:1:9: format: 'migsim/scene/3' is not a format that is read here; legal: migsim/scene/2; "
          "did you mean "
          "'migsim/scene/2'?");
    CHECK(read("format: [1]\n").errors.starts_with("f.yaml:1:9: format: 'a list' is not a format"));
    CHECK(read("tenants: [{name: a}]\nstop_us: 1\n" + head).errors ==
          "f.yaml:3:9: format: must be the first key of the file");
}

TEST_CASE("a union without its kind says which kinds there are", "[fast][config]") {
    CHECK(read(head + "stop_us: 1\ntenants: [{name: a, load: {depth: 3}}]\n").errors ==
          "f.yaml:3:27: tenants[0].load.kind: is missing; legal: closed, poisson");
    CHECK(read(head + "stop_us: 1\ntenants: [{name: a, load: {kind: closed, rate_per_s: 3}}]\n").errors ==
          "f.yaml:3:42: tenants[0].load: 'rate_per_s' is not a key here; legal: kind, depth");
    CHECK(
        read(head + "stop_us: 1\ntenants: [{name: a, load: closed}]\n").errors ==
        "f.yaml:3:27: tenants[0].load: 'closed' is a single value, not a map; legal: lines of `key: value`");
}

TEST_CASE("a name that stands twice is refused where it stands again", "[fast][config]") {
    CHECK(read(head + "stop_us: 1\ntenants:\n  - {name: a}\n  - {name: b}\n  - {name: a}\n").errors ==
          "f.yaml:6:12: tenants[2].name: 'a' stands twice, first at f.yaml:4:12; legal: a name that no other "
          "item has");
}

TEST_CASE("a rule between keys is asked only when each key is good", "[fast][config]") {
    const std::string tenants = head + "tenants: [{name: a}]\n";
    CHECK(read(tenants + "start_us: 5\nstop_us: 4\n").errors ==
          "f.yaml:4:10: stop_us: '4' must not be before start_us");
    CHECK(read(tenants + "start_us: 5\nstop_us: 5\n").errors.empty());
    CHECK(read(tenants + "start_us: 5\nstop_us: x\n").errors.find("must not") == std::string::npos);
}

TEST_CASE("the effective text names every value, in declared order, with where it came from",
          "[fast][config]") {
    Document document = parse_document(whole, "some/dir/f.yaml");
    apply_set(document, "tenants[1].offset=4");
    apply_set(document, "curves.up[1]=-0.25");
    Scene scene;
    InputErrors errors;
    read_document(document, format, scene, errors);
    errors.throw_if_any();
    CHECK(effective_text(scene, format, document, "some/run", Origins::Shown) ==
          "format: migsim/scene/2  # from f.yaml:1\n"
          "tenants:\n"
          "  - name: a  # from f.yaml:4\n"
          "    load:\n"
          "      kind: poisson  # from f.yaml:4\n"
          "      rate_per_s: 100  # from f.yaml:4\n"
          "    seed: 18446744073709551615  # from f.yaml:4\n"
          "    offset: -3  # default\n"
          "  - name: \"16\"  # from f.yaml:5\n"
          "    load:\n"
          "      kind: closed  # default\n"
          "      depth: 1  # default\n"
          "    offset: 4  # from --set\n"
          "start_us: 0  # default\n"
          "stop_us: 9.5  # from f.yaml:2\n"
          "quick: true  # from f.yaml:6\n"
          "color: dark_blue  # from f.yaml:7\n"
          "curves:\n"
          "  none: []  # from f.yaml:8\n"
          "  up: [0, -0.25, 0.001]  # from f.yaml:8, from --set\n"
          "sizes: [1, 2]  # default\n"
          "layout: ../dir/layouts/x.yaml  # from f.yaml:9\n");
}

TEST_CASE("reading the effective text and writing it again gives the same bytes", "[fast][config]") {
    const std::string once = effective(whole, Origins::Hidden, "some/dir/f.yaml", "some/run");
    CHECK(effective(once, Origins::Hidden, "some/run/effective.yaml", "some/run") == once);
    // run from elsewhere into a folder beside it: still the same layout file, still the same bytes
    CHECK(effective(once, Origins::Hidden, "some/run/effective.yaml", "some/again") == once);
    const std::string shown = effective(once, Origins::Shown, "some/run/effective.yaml", "some/run");
    CHECK(shown.find("default") == std::string::npos);
    CHECK(effective(shown, Origins::Shown, "some/run/effective.yaml", "some/run") == shown);
}

TEST_CASE("any text survives being written and read", "[fast][config]") {
    std::mt19937 engine(7);
    const std::vector<std::string> pieces{
        "a",    "Z", "0",  "7", " ",    ":",    "#", "-", ".", "\"", "'", "\\", "\n",  "\t",   "[",
        "{",    "}", "]",  ",", "&",    "*",    "!", "|", ">", "%",  "@", "`",  "~",   "true", "no",
        "null", "é", "中", "😀", "\x01", "\x7f", "e", "+", "=", "?",  "/", "_",  "1e5", "0x1"};
    for (int round = 0; round < 5000; ++round) {
        std::string text;
        for (unsigned length = engine() % 6; length > 0; --length) text += pieces[engine() % pieces.size()];
        Node root = Node::map();
        root.add("v", Node::text(text));
        root.add("l", Node::sequence()).items.push_back(Node::text(text));
        if (!text.empty() && text != "v" && text != "l") root.add(text, Node::plain("1"));
        const std::string yaml = yaml_text(root, Origins::Shown);
        INFO(yaml);
        const Document document = parse_document(yaml, "f.yaml");
        InputErrors errors;
        CHECK(read_text(*document.root.find("v"), {}, errors) == text);
        CHECK(read_text(document.root.find("l")->items[0], {}, errors) == text);
        CHECK(errors.empty());
        REQUIRE(document.root.entries.back().value.scalar == (root.entries.size() == 3 ? "1" : ""));
        if (root.entries.size() == 3) REQUIRE(document.root.entries[2].key == text);
    }
}

TEST_CASE("any number survives being written and read", "[fast][config]") {
    std::mt19937_64 engine(7);
    for (int round = 0; round < 20000; ++round) {
        const std::uint64_t bits = engine();
        double value;
        static_assert(sizeof value == sizeof bits);
        std::memcpy(&value, &bits, sizeof value);
        if (!std::isfinite(value)) continue;
        InputErrors errors;
        CHECK(read_number(Node::plain(number_text(value)), {}, errors) == value);
        std::uint64_t whole_number = 0;
        Codec<std::uint64_t>::read(Codec<std::uint64_t>::node(bits, {nullptr, {}}), whole_number, {}, errors);
        CHECK(whole_number == bits);
        std::int64_t signed_number = 0;
        const auto negative = static_cast<std::int64_t>(bits);
        Codec<std::int64_t>::read(Codec<std::int64_t>::node(negative, {nullptr, {}}), signed_number, {},
                                  errors);
        CHECK(signed_number == negative);
        CHECK(errors.empty());
    }
}

TEST_CASE("the schema says what the reader says", "[fast][config]") {
    std::string schema = schema_text<Scene>(format, "A scene");
    std::string packed;
    bool in_text = false;
    for (const char c : schema) {
        in_text ^= c == '"';
        if (in_text || (c != ' ' && c != '\n')) packed += c;
    }
    auto says = [&](const std::string& part) {
        INFO(packed);
        CHECK(packed.find(part) != std::string::npos);
    };
    says(R"("$schema":"https://json-schema.org/draft/2020-12/schema","title":"A scene","type":"object")");
    says(
        R"("properties":{"format":{"enum":["migsim/scene/2"],"description":"what this file is, and in which version"})");
    says(R"("tenants":{"type":"array","minItems":1,"items":{"type":"object")");
    says(R"("name":{"type":"string","minLength":1,"description":"how reports call it"})");
    says(R"("load":{"oneOf":[{"type":"object","properties":{"kind":{"enum":["closed"])");
    says(
        R"("depth":{"type":"integer","minimum":1,"maximum":64,"description":"requests in flight","default":1})");
    says(R"("rate_per_s":{"type":"number","minimum":0.5,"maximum":1000000000.0)");
    says(
        R"("required":["kind","rate_per_s"],"additionalProperties":false}],"description":"how requests arrive","default":{"kind":"closed","depth":1}})");
    says(
        R"("seed":{"type":"integer","minimum":0,"maximum":18446744073709551615,"description":"its own seed"})");
    says(R"("offset":{"type":"integer","minimum":-10,"maximum":10,"description":"a shift","default":-3})");
    says(R"("quick":{"type":"boolean","description":"whether in a hurry","default":false})");
    says(R"("color":{"enum":["red","dark_blue"],"description":"of the bars","default":"red"})");
    says(
        R"("curves":{"type":"object","additionalProperties":{"type":"array","items":{"type":"number","minimum":-1.0,"maximum":1.0}})");
    says(
        R"("sizes":{"type":"array","minItems":1,"items":{"type":"integer","minimum":1,"maximum":100},"description":"sizes to try","default":[1,2]})");
    says(R"("layout":{"type":"string","minLength":1,"description":"a layout file"})");
    says(R"("required":["format","tenants","stop_us"],"additionalProperties":false})");
}
