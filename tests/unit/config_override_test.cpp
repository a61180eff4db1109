// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <string>

#include "models/base/config/input_errors.h"
#include "models/base/config/node.h"
#include "models/base/config/yaml_text.h"

using namespace migsim;

namespace {

Document sample() {
    return parse_document("name: a\n"
                          "tenants:\n"
                          "  - name: b\n"
                          "  - name: c\n"
                          "devices:\n"
                          "  1g.10gb: 7\n",
                          "f.yaml");
}

std::string complaint(const std::string& assignment) {
    Document document = sample();
    const std::string before = yaml_text(document.root, Origins::Shown);
    try {
        apply_set(document, assignment);
    } catch (const InputError& error) {
        CHECK(yaml_text(document.root, Origins::Shown) == before); // a refused override changes nothing
        return error.what();
    }
    return "";
}

} // namespace

TEST_CASE("an override by --set replaces a value, and the value says so", "[fast][config]") {
    Document document = sample();
    apply_set(document, "tenants[1].name=d");
    CHECK(document.find("tenants[1].name")->scalar == "d");
    CHECK(document.find("tenants[1].name")->place.text() == "--set");
    CHECK(document.find("tenants[1].name")->path == "tenants[1].name");
    CHECK(document.find("tenants[0].name")->place.line == 3);
}

TEST_CASE("an override by --set makes the map keys that are missing", "[fast][config]") {
    Document document = sample();
    apply_set(document, "tenants[0].load.period_us=60");
    CHECK(document.find("tenants[0].load.period_us")->scalar == "60");
    CHECK(document.find("tenants[0].load")->place.is_override());
    CHECK(document.find("tenants[0]")->entries[1].key_place.is_override());
    apply_set(document, "list[0][0]=x");
    CHECK(document.find("list[0][0]")->path == "list[0][0]");
}

TEST_CASE("an override by --set takes any YAML value", "[fast][config]") {
    Document document = sample();
    apply_set(document, "tenants=[{name: x, n: 3}, {name: y}]");
    CHECK(document.find("tenants[0].n")->scalar == "3");
    CHECK(document.find("tenants[0].n")->path == "tenants[0].n");
    CHECK(document.find("tenants[0].n")->place.text() == "--set");
    apply_set(document, "name=\"16\"");
    CHECK(document.find("name")->quoted);
    apply_set(document, "name=a=b");
    CHECK(document.find("name")->scalar == "a=b");
    apply_set(document, "name=");
    CHECK(document.find("name")->kind == Node::Kind::Null);
}

TEST_CASE("an override by --set appends to a list at its end", "[fast][config]") {
    Document document = sample();
    apply_set(document, "tenants[2].name=e");
    CHECK(document.find("tenants[2].name")->scalar == "e");
}

TEST_CASE("an override by --set reaches a key with dots in quotes", "[fast][config]") {
    Document document = sample();
    apply_set(document, "devices.\"1g.10gb\"=3");
    REQUIRE(document.find("devices.\"1g.10gb\""));
    CHECK(document.find("devices.\"1g.10gb\"")->scalar == "3");
    CHECK(document.find("devices.\"1g.10gb\"")->path == "devices.\"1g.10gb\"");
    CHECK(document.find("devices")->entries.size() == 1);
}

TEST_CASE("an override by --set on one use of an alias leaves the others alone", "[fast][config]") {
    Document document = parse_document("a: &x {n: 1}\nb: *x\n", "f.yaml");
    apply_set(document, "b.n=2");
    CHECK(document.find("a.n")->scalar == "1");
    CHECK(document.find("b.n")->scalar == "2");
}

TEST_CASE("an impossible --set is refused with a sentence", "[fast][config]") {
    CHECK(complaint("name") == "--set: 'name' is not an assignment; legal: path.to.key=value");
    CHECK(complaint("=1") ==
          "--set: '' is not a path to a key; legal: for example tenants[2].load.period_us");
    for (const char* path :
         {"a..b", ".a", "a.", "a[", "a[]", "a[x]", "a[0]b", "a[-1]", "a]", "\"a", "a[99999999999999999999]"})
        CHECK(complaint(std::string(path) + "=1").find(" is not a") != std::string::npos);
    CHECK(complaint("name.x=1") == "--set: name.x: name is a single value; it has no key 'x'");
    CHECK(complaint("tenants.x=1") == "--set: tenants.x: tenants is a list; it has no key 'x'");
    CHECK(complaint("devices[0]=1") == "--set: devices[0]: devices is a map; it has no item 0");
    CHECK(complaint("tenants[9].name=x") ==
          "--set: tenants[9].name: tenants has 2 items; legal: 0 to 2 (2 appends)");
    CHECK(complaint("tenants[3]=x") == "--set: tenants[3]: tenants has 2 items; legal: 0 to 2 (2 appends)");
    CHECK(complaint("name={a: 1").starts_with("--set: name: '{a: 1' is not YAML: "));
    CHECK(complaint("name={a: 1, a: 2}").starts_with("--set: name: '{a: 1, a: 2}' the key 'a' stands twice"));
    std::string deep = "a";
    for (int i = 0; i < 64; ++i) deep += ".a";
    CHECK(complaint(deep + "=1").find("is not a path to a key") != std::string::npos);
}
