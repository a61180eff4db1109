// SPDX-License-Identifier: Apache-2.0
// What may stand in an input file before anybody asks what it means, and how complaints look.
#include <catch2/catch.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "models/base/config/input_errors.h"
#include "models/base/config/node.h"
#include "models/base/config/relative_path.h"
#include "models/base/config/schema.h"

using namespace migsim;

namespace {

template <class Action>
std::string complaint_of(Action action) {
    try {
        action();
    } catch (const InputError& error) {
        return error.what();
    }
    return "";
}

std::string complaint(const std::string& text) {
    return complaint_of([&] { parse_document(text, "f.yaml"); });
}

bool starts(const std::string& text, const std::string& head) {
    INFO("'" << text << "' should start with '" << head << "'");
    CHECK(text.starts_with(head));
    return text.starts_with(head) && text.find('\n') == std::string::npos;
}

struct Folder { // a scratch folder
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("migsim-test-" + std::to_string(::getpid()));
    Folder() { std::filesystem::create_directories(path); }
    ~Folder() { std::filesystem::remove_all(path); }
    std::filesystem::path put(const std::string& name, const std::string& bytes) const {
        std::ofstream(path / name, std::ios::binary) << bytes;
        return path / name;
    }
};

} // namespace

TEST_CASE("every key and value of a document knows its line and column", "[fast][config]") {
    const Document document = parse_document("name: a\n"
                                             "tenants:\n"
                                             "  - name: \"b c\"\n"
                                             "    sizes: [1, 22, 3]\n",
                                             "f.yaml");
    CHECK(document.find("name")->place == Place{"f.yaml", 1, 7});
    CHECK(document.root.entries[1].key_place == Place{"f.yaml", 2, 1});
    CHECK(document.find("tenants[0]")->place == Place{"f.yaml", 3, 5});
    CHECK(document.find("tenants[0].name")->place == Place{"f.yaml", 3, 11});
    CHECK(document.find("tenants[0].sizes[2]")->place == Place{"f.yaml", 4, 20});
    CHECK(document.find("tenants[0].sizes[1]")->scalar == "22");
    CHECK(document.find("tenants[0].sizes[1]")->path == "tenants[0].sizes[1]");
    CHECK(document.find("tenants[0].name")->quoted);
    CHECK_FALSE(document.find("name")->quoted);
    CHECK(document.find("tenants[1]") == nullptr);
    CHECK(document.find("tenants[0].size") == nullptr);
    CHECK(document.find("tenants[") == nullptr);
    CHECK(document.find("name.x") == nullptr);
}

TEST_CASE("an alias stands for a copy of the value it names", "[fast][config]") {
    const Document document = parse_document("a: &x {n: 1}\nb: *x\nc: [*x, *x]\n", "f.yaml");
    CHECK(document.find("b.n")->scalar == "1");
    CHECK(document.find("c[1].n")->path == "c[1].n");
    CHECK(document.find("c[1].n")->place.line == 1);
}

TEST_CASE("what YAML accepts too gladly is refused with its line", "[fast][config]") {
    CHECK(starts(complaint("a: 1\nb: 2\na: 3\n"),
                 "f.yaml:3:1: the key 'a' stands twice in this map, first at line 1"));
    CHECK(starts(complaint("t:\n  - {x: 1, x: 2}\n"), "f.yaml:2:12: the key 'x' stands twice"));
    CHECK(starts(complaint("a: &a [1, *a]\n"), "f.yaml:1:11: this alias refers to the value it stands in"));
    CHECK(starts(complaint("a: &a\n  b: *a\n"), "f.yaml:2:6: this alias refers to the value it stands in"));
    CHECK(starts(complaint("a: 1\n---\nb: 2\n"), "f.yaml:2:1: a second document starts here"));
    CHECK(starts(complaint("a: 1\n---\n"), "f.yaml:2:1: a second document starts here"));
    CHECK(starts(complaint("a: !!int 1\n"), "f.yaml:1:4: the tag 'tag:yaml.org,2002:int' is not allowed"));
    CHECK(starts(complaint("a: !thing {b: 1}\n"), "f.yaml:1:4: the tag '!thing' is not allowed"));
    CHECK(starts(complaint("a: !list [1]\n"), "f.yaml:1:4: the tag '!list' is not allowed"));
    CHECK(starts(complaint("a: ! 1\n"), "f.yaml:1:4: the tag '!' is not allowed"));
    CHECK(starts(complaint("? [a, b]\n: 1\n"),
                 "f.yaml:1:3: a key must be a single word or text, and this one is a list"));
    CHECK(starts(complaint("~: 1\n"),
                 "f.yaml:1:1: a key must be a single word or text, and this one is empty"));
    CHECK(complaint("---\na: 1\n").empty());
    CHECK(complaint("a: 1\n...\n").empty());
}

