// SPDX-License-Identifier: Apache-2.0
// What `migsim validate` reads and what it makes of answers; no machine runs here.
#include <catch2/catch.hpp>

#include <filesystem>

#include "bench/validation/calibrated.h"
#include "bench/validation/comparison.h"
#include "bench/validation/silicon_questions.h"
#include "tests/system/program.h"

using namespace migsim;

namespace {

const std::filesystem::path source_folder = MIGSIM_SOURCE_DIR;

std::unique_ptr<Device> device(const std::string& name) {
    return load_device(source_folder / "models/devices" / (name + ".yaml"));
}

std::string file_with(const std::string& curve) {
    return "format: migsim/curves/1\ndevice: tiny\nsources: {us: our board}\ncurves:\n  - " + curve + "\n";
}

CurveFile read(const std::string& text) {
    const test::TemporaryFolder folder;
    test::write(folder.path() / "curves.yaml", text);
    return load_curves(folder.path() / "curves.yaml");
}

std::string complaint(const std::string& curve) {
    try {
        read(file_with(curve));
    } catch (const InputError& error) {
        const std::string text = error.what();
        return text.substr(text.find("curves.yaml"));
    }
    return "none";
}

Curve stream_curve(std::vector<double> at, std::vector<double> measured) {
    Curve curve;
    curve.question = "stream_vs_occupancy";
    curve.variant = "read";
    curve.source = "us";
    curve.unit = "GB/s";
    curve.at = std::move(at);
    curve.measured = std::move(measured);
    return curve;
}

ComparedCurve compared(const Curve& curve, const std::vector<double>& twins, double change_percent = 0) {
    CurveFile file;
    file.device = "tiny";
    file.sources["us"] = "our board";
    std::vector<std::vector<Answer>> answers;
    for (const double twin : twins) answers.push_back({{twin, 2, change_percent}});
    return compare(file, curve, *find_twin(curve.question), *device("tiny"), answers);
}

} // namespace

TEST_CASE("every published file loads, and its board is a device", "[fast]") {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(source_folder / "bench/published")) {
        CAPTURE(entry.path());
        const CurveFile file = load_curves(entry.path());
        CHECK(entry.path().stem() == file.device);
        CHECK(device(file.device)->name == file.device);
        ++files;
    }
    CHECK(files >= 4);
}

TEST_CASE("a measurement that answers no question is refused with what would be legal", "[fast]") {
    const std::string misspelt =
        complaint("{question: level_latncy, source: us, cases: [far_miss], measured: [600], unit: cycles}");
    CHECK(misspelt.find("curves.yaml:5:16: curves[0].question: 'level_latncy' is not a question; legal: "
                        "latency_vs_footprint, level_latency, loaded_latency, ") == 0);
    CHECK(misspelt.find("translation_loss, latency_vs_load, ") != std::string::npos);
    CHECK(misspelt.find("; did you mean 'level_latency'?") != std::string::npos);
    CHECK(
        complaint("{question: level_latency, source: us, cases: [far_mis], measured: [600], unit: cycles}") ==
        "curves.yaml:5:51: curves[0].cases[0]: 'far_mis' is not a case of level_latency; legal: l2_near_hit, "
        "l2_far_hit, near_miss, far_miss; did you mean 'far_miss'?");
    CHECK(complaint("{question: level_latency, source: us, cases: [far_miss], measured: [600], unit: ns}") ==
          "curves.yaml:5:85: curves[0].unit: 'ns' is not the unit of level_latency; legal: cycles");
    CHECK(complaint(
              "{question: level_latency, source: them, cases: [far_miss], measured: [600], unit: cycles}") ==
          "curves.yaml:5:39: curves[0].source: 'them' is not one of the sources; legal: us");
    CHECK(complaint("{question: stream_vs_occupancy, variant: read, source: us, at: [2048], measured: [9], "
                    "unit: GB/s}") ==
          "curves.yaml:5:69: curves[0].at[0]: is outside what the twin can do: 32 to 1024 threads per CTA");
    CHECK(complaint("{question: stream_vs_occupancy, source: us, at: [64], measured: [9], unit: GB/s}")
              .find("'' is not a variant of stream_vs_occupancy; legal: read, write, scale, triad") !=
          std::string::npos);
    CHECK(complaint("{question: level_latency, source: us, at: [1], measured: [600], unit: cycles}")
              .find("is asked by name; legal: l2_near_hit") != std::string::npos);
    CHECK(complaint(
              "{question: level_latency, source: us, cases: [far_miss], measured: [600, 601], unit: cycles}")
              .find("must have one value for each position or case") != std::string::npos);
    CHECK(complaint("{question: level_latency, source: us, cases: [far_miss], measured: [0], unit: cycles}")
              .find("must be above 0") != std::string::npos);
}

