// SPDX-License-Identifier: Apache-2.0
// Devices that are like another one, and whether every device can carry its board's partitioning.
#include <algorithm>
#include <map>
#include <string>

#include <catch2/catch.hpp>

#include "models/gpu/device.h"
#include "models/gpu/device_document.h"
#include "partition/board_reader.h"
#include "partition/layout_search.h"
#include "partition/resource_map.h"
#include "scenarios/arrangement.h"
#include "scenarios/data_folder.h"
#include "tests/system/program.h"

using namespace migsim;
using namespace migsim::test;
using Catch::Matchers::Contains;

namespace {

// A folder with the device `tiny`, one that is like it, and one that is like that one.
class Devices {
public:
    Devices() {
        fs::copy_file(fs::path(MIGSIM_SOURCE_DIR) / "models/devices/tiny.yaml", file("tiny"));
        add("small", "like: tiny\nl2:\n  ways: {value: 8, kind: measured, source: \"a ruler\"}\n");
        add("smaller", "like: small\nboard: a30-24gb\n");
    }
    void add(const std::string& name, const std::string& text) {
        write(file(name), "format: migsim/device/1\nname: " + name + "\n" + text);
    }
    fs::path file(const std::string& name) const { return folder_.path() / (name + ".yaml"); }

    std::string complaint(const std::string& name) const {
        try {
            load_device(file(name));
        } catch (const InputError& error) {
            return error.what();
        }
        return "no complaint";
    }

private:
    TemporaryFolder folder_;
};

Provenance provenance(const Params& params, const std::string& key) {
    for (const ParamDescription& p : params.describe())
        if (p.key == key) return *p.provenance;
    throw std::out_of_range(key);
}

} // namespace

TEST_CASE("a device that is like another has its own numbers and the other's for the rest", "[fast]") {
    const Devices devices;
    const auto tiny = load_device(devices.file("tiny")), small = load_device(devices.file("small"));
    CHECK(tiny->l2.ways == 16);
    CHECK(small->l2.ways == 8);
    CHECK(small->l2.sets == tiny->l2.sets);
    CHECK(small->memory.nCL == tiny->memory.nCL);
    CHECK(small->board == "tiny");
    CHECK(small->walls == tiny->walls);
    CHECK(load_device(devices.file("smaller"))->l2.ways == 8);
    CHECK(load_device(devices.file("smaller"))->board == "a30-24gb");
}

TEST_CASE("what was found out about another device is assumed of one that is like it", "[fast]") {
    const Devices devices;
    const auto small = load_device(devices.file("small")), smaller = load_device(devices.file("smaller"));
    CHECK(provenance(small->l2, "ways").kind == ParamKind::Measured);
    CHECK(provenance(small->l2, "ways").source == "a ruler");
    CHECK(provenance(smaller->l2, "ways").kind == ParamKind::Assumed);
    CHECK(provenance(smaller->l2, "ways").source == "as small (measured): a ruler");
    const Provenance clock = provenance(load_device(devices.file("tiny"))->chip, "clock");
    CHECK(clock.kind != ParamKind::Assumed);
    CHECK(provenance(small->chip, "clock").kind == ParamKind::Assumed);
    CHECK_THAT(provenance(small->chip, "clock").source,
               Contains("as tiny (" + std::string(enum_name(clock.kind)) + "): " + clock.source));
}

TEST_CASE("a device that is like none, or like itself, is refused", "[fast]") {
    Devices devices;
    devices.add("lost", "like: tinny\n");
    CHECK_THAT(devices.complaint("lost"), Contains("lost.yaml:3:7: like: 'tinny' is not another device") &&
                                              Contains("did you mean 'tiny'?"));
    devices.add("round", "like: about\n");
    devices.add("about", "like: round\n");
    CHECK_THAT(devices.complaint("round"), Contains("about.yaml:3:7: like: 'round' is not another device"));
    devices.add("odd", "like: tiny\nl2: {wayz: {value: 8, kind: assumed, source: \"none\"}}\nl4: {}\n");
    CHECK_THAT(devices.complaint("odd"),
               Contains("odd.yaml:4") && Contains("'wayz'") && Contains("odd.yaml:5") && Contains("'l4'"));
}

TEST_CASE("every device carries every layout of its board of instances whose SMs are known or assumed",
          "[fast]") {
    std::map<std::string, std::size_t> layouts;
    const DataFolder data(MIGSIM_SOURCE_DIR);
    for (const std::string& name : data.device_names()) {
        CAPTURE(name);
        const auto device = load_device(data.device(name));
        const auto table = load_board(device->board, data.boards(), {});
        std::vector<const Profile*> known;
        for (const Profile& profile : table->profiles)
            if (profile.sm_count_of_machine()) known.push_back(&profile);
        for (const Layout& layout : all_layouts(table, known)) {
            const ResourceMap map(layout, shape_of(*device));
            REQUIRE(map.instances().size() == layout.instances().size());
            ++layouts[name];
        }
    }
    CHECK(layouts["h200-sxm-141gb"] > 298); // that many without attributes and double memory
    CHECK(layouts["a30-pcie-24gb"] > 10);
    CHECK(layouts["b200-sxm-180gb"] > 298);
    CHECK(layouts["rtx-pro-6000-96gb"] > 10);
    CHECK(layouts["b300-sxm-269gb"] > 298);
    CHECK(layouts["h100-96gb"] > 298);
    CHECK(layouts["rtx-pro-5000-48gb"] > 10);
    CHECK(layouts["h20-96gb"] == 1); // the empty one
}
