// SPDX-License-Identifier: Apache-2.0
// What `migsim calibrate` may move, what it compares with and what it writes; the twins are formulas here.
#include <catch2/catch.hpp>

#include <algorithm>

#include "bench/calibration/calibrated_document.h"
#include "bench/calibration/calibration.h"
#include "bench/validation/calibrated.h"
#include "models/gpu/device_document.h"
#include "tests/system/program.h"

using namespace migsim;

namespace {

Document document_of(const std::string& name) {
    return load_device_document(std::filesystem::path(MIGSIM_SOURCE_DIR) / "models/devices" /
                                (name + ".yaml"));
}

std::unique_ptr<Device> tiny() {
    return read_device(document_of("tiny"));
}

std::string refusal(const std::string& parameter) {
    try {
        free_parameters(*tiny(), {parameter});
    } catch (const InputError& error) {
        return error.what();
    }
    return "none";
}

Curve curve_of(const std::string& question, std::vector<double> at, std::vector<double> measured) {
    Curve curve;
    curve.question = question;
    curve.source = "us";
    curve.at = std::move(at);
    curve.measured = std::move(measured);
    return curve;
}

CurveFile file_of(std::vector<Curve> curves) {
    CurveFile file;
    file.name = "ours.yaml";
    file.device = "tiny";
    file.sources["us"] = "our board";
    file.curves = std::move(curves);
    return file;
}

std::vector<std::string> names(const std::vector<MeasuredPoint>& points, bool held_back) {
    std::vector<std::string> result;
    for (const MeasuredPoint& point : points)
        if (point.held_back == held_back) result.push_back(name_of(point.question));
    return result;
}

using Names = std::vector<std::string>;

} // namespace

TEST_CASE("a fit changes derived times and rates, and others by name, up to a factor of two and inside what "
          "is legal",
          "[fast]") {
    const auto device = tiny();
    const auto all = free_parameters(*device, {});
    const auto find = [&](const std::string& name) {
        return std::find_if(all.begin(), all.end(), [&](const FreeParameter& p) { return p.name() == name; });
    };
    REQUIRE(find("crossbar.request_latency") != all.end());
    CHECK(find("crossbar.request_latency")->value == 66);
    CHECK(find("crossbar.request_latency")->least == 33);
    CHECK(find("crossbar.request_latency")->most == 132);
    CHECK(find("front_end.stream_gap") != all.end());  // ns
    CHECK(find("crossbar.tpc_response") != all.end()); // B/clk
    CHECK(find("sm.l1_hit_latency") == all.end());     // measured
    CHECK(find("l2.read_port") == all.end());          // vendor
    CHECK(find("sm.fill_latency") == all.end());       // 0
    CHECK(find("l2.mshrs") == all.end());              // places
    CHECK(find("l2.replacement") == all.end());        // no number
    CHECK(find("memory.nRFCpb") == all.end());         // assumed
    CHECK(find("sm.l1_sets") == all.end());            // derived, but no time or rate

    const auto named = free_parameters(*device, {"memory.nRFCpb", "l2.mshrs"});
    REQUIRE(named.size() == 2); // in the order of the file
    CHECK(named[0].name() == "l2.mshrs");
    CHECK(named[1].most == 486);
    device->sm.set("cta_start", "10000");
    CHECK(free_parameters(*device, {"sm.cta_start"}).front().most == 10000);
}

TEST_CASE("a fit refuses what is documented, what is no number, what is nothing and what does not exist",
          "[fast]") {
    CHECK(refusal("sm.l1_hit_latency") == "--parameter: sm.l1_hit_latency of tiny is documented (measured: "
                                          "te42kyfo/gpu-benches 1c36d50, raw logs), so no fit may change it");
    CHECK(refusal("sm.registers").find("is documented (vendor: NVIDIA A100 whitepaper") != std::string::npos);
    CHECK(refusal("l2.replacement") ==
          "--parameter: l2.replacement of tiny is no whole number (lru), so it has no neighbours to go to");
    CHECK(refusal("sm.fill_latency") ==
          "--parameter: sm.fill_latency of tiny is 0, which has no half and no double to stay between");
    CHECK(refusal("crossbar.request_latncy")
              .find("'crossbar.request_latncy' is not a parameter that a fit may "
                    "change; legal: ") != std::string::npos);
    CHECK(refusal("crossbar.request_latncy").find("did you mean 'crossbar.request_latency'?") !=
          std::string::npos);
}

