// SPDX-License-Identifier: Apache-2.0
#include "bench/silicon/report.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "bench/silicon/samples.h"
#include "bench/validation/silicon_questions.h"

namespace migsim::silicon {
namespace {

constexpr const char* source = "silicon";

struct KnownBoard {
    const char* name; // as the driver calls it
    const char* device;
};
constexpr KnownBoard known_boards[] = {
    {"NVIDIA A100-PCIE-40GB", "a100-pcie-40gb"}, {"NVIDIA A100-SXM4-40GB", "a100-sxm-40gb"},
    {"NVIDIA A100-SXM4-80GB", "a100-sxm-80gb"},  {"NVIDIA H100 PCIe", "h100-pcie-80gb"},
    {"NVIDIA H100 80GB HBM3", "h100-sxm-80gb"},  {"NVIDIA H200", "h200-sxm-141gb"},
};

bool is_measured(const MeasuredPoint& point) {
    return !point.samples.empty() &&
           std::all_of(point.samples.begin(), point.samples.end(), [](double x) { return std::isfinite(x); });
}

std::string pattern_of(const SiliconQuestion& question) {
    const std::string here = question.here;
    return question.pattern + (here.empty() ? "" : "; here: " + here);
}

std::string quoted(const std::string& text) {
    std::string json = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') json += '\\';
        json += c; // no control characters: channel.cpp takes them out
    }
    return json + "\"";
}

void append(std::string& json, const Node& node, const std::string& indent) {
    const std::string deeper = indent + "  ";
    if (node.kind == Node::Kind::Map) {
        const char* separator = "{";
        for (const Node::Entry& entry : node.entries) {
            json += separator + ("\n" + deeper) + quoted(entry.key) + ": ";
            append(json, entry.value, deeper);
            separator = ",";
        }
        json += node.entries.empty() ? "{}" : "\n" + indent + "}";
    } else if (node.kind == Node::Kind::Sequence) {
        const bool maps = !node.items.empty() && node.items[0].kind == Node::Kind::Map;
        json += "[";
        for (std::size_t i = 0; i < node.items.size(); ++i) {
            if (i > 0) json += maps ? "," : ", ";
            if (maps) json += "\n" + deeper;
            append(json, node.items[i], deeper);
        }
        json += maps ? "\n" + indent + "]" : "]";
    } else {
        json += node.quoted ? quoted(node.scalar) : node.scalar;
    }
}

} // namespace

std::string device_of(const std::string& board, const std::string& slice) {
    if (slice.empty())
        for (const KnownBoard& known : known_boards)
            if (board == known.name) return known.device;
    return "unknown (" + board + ")";
}

MeasuredBoard board_of(const std::map<std::string, std::string>& facts) {
    const auto text = [&](const char* key) {
        const auto found = facts.find(key);
        return found == facts.end() ? std::string() : found->second;
    };
    const auto number = [&](const char* key) { return std::strtoull(text(key).c_str(), nullptr, 10); };
    const auto mhz = [&](const char* key) {
        return facts.contains(key) ? std::optional<std::uint32_t>(number(key)) : std::nullopt;
    };
    MeasuredBoard board;
    board.name = text("name");
    board.slice = text("slice");
    board.pci = text("pci");
    board.driver = text("driver");
    board.runtime = text("runtime");
    board.compute_capability = text("compute_capability");
    board.sms = static_cast<std::uint32_t>(number("sms"));
    board.l2_bytes = number("l2_bytes");
    board.memory_bytes = number("memory_bytes");
    board.mig = text("mig") == "on";
    board.sm_clock_mhz = mhz("sm_clock_mhz");
    board.sm_clock_limit_mhz = mhz("sm_clock_limit_mhz");
    board.memory_clock_mhz = mhz("memory_clock_mhz");
    if (facts.contains("power_limit_mw"))
        board.power_limit_w = static_cast<double>(number("power_limit_mw")) / 1e3;
    return board;
}

void add_curves(CurveFile& file, const Heard& heard) {
    const std::size_t first = file.curves.size();
    std::vector<std::vector<double>> clocks;
    for (const MeasuredPoint& point : heard.points) {
        const SiliconQuestion* question = find_silicon_question(point.question);
        if (!question) throw std::logic_error("'" + point.question + "' is not in silicon_questions");
        if (!is_measured(point)) continue;
        auto curve = std::find_if(
            file.curves.begin() + static_cast<std::ptrdiff_t>(first), file.curves.end(),
            [&](const Curve& c) { return c.question == point.question && c.variant == point.variant; });
        if (curve == file.curves.end()) {
            Curve fresh;
            fresh.question = point.question;
            fresh.variant = point.variant;
            fresh.source = source;
            fresh.unit = question->unit;
            fresh.pattern = pattern_of(*question);
            fresh.unfinished = heard.unfinished;
            file.curves.push_back(std::move(fresh));
            clocks.emplace_back();
            curve = file.curves.end() - 1;
        }
        if (point.name.empty())
            curve->at.push_back(point.at);
        else
            curve->cases.push_back(point.name);
        std::vector<double> samples;
        for (const double sample : point.samples) samples.push_back(to_six_digits(sample));
        curve->measured.push_back(median(samples));
        curve->spread_percent.push_back(to_six_digits(spread_percent(samples)));
        curve->samples.push_back(std::move(samples));
        if (point.clock_mhz > 0)
            clocks[static_cast<std::size_t>(curve - file.curves.begin()) - first].push_back(point.clock_mhz);
    }
    for (std::size_t i = 0; i < clocks.size(); ++i)
        if (!clocks[i].empty())
            file.curves[first + i].clock_mhz = static_cast<std::uint32_t>(std::lround(median(clocks[i])));
}

std::string json_of(const CurveFile& file) {
    Node root = Node::map();
    root.add("format", Node::text(curves_format.text()));
    Codec<CurveFile>::append(file, Origin(nullptr, {}), root);
    std::string json;
    append(json, root, "");
    return json + "\n";
}

} // namespace migsim::silicon