TEST_CASE("what bench/silicon measures and no twin answers is legal in its unit only", "[fast]") {
    CHECK(
        complaint("{question: host_copy, variant: h2d_pinned, source: us, at: [4096], measured: [1.5], unit: "
                  "GB/s}") == "none");
    CHECK(complaint("{question: host_copy, source: us, at: [4096], measured: [1.5], unit: MB/s}")
              .find("'MB/s' is not the unit of host_copy; legal: GB/s") != std::string::npos);
}

TEST_CASE("samples that do not belong to their values are refused", "[fast]") {
    const std::string curve =
        "{question: stream_vs_occupancy, variant: read, source: us, at: [32, 64], measured: "
        "[80, 160], unit: GB/s, ";
    CHECK(complaint(curve + "samples: [[79, 80, 81], [160]], spread_percent: [2.5, 0]}") == "none");
    CHECK(
        complaint(curve + "samples: [[79, 80, 81]]}").find("must have one list for each value of measured") !=
        std::string::npos);
    CHECK(complaint(curve + "samples: [[79, 80, 81], []]}").find("is empty: a value without samples") !=
          std::string::npos);
    CHECK(complaint(curve + "samples: [[79, 80, 81], [161, 170]]}").find("does not enclose its value, 160") !=
          std::string::npos);
    CHECK(complaint(curve + "samples: [[79, 80, .nan], [160]]}").find("'.nan' is not a finite number") !=
          std::string::npos);
    CHECK(complaint(curve + "spread_percent: [1, 2, 3]}").find("must have one value for each of measured") !=
          std::string::npos);
}

TEST_CASE("bench/silicon does what its twins do, word for word, and says what it does otherwise", "[fast]") {
    std::size_t with_twin = 0;
    for (const SiliconQuestion& question : silicon_questions) {
        CAPTURE(question.name);
        CHECK(find_silicon_question(question.name) == &question); // no name stands twice
        const Twin* twin = find_twin(question.name);
        if (!twin) {
            CHECK(std::string(question.here).empty());
            continue;
        }
        ++with_twin;
        CHECK(question.pattern == twin->facts.pattern);
        CHECK(question.unit == twin->facts.unit);
        CHECK(question.at_unit == twin->facts.at_unit);
    }
    CHECK(with_twin == all_twins().size() - 1); // no GPU can be asked what it would do with ideal TLBs
}

TEST_CASE("the README of bench/silicon tells what each experiment does beside its twin", "[fast]") {
    const std::string readme = test::text_of(source_folder / "bench/silicon/README.md");
    for (const SiliconQuestion& question : silicon_questions) {
        const bool twin = find_twin(question.name);
        const std::string here = question.here;
        const std::string row = "| `" + std::string(question.name) + "` | " + question.pattern + " | " +
                                (!twin          ? "no twin"
                                 : here.empty() ? "the same"
                                                : here) +
                                " |\n";
        INFO(row);
        CHECK(readme.find(row) != std::string::npos);
    }
}

TEST_CASE("a curve may ask the twin for each Nth point only", "[fast]") {
    Curve curve = stream_curve({32, 64, 96, 128, 160}, {1, 2, 3, 4, 5});
    curve.samples = {{1}, {2}, {3}, {4}, {5}};
    curve.every = 2;
    curve.thin();
    CHECK(curve.samples == std::vector<std::vector<double>>{{1}, {3}, {5}});
    CHECK(curve.at == std::vector<double>{32, 96, 160});
    CHECK(curve.measured == std::vector<double>{1, 3, 5});
    CHECK(curve.measured_to.empty());
}