TEST_CASE("every second position of a curve is held back, in their order, and no case", "[fast]") {
    Curve cases = curve_of("level_latency", {}, {200, 350});
    cases.cases = {"l2_near_hit", "l2_far_hit"};
    const std::vector<CurveFile> files{
        file_of({curve_of("latency_vs_footprint", {64, 16, 32, 8}, {1, 1, 1, 1}), cases})};
    const MeasuredPoints half = measured_points(files, *tiny(), 0.5, 1e9);
    CHECK(names(half.all, false) == Names{"l2_near_hit", "l2_far_hit", "8", "32"});
    CHECK(names(half.all, true) == Names{"16", "64"});
    CHECK(half.left_out.empty());
    CHECK(names(measured_points(files, *tiny(), 0.25, 1e9).all, true) == Names{"64"});
    CHECK(names(measured_points(files, *tiny(), 0, 1e9).all, true).empty());
}

TEST_CASE("who measured the same question twice does not have it on both sides", "[fast]") {
    const std::vector<CurveFile> files{file_of({curve_of("latency_vs_footprint", {8, 16, 32}, {1, 2, 3}),
                                                curve_of("latency_vs_footprint", {16}, {2.1})})};
    const MeasuredPoints points = measured_points(files, *tiny(), 0.5, 1e9);
    CHECK(names(points.all, true) == Names{"16", "16"});
}

TEST_CASE("limits, what-ifs, excluded positions and what no twin answers are left out, with the reason",
          "[fast]") {
    Curve limit = curve_of("random_bandwidth", {512}, {1400});
    limit.limit = Agreement::AtLeast;
    Curve what_if = curve_of("latency_vs_footprint", {8}, {36});
    what_if.variant = "nru";
    Curve excluded = curve_of("latency_vs_footprint", {8, 16, 32}, {36, 36, 36});
    excluded.excluded.push_back({10, 20, "odd"});
    const std::vector<CurveFile> files{
        file_of({curve_of("host_copy", {4096}, {1}), limit, what_if, excluded})};
    const MeasuredPoints points = measured_points(files, *tiny(), 0, 1e9);
    CHECK(points.all.size() == 2);
    Names reasons;
    for (const LeftOutPoints& p : points.left_out) reasons.push_back(p.question + " " + p.why);
    CHECK(reasons == Names{"host_copy no twin answers this question",
                           "random_bandwidth a limit is no measurement",
                           "latency_vs_footprint asks what another device would do",
                           "latency_vs_footprint excluded by its file"});
}

TEST_CASE("of what is fitted the budget takes the cheapest, and what is held back is all asked", "[fast]") {
    Curve stream = curve_of("stream_vs_occupancy", {32, 64, 96, 128, 160, 192}, {1, 1, 1, 1, 1, 1});
    stream.variant = "read"; // 0.2 million lines each
    const std::vector<CurveFile> files{
        file_of({stream, curve_of("latency_vs_footprint", {1, 2, 4}, {1, 1, 1})})};
    const MeasuredPoints all = measured_points(files, *tiny(), 0, 0.9);
    CHECK(names(all.all, false) == Names{"1", "2", "4", "32", "64", "96", "128"});
    REQUIRE(all.left_out.size() == 1);
    CHECK(all.left_out.front().points == 2);
    const MeasuredPoints half = measured_points(files, *tiny(), 0.5, 0.5);
    CHECK(names(half.all, false) == Names{"1", "4", "32", "96"});
    CHECK(names(half.all, true) == Names{"2", "64", "128", "192"});
}

TEST_CASE("a file that bounds some curves has the others left out, and one that bounds none has none",
          "[fast]") {
    Curve bounded = curve_of("latency_vs_footprint", {8}, {36});
    const Curve other = curve_of("latency_vs_footprint", {16}, {36});
    const std::vector<CurveFile> unbounded{file_of({bounded, other})};
    CHECK(measured_points(unbounded, *tiny(), 0, 1e9).all.size() == 2);
    bounded.bound_percent = 10;
    const std::vector<CurveFile> files{file_of({bounded, other})};
    const MeasuredPoints points = measured_points(files, *tiny(), 0, 1e9);
    CHECK(names(points.all, false) == Names{"8"});
    CHECK(points.left_out.front().why == "only reported: its file bounds others");
}

