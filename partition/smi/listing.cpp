// SPDX-License-Identifier: Apache-2.0
#include "partition/smi/listing.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <sstream>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "models/base/config/input_errors.h"
#include "models/base/config/text_file.h"

namespace migsim::smi {

namespace {

enum class Table { None, Profiles, Instances, ComputeInstanceProfiles, ComputeInstances };

constexpr std::array titles{
    std::pair{"GPU instance profiles:", Table::Profiles}, std::pair{"GPU instances:", Table::Instances},
    std::pair{"Compute instance profiles:", Table::ComputeInstanceProfiles},
    std::pair{"Compute instances:", Table::ComputeInstances}, std::pair{"MIG devices:", Table::None}};

// One line as words, read from left to right.
class Words {
public:
    Words(Place place, std::string_view line) : place_(std::move(place)) {
        std::string text(line);
        std::ranges::replace(text, '|', ' ');
        std::istringstream stream(text);
        for (std::string word; stream >> word;) words_.push_back(std::move(word));
    }

    const Place& place() const { return place_; }
    std::size_t count() const { return words_.size() - at_; }
    const std::string& next(const char* what) {
        if (at_ == words_.size()) refuse(place_, "", std::string("the line ends before ") + what);
        return words_[at_++];
    }
    void skip(std::string_view expected) {
        if (const std::string& word = next(std::string(expected).c_str()); word != expected)
            refuse(place_, "", shown(word) + " stands where " + shown(expected) + " belongs");
    }
    std::uint32_t number(const char* what) { return whole(next(what), what); }
    OrUnknown<std::uint32_t> number_or_unknown(const char* what) {
        const std::string& word = next(what);
        if (word == "?") return {};
        return whole(word, what);
    }
    std::uint32_t whole(std::string_view word, const char* what) const {
        std::uint32_t value = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
        if (error != std::errc{} || end != word.data() + word.size())
            refuse(place_, "", shown(word) + " is not " + what + "; legal: a whole number");
        return value;
    }
    // The right side of 5/7.
    std::uint32_t total() {
        const std::string& word = next("Free/Total");
        const std::size_t slash = word.find('/');
        if (slash == std::string::npos)
            refuse(place_, "", shown(word) + " is not Free/Total; legal: like 5/7");
        whole(std::string_view(word).substr(0, slash), "the free ones");
        return whole(std::string_view(word).substr(slash + 1), "the total");
    }
    Placement placement() {
        const std::string& word = next("Start:Size");
        const std::size_t colon = word.find(':');
        if (colon == std::string::npos)
            refuse(place_, "", shown(word) + " is not Start:Size; legal: like 4:2");
        return {whole(std::string_view(word).substr(0, colon), "a start"),
                whole(std::string_view(word).substr(colon + 1), "a size")};
    }
    // nvidia-smi prints GiB with two digits. Drivers hand out memory in pieces of 32 MiB or more, so that a
    // piece's number can be told from them: 9.62 is 9.625. What no such number prints as is of smaller ones.
    OrUnknown<std::uint64_t> memory() {
        const std::string& word = next("the memory");
        if (word == "?") return {};
        double gib = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), gib);
        if (error != std::errc{} || end != word.data() + word.size() || !(gib >= 0 && gib < 1e6))
            refuse(place_, "", shown(word) + " is not a size; legal: GiB, like 9.62");
        std::int64_t mib = 0;
        for (std::int64_t piece = 32; piece > 0; piece /= 2) {
            mib = std::llround(gib * 1024 / static_cast<double>(piece)) * piece;
            if (fmt::format("{:.2f}", static_cast<double>(mib) / 1024) == fmt::format("{:.2f}", gib)) break;
        }
        return static_cast<std::uint64_t>(mib);
    }

private:
    Place place_;
    std::vector<std::string> words_;
    std::size_t at_ = 0;
};

bool is_row(std::string_view line) { // | 0  MIG … and |   0   1   MIG …, no line of a header
    return line.starts_with("|") && line.find(" MIG ") != std::string_view::npos;
}

PlacementRow placements(Words words, std::string_view line) {
    PlacementRow row;
    row.place = words.place();
    words.skip("GPU");
    row.gpu = words.number("a GPU");
    words.skip("Profile");
    words.skip("ID");
    row.id = words.number_or_unknown("a profile id");
    const std::size_t open = line.find('{'), close = line.find("}:");
    if (open == std::string_view::npos || close == std::string_view::npos || close < open)
        refuse(words.place(), "", "has no placements; legal: like {0,4}:4");
    const std::string_view starts = line.substr(open + 1, close - open - 1);
    for (std::size_t at = 0; at <= starts.size();) {
        const std::size_t end = std::min(starts.find(',', at), starts.size());
        row.rule.starts.push_back(words.whole(starts.substr(at, end - at), "a start"));
        at = end + 1;
    }
    const std::string_view rest = line.substr(close + 2);
    row.rule.size = words.whole(rest.substr(0, rest.find_first_of(" \t\r")), "a size");
    return row;
}

ProfileRow first_line_of_profile(Words words) {
    ProfileRow row;
    row.place = words.place();
    row.gpu = words.number("a GPU");
    words.skip("MIG");
    row.name = words.next("a profile");
    row.id = words.number_or_unknown("a profile id");
    row.total = words.total();
    row.memory_mib = words.memory();
    words.next("P2P");
    row.sm_count = words.number_or_unknown("a number of SMs");
    row.engines.nvdec = words.number_or_unknown("a number of decoders");
    row.engines.nvenc = words.number_or_unknown("a number of encoders");
    return row;
}