TEST_CASE("an error is taken against the nearer end of a range, and a one-sided limit asks for one side",
          "[fast]") {
    Curve curve = stream_curve({32, 64, 96}, {100, 100, 100});
    curve.measured_to = {110, 110, 110};
    const auto errors = [&] {
        std::vector<double> all;
        for (const ComparedRow& row : compared(curve, {90, 105, 121}).rows) all.push_back(row.error_percent);
        return all;
    };
    const auto near = [](double value) { return Approx(value).margin(1e-9); };
    std::vector<double> within = errors();
    CHECK(within[0] == near(-10));
    CHECK(within[1] == near(0));
    CHECK(within[2] == near(10));
    curve.limit = Agreement::AtLeast;
    CHECK(errors()[0] == near(-10));
    CHECK(errors()[2] == near(0));
    curve.limit = Agreement::AtMost;
    CHECK(errors()[0] == near(0));
    CHECK(errors()[2] == near(10));
}

TEST_CASE("a row fails beyond its bound or when its passes disagree, and only where it has a bound",
          "[fast]") {
    Curve curve = stream_curve({32, 64}, {100, 100});
    CHECK(compared(curve, {105, 111}).rows[1].verdict == Verdict::Reported);
    CHECK_FALSE(compared(curve, {105, 111}).rows[1].fails());
    curve.bound_percent = 10;
    CHECK(compared(curve, {105, 111}).rows[0].verdict == Verdict::Good);
    CHECK(compared(curve, {105, 111}).rows[1].verdict == Verdict::Missed);
    CHECK(compared(curve, {105, 111}).rows[1].fails());
    CHECK(compared(curve, {100, 100}, 0.6).rows[0].verdict == Verdict::Unsteady);
    CHECK(compared(curve, {100, 100}, 0.6).rows[0].fails());
    CHECK(compared(curve, {100, 100}, 0.5).rows[0].verdict == Verdict::Good);
}

TEST_CASE("a point counts for the part of the logarithmic axis that it stands for", "[fast]") {
    CHECK(log_weights({8, 2, 32}) == std::vector<double>{std::log(4), std::log(4) / 2, std::log(4) / 2});
    CHECK(log_weights({7}) == std::vector<double>{1});
    const ComparedCurve result =
        compared(stream_curve({32, 64, 128, 256, 272, 288, 304}, std::vector<double>(7, 100)),
                 {101, 102, 103, 104, 109, 109, 109});
    CHECK(result.summary->median_percent == Approx(3)); // by number of points it would be 4
}

TEST_CASE("a curve comes to median, 90th percentile and worst point of what is not excluded", "[fast]") {
    Curve curve = stream_curve({1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024}, std::vector<double>(11, 100));
    curve.bound_percent = 50;
    curve.excluded.push_back({1024, 1024, "known"});
    const ComparedCurve result = compared(curve, {101, 102, 97, 104, 105, 94, 107, 108, 91, 88, 500});
    REQUIRE(result.summary);
    CHECK(result.summary->points == 10);
    CHECK(result.summary->median_percent == Approx(5.5)); // 1 2 3 4 5 | 6 7 8 9 12
    CHECK(result.summary->p90_percent == Approx(9));
    CHECK(result.summary->worst_percent == Approx(-12));
    CHECK(result.summary->worst_at == "512");
    CHECK(result.rows[10].verdict == Verdict::Excluded);
    CHECK_FALSE(result.rows[10].fails());
}

TEST_CASE("a row that some parameter was derived from counts as calibrated, its neighbours as predicted",
          "[fast]") {
    const auto a100 = device("a100-sxm-40gb");
    const auto by = [&](const std::string& question, const Question& row) {
        return calibrated_by(*a100, "a100-sxm-40gb.yaml", question, row);
    };
    CHECK(by("level_latency", {"", "l2_near_hit"}) ==
          std::vector<std::string>{"sm.l1_miss_latency", "sm.fill_latency", "crossbar.request_latency",
                                   "crossbar.response_latency"});
    CHECK(by("level_latency", {"", "far_miss"}).empty());
    CHECK(by("latency_vs_footprint", {"", "", 32}) == std::vector<std::string>{"sm.l1_hit_latency"});
    CHECK(by("latency_vs_footprint", {"", "", 30'000}).empty());
    CHECK_FALSE(by("stream_vs_occupancy", {"write", "", 512}).empty());
    CHECK(by("stream_vs_occupancy", {"read", "", 512}).empty());
    CHECK(by("port_scaling", {"read", "gpc"}) == std::vector<std::string>{"crossbar.gpc_response"});
    CHECK(by("port_scaling", {"read", "gpc_one_sm_per_tpc"}).empty());
    CHECK(by("l2_bandwidth_vs_footprint", {"", "", 20'480}).empty());
}