TEST_CASE("two duplicate keys are two complaints", "[fast][config]") {
    const std::string text = complaint("a: 1\na: 2\nb: 3\nb: 4\n");
    CHECK(text == "f.yaml:2:1: the key 'a' stands twice in this map, first at line 1\n"
                  "f.yaml:4:1: the key 'b' stands twice in this map, first at line 3");
}

TEST_CASE("broken and cut-off YAML is refused with its line", "[fast][config]") {
    CHECK(starts(complaint("a: {b: 1\n"), "f.yaml:"));
    for (const char* text : {"x: 1\na: \"b\n", "x: 1\na: 'b\n", "x: 1\na: 'it''s\nc: d\n",
                             "x: 1\na: \"b\\\"\n", "x: 1\na: &y 'b\n"})
        CHECK(starts(complaint(text), "f.yaml:2:4: the quote that begins here is not closed"));
    CHECK(complaint(
              "a: \"b\\\"c\"\nd: 'it''s'\ne: &x \"f\n  g\"\n\"h\": *x\nµ: \"ä\"\nk: [\"l\", {\"m\": 'n'}]\n")
              .empty());
    CHECK(starts(complaint("a: [1, 2\nb: 3\n"), "f.yaml:"));
    CHECK(starts(complaint("name: x\n  period: 3\n"), "f.yaml:2:9: is not YAML: "));
    CHECK(starts(complaint("x: 1\na: 'b"), "f.yaml:2:6: is not YAML: illegal EOF in scalar"));
    CHECK(starts(complaint("- a\nb: 1\n"), "f.yaml:2:1: does not belong to what stands before it"));
    CHECK(starts(complaint("{a: 1} x\n"), "f.yaml:1:8: does not belong to what stands before it"));
    CHECK(starts(complaint("a: *nowhere\n"), "f.yaml:1:"));
    CHECK(starts(complaint("a:\n\t- b\n"), "f.yaml:2:"));
}

TEST_CASE("an empty document is refused", "[fast][config]") {
    for (const char* text : {"", "\n\n", "# only a comment\n", "---\n", "~\n"})
        CHECK(complaint(text) == "f.yaml:1:1: is empty; nothing but comments stands in it");
}

TEST_CASE("bytes that are not UTF-8 are refused where they stand", "[fast][config]") {
    CHECK(starts(complaint("a: 1\nb: \xFF\n"), "f.yaml:2:4: is not UTF-8 from here on"));
    CHECK(starts(complaint("a: \xC3"), "f.yaml:1:4: is not UTF-8 from here on"));
    CHECK(starts(complaint("a: \xC0\xAF\n"), "f.yaml:1:4: is not UTF-8"));         // longer than needed
    CHECK(starts(complaint("a: \xE0\x9F\xBF\n"), "f.yaml:1:4: is not UTF-8"));     // longer than needed
    CHECK(starts(complaint("a: \xED\xA0\x80\n"), "f.yaml:1:4: is not UTF-8"));     // a surrogate
    CHECK(starts(complaint("a: \xF4\x90\x80\x80\n"), "f.yaml:1:4: is not UTF-8")); // beyond U+10FFFF
    CHECK(starts(complaint("a: \x01\n"), "f.yaml:1:4: a control character"));
    CHECK(complaint("µ: \"é 中 😀\"\n").empty());
}

