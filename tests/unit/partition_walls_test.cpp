// SPDX-License-Identifier: Apache-2.0
#include <string>

#include <catch2/catch.hpp>

#include "models/base/config/describe.h"
#include "partition/walls.h"

using namespace migsim;

namespace {

const WallSet hardware{Wall::Sm, Wall::L2, Wall::Dram};

std::string error_of(const std::string& yaml) {
    InputErrors errors;
    WallChoice choice;
    Codec<WallChoice>::read(*parse_document("walls: " + yaml, "run.yaml").find("walls"), choice, {}, errors);
    return errors.text();
}

WallSet walls(const std::string& yaml) {
    InputErrors errors;
    WallChoice choice;
    const Document document = parse_document("walls: " + yaml, "run.yaml");
    Codec<WallChoice>::read(*document.find("walls"), choice, {}, errors);
    REQUIRE(errors.text() == "");

    const std::filesystem::path home; // what is written back means the same
    WallChoice again;
    Codec<WallChoice>::read(Codec<WallChoice>::node(choice, Origin(nullptr, home)), again, {}, errors);
    REQUIRE(errors.text() == "");
    REQUIRE(again.resolve(hardware) == choice.resolve(hardware));
    return choice.resolve(hardware);
}

} // namespace

TEST_CASE("walls are what the silicon has, all, none, or a list", "[partition][fast]") {
    CHECK(WallChoice{}.resolve(hardware) == hardware);
    CHECK(walls("hardware") == hardware);
    CHECK(walls("ideal") == WallSet::all());
    CHECK(walls("none") == WallSet{});
    CHECK(walls("[l3_tlb, gpc_port]") == WallSet{Wall::GpcPort, Wall::L3Tlb});
    CHECK(walls("[]") == WallSet{});
}

TEST_CASE("each wall is a switch of its own", "[partition][fast]") {
    for (const Wall up : WallSet::all().list()) {
        const WallSet one{up};
        for (const Wall wall : WallSet::all().list()) CHECK(one.has(wall) == (wall == up));
    }
    CHECK(WallSet::all().list().size() == 8);
}

TEST_CASE("an unknown wall is refused with the legal ones", "[partition][fast]") {
    CHECK(error_of("[sm, l3tlb]") == "run.yaml:1:13: walls[1]: 'l3tlb' is not known here; legal: sm, "
                                     "gpc_port, crossbar, l2, dram, gpc_tlb, l3_tlb, "
                                     "page_walker; did you mean 'l3_tlb'?");
    CHECK(error_of("hardwre") ==
          "run.yaml:1:8: walls: 'hardwre' is not known here; legal: hardware, ideal, none, "
          "or a list of walls, [sm, gpc_port, crossbar, l2, dram, gpc_tlb, l3_tlb, page_walker]; "
          "did you mean 'hardware'?");
}

TEST_CASE("a device file names the walls of its silicon", "[partition][fast]") {
    CHECK(walls_named({"sm", "l2", "dram"}) == hardware);
    CHECK(walls_named({}) == WallSet{});
    CHECK_THROWS_WITH(walls_named({"smm"}), Catch::StartsWith("'smm' is not a wall; legal: sm, gpc_port,"));
}