TEST_CASE(
    "a calibration recovers what the points determine and never asks for what is held back while it fits",
    "[fast]") {
    Curve curve = curve_of("latency_vs_footprint", {8, 16, 32, 64}, {});
    const auto model = [](const Device& device, double at) {
        return device.crossbar.request_latency + at * device.chip.partition_link;
    };
    const auto truth = tiny();
    for (const double at : curve.at) curve.measured.push_back(model(*truth, at));
    const std::vector<CurveFile> files{file_of({curve})};
    const MeasuredPoints points = measured_points(files, *truth, 0.5, 1e9);

    const auto named =
        free_parameters(*truth, {"crossbar.request_latency", "chip.partition_link", "mmu.walk_step"});
    const Document off =
        with_values(document_of("tiny"), named, {83, 46, 10}, "off"); // in the order of the file
    const auto free = free_parameters(*read_device(off),
                                      {"crossbar.request_latency", "chip.partition_link", "mmu.walk_step"});
    unsigned asked_back = 0, asked = 0;
    const Calibration result = calibrate(off, free, points, [&](const auto& devices, const auto& of) {
        std::vector<std::vector<TwinValue>> values;
        for (const auto& device : devices) {
            values.emplace_back();
            for (const MeasuredPoint& point : of)
                values.back().push_back({model(*device, point.question.at), 0});
        }
        ++asked;
        asked_back += std::any_of(of.begin(), of.end(), [](const MeasuredPoint& p) { return p.held_back; });
        return values;
    });
    CHECK(result.parameters[0].name == "chip.partition_link");
    CHECK(result.parameters[0].to == 64);
    CHECK(result.parameters[1].to == 66);
    CHECK(result.parameters[2].to == 10);
    CHECK(result.parameters[2].outcome == FitOutcome::NoEffect);
    CHECK(result.held_back.before->median_percent > 10);
    CHECK(result.held_back.after->worst_percent == Approx(0).margin(1e-9));
    CHECK(result.held_back.after->points == 2);
    CHECK(result.fitted.after->points == 2);
    CHECK(asked_back == 2); // before and after
    CHECK(asked > 4);
}

TEST_CASE(
    "a calibrated device file reads back: what was fitted is derived from its points, all else as it was",
    "[fast]") {
    const auto device = tiny();
    const auto parameters = free_parameters(*device, {"crossbar.request_latency", "l2.mshrs"});
    const std::string source =
        fitted_source(7, {"level_latency"}, {"ours.yaml"}, "migsim calibrate --against ours.yaml");
    const std::string text = device_text(with_values(document_of("tiny"), parameters, {70, 11}, source),
                                         "mine", "tiny, calibrated");
    CHECK(text.starts_with("# tiny, calibrated\nformat: migsim/device/1\nname: mine\n"));
    const auto read = read_device(parse_document(text, "mine.yaml"));
    CHECK(read->name == "mine");
    CHECK(read->crossbar.request_latency == 70);
    CHECK(read->l2.mshrs == 11);

    std::map<std::string, ParamDescription> before;
    device->groups([&](const std::string& group, const Params& params) {
        for (const ParamDescription& p : params.describe()) before.emplace(group + "." + p.key, p);
    });
    read->groups([&](const std::string& group, const Params& params) {
        for (const ParamDescription& p : params.describe()) {
            INFO(group + "." + p.key);
            const bool fitted = p.key == "request_latency" || group + p.key == "l2mshrs";
            const ParamDescription& was = before.at(group + "." + p.key);
            CHECK((p.provenance->source == source) == fitted);
            CHECK((p.value == was.value && p.provenance->kind == was.provenance->kind &&
                   p.provenance->source == was.provenance->source) != fitted);
            if (fitted) CHECK(p.provenance->kind == ParamKind::Derived);
        }
    });

    const Names both{"crossbar.request_latency", "l2.mshrs"};
    CHECK(calibrated_by(*read, "ours.yaml", "level_latency", {"", "far_miss"}) == both);
    CHECK(calibrated_by(*read, "theirs.yaml", "level_latency", {"", "far_miss"}).empty());
    CHECK(calibrated_by(*read, "ours.yaml", "loaded_latency", {"", ""}).empty());
}
