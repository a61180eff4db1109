// SPDX-License-Identifier: Apache-2.0
// What bench/silicon writes is what `migsim validate --against` reads; no GPU is needed to hold them
// together.
#include <catch2/catch.hpp>

#include <csignal>
#include <limits>

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "bench/silicon/isolated.h"
#include "bench/silicon/report.h"
#include "tests/system/program.h"

using namespace migsim;
using namespace migsim::silicon;

namespace {

CurveFile file_of(const Heard& heard) {
    CurveFile file;
    file.device = "tiny";
    file.board = board_of({{"name", "NVIDIA \"Tiny\" \\ GPU"},
                           {"driver", "580.1"},
                           {"runtime", "13.0"},
                           {"compute_capability", "9.0"},
                           {"sms", "132"},
                           {"l2_bytes", "52428800"},
                           {"memory_bytes", "85899345920"},
                           {"mig", "on"},
                           {"slice", "1g.10gb"},
                           {"power_limit_mw", "699500"}});
    file.board->date = "2026-01-01T00:00:00Z";
    file.board->command = "silicon --quick";
    file.sources["silicon"] = "bench/silicon";
    add_curves(file, heard);
    return file;
}

} // namespace

TEST_CASE("what an experiment told comes back as curves with medians, spreads and all samples", "[fast]") {
    Heard heard;
    heard.unfinished = "its share of the time limit was spent";
    heard.points = {{"stream_vs_occupancy", "read", "", 64, {160, 150, 170}, 1400},
                    {"stream_vs_occupancy", "write", "", 64, {400, 400, 400}, 1410},
                    {"stream_vs_occupancy", "read", "", 96, {240, 230}, 1410},
                    {"host_copy", "h2d_pinned", "", 67108864, {1.5000004}, 0},
                    {"level_latency", "", "far_miss", 0, {600, 601, 602}, 1410}};
    const test::TemporaryFolder folder;
    const std::string json = json_of(file_of(heard));
    test::write(folder.path() / "measured.json", json);
    const CurveFile file = load_curves(folder.path() / "measured.json");

    REQUIRE(file.board);
    CHECK(file.board->name == "NVIDIA \"Tiny\" \\ GPU");
    CHECK(file.board->slice == "1g.10gb");
    CHECK(file.board->mig);
    CHECK(file.board->memory_bytes == 85899345920);
    CHECK(file.board->power_limit_w == 699.5);
    CHECK_FALSE(file.board->sm_clock_mhz);
    REQUIRE(file.curves.size() == 4);
    const Curve& read = file.curves[0];
    CHECK(read.variant == "read");
    CHECK(read.at == std::vector<double>{64, 96});
    CHECK(read.measured == std::vector<double>{160, 235});
    CHECK(read.samples == std::vector<std::vector<double>>{{160, 150, 170}, {240, 230}});
    CHECK(read.spread_percent[0] == Approx(100 * 20 / 170.0).epsilon(1e-4));
    CHECK(read.clock_mhz == 1405);
    CHECK(read.unit == "GB/s");
    CHECK(read.unfinished == heard.unfinished);
    CHECK(read.pattern.find("8 B x threads") != std::string::npos);
    CHECK(file.curves[2].at == std::vector<double>{67108864});  // a position is told exactly,
    CHECK(file.curves[2].measured == std::vector<double>{1.5}); // a measurement to six digits
    CHECK_FALSE(file.curves[2].clock_mhz);
    CHECK(file.curves[3].cases == std::vector<std::string>{"far_miss"});

    CHECK(nlohmann::json::parse(json)["curves"][0]["samples"][0][1] == 150); // JSON, and not only YAML
}

TEST_CASE("a point that was not measured is not reported", "[fast]") {
    const double none = std::numeric_limits<double>::quiet_NaN();
    const double endless = std::numeric_limits<double>::infinity();
    Heard heard;
    heard.points = {{"host_copy", "h2d_pinned", "", 4096, {}, 0},
                    {"host_copy", "h2d_pinned", "", 8192, {1, none}, 0},
                    {"host_copy", "h2d_pinned", "", 16384, {endless}, 0}};
    CHECK(file_of(heard).curves.empty());
    heard.points[0].question = "host_copies";
    CHECK_THROWS_AS(file_of(heard), std::logic_error);
}

TEST_CASE("an experiment that dies or hangs keeps the points that it had told, and no half one", "[fast]") {
    const MeasuredPoint point{"host_copy", "h2d_pinned", "a\tname", 4096, {0.1, 1e300}, 1410};
    const auto tell = [&](Channel& channel) { channel.point(point); };

    const Isolated well = run_isolated(tell, 20);
    CHECK(well.failure.empty());
    REQUIRE(heard(well.text).points.size() == 1);
    CHECK(heard(well.text).points[0].samples == point.samples); // to the last bit
    CHECK(heard(well.text).points[0].name == "a name");
    CHECK(heard(well.text.substr(0, well.text.size() - 1)).points.empty());

    const Isolated thrown = run_isolated(
        [&](Channel& channel) {
            tell(channel);
            throw std::runtime_error("the device fell off the bus");
        },
        20);
    CHECK(thrown.failure == "the device fell off the bus");
    CHECK(heard(thrown.text).points.size() == 1);

    const Isolated killed = run_isolated(
        [&](Channel& channel) {
            tell(channel);
            ::raise(SIGKILL);
        },
        20);
    CHECK(killed.failure == "ended by signal Killed");
    CHECK(heard(killed.text).points.size() == 1);

    const Isolated hung = run_isolated(
        [&](Channel& channel) {
            tell(channel);
            for (;;) ::pause();
        },
        0.3);
    CHECK(hung.failure == "did not end in time and was stopped");
    CHECK(heard(hung.text).points.size() == 1);
}

TEST_CASE("a board is compared with the device file that describes all of it", "[fast]") {
    CHECK(device_of("NVIDIA H200", "") == "h200-sxm-141gb");
    CHECK(device_of("NVIDIA A100-SXM4-80GB", "") == "a100-sxm-80gb");
    CHECK(device_of("NVIDIA H200", "1g.18gb") == "unknown (NVIDIA H200)"); // a slice is no board
    CHECK(device_of("NVIDIA L4", "") == "unknown (NVIDIA L4)");
    for (const char* name : {"NVIDIA A100-PCIE-40GB", "NVIDIA A100-SXM4-40GB", "NVIDIA A100-SXM4-80GB",
                             "NVIDIA H100 PCIe", "NVIDIA H100 80GB HBM3", "NVIDIA H200"})
        CHECK(test::fs::exists(test::fs::path(MIGSIM_SOURCE_DIR) / "models/devices" /
                               (device_of(name, "") + ".yaml")));
}
