// SPDX-License-Identifier: Apache-2.0
// What somebody measured on a real GPU, as a file: `format: migsim/curves/1`, one board per file. Each curve
// names the question it answers, and the twin of that name asks the simulated board the same. The files that
// belong to the program are in bench/published; bench/silicon writes one, and anyone can give one to `migsim
// validate --against`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/base/config/describe.h"

namespace migsim {

// How a twin's value is held against a measured one, or against a range.
enum class Agreement { Within, AtLeast, AtMost };
template <>
struct EnumNames<Agreement> {
    static constexpr std::array table{EnumName{Agreement::Within, "within"},
                                      EnumName{Agreement::AtLeast, "at_least"},
                                      EnumName{Agreement::AtMost, "at_most"}};
};

struct ExcludedRange {
    double from = 0, to = 0;
    std::string reason;
};

template <class Visitor>
void describe(Visitor& v, ExcludedRange& e) {
    v.required("from", e.from, "first position that does not count");
    v.required("to", e.to, "last position that does not count");
    v.required("reason", e.reason, "why", NonEmpty{});
    v.rule("to", e.to >= e.from, "must not be below from");
}

// The board that was measured, as it calls itself; bench/silicon fills it in.
struct MeasuredBoard {
    std::string name, slice, pci, driver, runtime, compute_capability;
    std::uint32_t sms = 0;
    std::uint64_t l2_bytes = 0, memory_bytes = 0;
    bool mig = false;
    std::optional<std::uint32_t> sm_clock_mhz, sm_clock_limit_mhz, memory_clock_mhz;
    std::optional<double> power_limit_w;
    std::string date, command;
};

template <class Visitor>
void describe(Visitor& v, MeasuredBoard& b) {
    v.required("name", b.name, "what the driver calls it", NonEmpty{});
    v.optional("slice", b.slice, "MIG profile that was measured; empty: the whole GPU");
    v.optional("pci", b.pci, "vendor and device id");
    v.required("driver", b.driver, "version");
    v.required("runtime", b.runtime, "version of CUDA");
    v.required("compute_capability", b.compute_capability, "major.minor");
    v.required("sms", b.sms, "that the program could use", Range{1, 65535});
    v.required("l2_bytes", b.l2_bytes, "of L2, as the driver reports it");
    v.required("memory_bytes", b.memory_bytes, "of memory, as the driver reports it");
    v.required("mig", b.mig, "MIG mode is on");
    v.optional("sm_clock_mhz", b.sm_clock_mhz, "before the first load, as the driver reports it");
    v.optional("sm_clock_limit_mhz", b.sm_clock_limit_mhz, "the highest, as the driver reports it");
    v.optional("memory_clock_mhz", b.memory_clock_mhz, "as the driver reports it");
    v.optional("power_limit_w", b.power_limit_w, "that was enforced");
    v.required("date", b.date, "UTC");
    v.required("command", b.command, "that measured it");
}

struct Curve {
    std::string question;
    std::string variant;
    std::string source;
    std::string file;
    std::string note;
    std::optional<std::uint32_t> clock_mhz;
    std::vector<double> at;
    std::vector<std::string> cases;
    std::vector<double> measured;
    std::vector<double> measured_to;
    std::string unit;
    Agreement limit = Agreement::Within;
    std::optional<double> bound_percent;
    bool is_short = false;
    std::uint32_t every = 1;
    std::vector<ExcludedRange> excluded;
    std::vector<std::vector<double>> samples;
    std::vector<double> spread_percent;
    std::string pattern;
    std::string unfinished;

    std::size_t points() const { return measured.size(); }
    void thin(); // down to the points that are asked of the twin
};

template <class Visitor>
void describe(Visitor& v, Curve& c) {
    v.required("question", c.question, "what was measured: the name of a twin, or one of silicon_questions",
               NonEmpty{});
    v.optional("variant", c.variant, "of the question, where it has some");
    v.required("source", c.source, "who measured it: a key of sources", NonEmpty{});
    v.optional("file", c.file, "in that source");
    v.optional("note", c.note, "what a reader should know");
    v.optional("clock_mhz", c.clock_mhz, "of the SMs; default: as in the device file", Range{1, 65535});
    v.optional("at", c.at, "positions, in the question's unit");
    v.optional("cases", c.cases, "or names, where the question has no positions");
    v.required("measured", c.measured, "a value for each");
    v.optional("measured_to", c.measured_to, "the upper ends, where measurements disagree by a range");
    v.required("unit", c.unit, "of the values", NonEmpty{});
    v.optional("limit", c.limit, "what the twin must be: within the bound of it, at least it or at most it");
    v.optional("bound_percent", c.bound_percent, "error that fails; default: the row is only reported",
               Range{0, 1000});
    v.optional("short", c.is_short, "fast and stable enough for every test run");
    v.optional("every", c.every, "N: only each Nth point is asked of the twin, where all would take too long",
               Range{1, 1000});
    v.optional("excluded", c.excluded, "positions that are shown but do not count");
    v.optional("samples", c.samples, "for each value all that were taken, of which it is the median");
    v.optional("spread_percent", c.spread_percent, "for each value how far its samples lie apart");
    v.optional("pattern", c.pattern, "grid, block, stride, element, reuse, page size");
    v.optional("unfinished", c.unfinished, "why points are missing");
    v.rule("cases", c.at.empty() != c.cases.empty(), "stands in the place of at: give one of the two");
    v.rule("measured", c.measured.size() == c.at.size() + c.cases.size(),
           "must have one value for each position or case");
    v.rule("measured_to", c.measured_to.empty() || c.measured_to.size() == c.measured.size(),
           "must have as many values as measured");
    v.rule("samples", c.samples.empty() || c.samples.size() == c.measured.size(),
           "must have one list for each value of measured");
    v.rule("spread_percent", c.spread_percent.empty() || c.spread_percent.size() == c.measured.size(),
           "must have one value for each of measured");
}

struct CurveFile {
    std::string name; // of the file, without its folder
    std::string device;
    std::optional<MeasuredBoard> board;
    std::map<std::string, std::string> sources;
    std::vector<Curve> curves;
};

inline const Format curves_format{"curves", 1};

template <class Visitor>
void describe(Visitor& v, CurveFile& f) {
    v.required("device", f.device, "that the board corresponds to", NonEmpty{});
    v.optional("board", f.board, "the one that was measured");
    v.required("sources", f.sources, "short name: program and commit, or paper and table", NonEmpty{});
    v.required("curves", f.curves, "all that was measured", NonEmpty{});
}

// Throws InputError with all that is wrong. A question that no twin answers is legal where bench/silicon asks
// it.
CurveFile load_curves(const std::filesystem::path& file);

} // namespace migsim