TEST_CASE("an encoding other than UTF-8 is refused, with or without its mark", "[fast][config]") {
    const std::vector<std::string> texts{std::string("\xFF\xFE"
                                                     "a\0:\0",
                                                     6),
                                         std::string("\xFE\xFF\0a\0:", 6),
                                         std::string("\xFF\xFE\0\0a\0\0\0", 8),
                                         std::string("\0\0\xFE\xFF\0\0\0a", 8),
                                         std::string("a\0:\0 \0", 6),
                                         std::string("\0a\0:", 4)};
    for (const std::string& text : texts)
        CHECK(starts(complaint(text), "f.yaml:1:1: is encoded in UTF-16 or UTF-32"));
    CHECK(parse_document("\xEF\xBB\xBF"
                         "a: 1\n",
                         "f.yaml")
              .find("a")
              ->scalar == "1");
    CHECK(starts(complaint("\xEF\xBB\xBF"
                           "a: \"1\n"),
                 "f.yaml:1:4: the quote that begins here is not closed"));
}

TEST_CASE("64 levels of nesting are read and 65 are refused", "[fast][config]") {
    auto nested = [](std::size_t depth) { return std::string(depth, '[') + "1" + std::string(depth, ']'); };
    CHECK(complaint(nested(64)).empty());
    CHECK(starts(complaint(nested(65)), "f.yaml:1:65: is nested more than 64 levels deep"));
    CHECK(starts(complaint(nested(100000)), "f.yaml:1:65: is nested more than 64 levels deep"));
    CHECK(starts(
        complaint("a: &a " + nested(40) + "\nb: " + std::string(30, '[') + "*a" + std::string(30, ']')),
        "f.yaml:2:34: is nested more than 64 levels deep"));
}

TEST_CASE("a few lines of aliases cannot grow into a million values", "[fast][config]") {
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int level = 1; level < 9; ++level) {
        const std::string last = "*a" + std::to_string(level - 1);
        bomb += "a" + std::to_string(level) + ": &a" + std::to_string(level) + " [" + last;
        for (int i = 1; i < 10; ++i) bomb += ", " + last;
        bomb += "]\n";
    }
    CHECK(complaint(bomb).find("the file holds more than 1000000 values") != std::string::npos);
}

TEST_CASE("a file that cannot be read is named", "[fast][config]") {
    const Folder folder;
    auto load = [](const std::filesystem::path& file) { return complaint_of([&] { load_document(file); }); };
    const std::string missing = folder.path / "missing.yaml";
    CHECK(load(missing) == missing + ": cannot be read: No such file or directory");
    CHECK(load(folder.path) == folder.path.string() + ": is a directory, not a file");
    CHECK(load("/proc/self/mem") == "/proc/self/mem: cannot be read: Input/output error");
    const std::string below = folder.put("file", "a: 1\n") / "x.yaml";
    CHECK(load(below) == below + ": cannot be read: Not a directory");
    const std::string empty = folder.put("empty.yaml", "");
    CHECK(load(empty) == empty + ":1:1: is empty; nothing but comments stands in it");
    CHECK(load_document(folder.path / "file").find("a")->place.file == (folder.path / "file").string());
}

TEST_CASE("a file of more than 64 MiB is refused without being parsed", "[fast][config]") {
    const Folder folder;
    const std::filesystem::path file = folder.put("big.yaml", "a: 1\n");
    std::filesystem::resize_file(file, (std::uintmax_t{64} << 20) + 1); // sparse
    CHECK(complaint_of([&] { load_document(file); }) ==
          file.string() + ": is larger than 64 MiB; that is no configuration");
    CHECK(complaint_of([&] { load_document("/dev/zero"); }) ==
          "/dev/zero: is larger than 64 MiB; that is no configuration");
}