void second_line_of_profile(Words words, Engines& engines) {
    engines.copy = words.number_or_unknown("a number of copy engines");
    engines.nvjpg = words.number_or_unknown("a number of JPEG decoders");
    engines.ofa = words.number_or_unknown("a number of optical-flow accelerators");
}

InstanceRow instance(Words words) {
    InstanceRow row;
    row.place = words.place();
    row.gpu = words.number("a GPU");
    words.skip("MIG");
    row.profile = words.next("a profile");
    words.next("a profile id");
    row.id = words.number("a GPU instance id");
    row.placement = words.placement();
    return row;
}

ComputeInstanceRow compute_instance(Words words, Table table) {
    ComputeInstanceRow row;
    row.place = words.place();
    row.gpu = words.number("a GPU");
    words.number("a GPU instance id");
    words.skip("MIG");
    row.name = words.next("a compute-instance profile");
    std::string id = words.next("a profile id");
    if (id.ends_with("*")) id.pop_back(); // marks the one that fills its GPU instance
    if (id != "?") row.id.emplace(words.whole(id, "a profile id"));
    if (table == Table::ComputeInstances) {
        words.number("a compute instance id");
        if (words.count() > 0) row.placement = words.placement();
        return row;
    }
    row.total.emplace(words.total());
    row.sm_count = words.number_or_unknown("a number of SMs");
    return row;
}

CardRow card(Words words, std::string_view line) { // GPU 0: NVIDIA A30 (UUID: …
    CardRow row;
    row.place = words.place();
    words.skip("GPU");
    const std::string& index = words.next("a GPU"); // 0:
    row.gpu = words.whole(std::string_view(index).substr(0, index.find(':')), "a GPU");
    const std::size_t name = line.find(": ") + 2;
    row.card = line.substr(name, line.find(" (UUID: ") - name);
    return row;
}

template <class T>
bool differ(const OrUnknown<T>& a, const OrUnknown<T>& b) {
    return a && b && *a != *b;
}

// Do two rows describe the same thing, and if so, otherwise?
bool are_of_one(const ProfileRow& a, const ProfileRow& b) {
    return a.name == b.name || (a.id && a.id == b.id);
}
bool contradict(const ProfileRow& a, const ProfileRow& b) {
    return std::tie(a.name, a.id, a.total, a.memory_mib, a.sm_count, a.engines) !=
           std::tie(b.name, b.id, b.total, b.memory_mib, b.sm_count, b.engines);
}
bool are_of_one(const PlacementRow& a, const PlacementRow& b) {
    return a.id == b.id && (a.id || a.line == b.line);
}
bool contradict(const PlacementRow& a, const PlacementRow& b) {
    return a.rule != b.rule;
}
bool are_of_one(const ComputeInstanceRow& a, const ComputeInstanceRow& b) {
    return a.name == b.name;
}
bool contradict(const ComputeInstanceRow& a, const ComputeInstanceRow& b) {
    return differ(a.id, b.id) || differ(a.total, b.total) || differ(a.sm_count, b.sm_count);
}
bool are_of_one(const CardRow&, const CardRow&) {
    return true;
}
bool contradict(const CardRow& a, const CardRow& b) {
    return a.card != b.card;
}

template <class Row>
bool repeats(const Row& row, const std::vector<Row>& rows) {
    bool found = false;
    for (const Row& other : rows) {
        if (other.gpu != row.gpu || !are_of_one(other, row)) continue;
        if (contradict(other, row)) refuse(row.place, "", "contradicts " + other.place.text());
        found = true;
    }
    return found;
}

template <class Row>
void add(Row row, std::vector<Row>& rows) {
    if (!repeats(row, rows)) rows.push_back(std::move(row));
}

} // namespace

void Listing::read(const std::string& file, const std::string& text) {
    std::istringstream lines{std::string(check_encoding(text, file))};
    Table table = Table::None;
    std::optional<ProfileRow> begun; // of whose two lines one has been read
    std::uint32_t number = 0, placement_line = 0;
    for (std::string line; std::getline(lines, line);) {
        line.erase(0, line.find_first_not_of(" \t")); // as in a document that quotes it
        const Words words({file, ++number, 1}, line);
        const auto title = std::ranges::find_if(
            titles, [&](const auto& each) { return line.starts_with("| ") && line.find(each.first) == 2; });
        const bool is_placement = line.starts_with("GPU ") && line.find("Profile ID") != std::string::npos;
        placement_line = is_placement ? placement_line + 1 : 0;
        if (title != titles.end()) {
            table = title->second;
        } else if (is_placement) {
            PlacementRow row = smi::placements(words, line);
            row.line = placement_line;
            add(std::move(row), placements);
        } else if (line.starts_with("GPU ") && line.find(" (UUID: ") != std::string::npos) {
            add(card(words, line), cards);
        } else if (begun) {
            second_line_of_profile(words, begun->engines);
            add(*std::exchange(begun, std::nullopt), profiles);
        } else if (!is_row(line)) {
            continue;
        } else if (table == Table::Profiles) {
            begun = first_line_of_profile(words);
        } else if (table == Table::Instances) {
            instances.push_back(instance(words)); // others may have been made between two listings
        } else if (table != Table::None) {
            ComputeInstanceRow row = compute_instance(words, table);
            repeats(row, compute_instances);
            compute_instances.push_back(std::move(row)); // placements differ, and one listing says more
        }
    }
    if (begun) refuse(begun->place, "", "the table ends in the middle of this profile");
}

} // namespace migsim::smi