TEST_CASE("a missing file is blamed on the line that names it", "[fast][config]") {
    const RelativePath named{"x.yaml", "/nowhere/x.yaml", {"s.yaml", 4, 9}, "layout"};
    CHECK(complaint_of([&] { load_document(named); }) ==
          "s.yaml:4:9: layout: /nowhere/x.yaml: cannot be read: No such file or directory");
}

TEST_CASE("errors are printed one per line in the order of the input", "[fast][config]") {
    InputErrors errors;
    errors.add({"b.yaml", 9, 1}, "x", "first file");
    errors.add({"a.yaml", 2, 5}, "y", "later");
    errors.add({"a.yaml", 2, 1}, "z", "earlier");
    errors.add({"b.yaml", 1, 1}, "", "no path");
    errors.add({"--set", 0, 0}, "k", "override");
    CHECK(errors.count() == 5);
    CHECK(errors.text() == "b.yaml:1:1: no path\nb.yaml:9:1: x: first file\n"
                           "a.yaml:2:1: z: earlier\na.yaml:2:5: y: later\n--set: k: override");
    CHECK_THROWS_AS(errors.throw_if_any(), InputError);
    CHECK_NOTHROW(InputErrors().throw_if_any());
}

TEST_CASE("a slip of the finger gets a suggestion, another word does not", "[fast][config]") {
    const std::vector<std::string> legal{"period_us", "name", "walls"};
    auto suggestion = [&](const char* got) {
        const std::string text = not_legal(got, "a key", legal);
        const std::size_t at = text.find("did you mean ");
        return at == std::string::npos ? "" : text.substr(at + 13);
    };
    CHECK(not_legal("wals", "a key", legal) ==
          "'wals' is not a key; legal: period_us, name, walls; did you mean 'walls'?");
    CHECK(suggestion("perod_us") == "'period_us'?");  // one letter missing
    CHECK(suggestion("peroid_us") == "'period_us'?"); // two swapped
    CHECK(suggestion("Name") == "'name'?");
    CHECK(suggestion("nmae") == "'name'?");
    CHECK(suggestion("colour").empty());
    CHECK(suggestion("x").empty());
    CHECK(suggestion("").empty());
}

TEST_CASE("a complaint is one line whatever the value holds", "[fast][config]") {
    CHECK(shown("a\nb\tc\x1b") == "'a\\nb\\tc\\x1b'");
    CHECK(shown(std::string(1000, 'x')) == "'" + std::string(80, 'x') + "…'");
    std::string e_acute;
    for (int i = 0; i < 100; ++i) e_acute += "é";
    CHECK(shown("x" + e_acute) ==
          "'x" + e_acute.substr(0, 80) + "…'"); // 81 bytes: not cut inside a character
    const std::vector<std::string> many(100, "a");
    CHECK(not_legal("q", "w", many).find("… (100 in all)") != std::string::npos);
}

TEST_CASE("a document is the JSON that its schema judges", "[fast][config]") {
    const Document document =
        parse_document("a: 1\nb: -2.5\nc: \"1\"\nd: true\ne: [x, 0x10, 010]\nf: ~\ng: {}\n", "f.yaml");
    std::string json = json_text(document.root);
    std::erase_if(json, [](char c) { return c == ' ' || c == '\n'; });
    CHECK(json == R"({"a":1,"b":-2.5,"c":"1","d":true,"e":["x",16,"010"],"f":null,"g":{}})");
}

TEST_CASE("a complaint stays on its line whatever the keys on the way to it hold", "[fast][config]") {
    const Document document = parse_document("\"a\\nb\\x1b\": {\"c\\td\": 1}\n", "f.yaml");
    InputErrors errors;
    errors.add(document.root.entries.front().value.entries.front().value, "is wrong");
    CHECK(errors.text() == "f.yaml:1:22: a\\nb\\x1b.c\\td: is wrong");
}
