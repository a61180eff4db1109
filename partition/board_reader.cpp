// SPDX-License-Identifier: Apache-2.0
#include "partition/board_reader.h"

#include <algorithm>
#include <set>
#include <string>

#include <fmt/format.h>

#include "models/base/config/describe.h"

namespace migsim {

template <class T>
struct Codec<OrUnknown<T>> {
    static void read(const Node& node, OrUnknown<T>& value, const Limits& limits, InputErrors& errors) {
        if (node.kind == Node::Kind::Null)
            value.reset();
        else
            Codec<T>::read(node, value.emplace(), limits, errors);
    }
    static Node node(const OrUnknown<T>& value, const Origin& origin) {
        return value ? Codec<T>::node(*value, origin) : Node{};
    }
};

template <>
struct Codec<Placement> {
    static void read(const Node& node, Placement& value, const Limits&, InputErrors& errors) {
        std::vector<std::uint32_t> numbers;
        Codec<std::vector<std::uint32_t>>::read(node, numbers, Limits::of(Range{0, 8}), errors);
        if (numbers.size() == 2)
            value = {numbers[0], numbers[1]};
        else
            errors.add(node, "is not [first slot, number of slots]");
    }
    static Node node(const Placement& value, const Origin& origin) {
        return Codec<std::vector<std::uint32_t>>::node({value.start, value.size}, origin);
    }
};

namespace {

const Format board_format{"board", 1};

constexpr Range slices{1, 8}; // the driver's own limit of GPU instances is 8
constexpr Range counts{1, 64};
constexpr Range mebibytes{0, 1e9};

bool ascend_without_overlap(const PlacementRule& rule) {
    return std::ranges::adjacent_find(rule.starts, [&](std::uint32_t left, std::uint32_t right) {
               return right < left + std::max(rule.size, 1U);
           }) == rule.starts.end();
}

bool name_ends_with_attributes(const Profile& profile) {
    std::string attributes;
    for (const Attribute attribute : profile.attributes) attributes += enum_name(attribute);
    const std::size_t end = profile.name.find("gb");
    return end != std::string::npos && profile.name.substr(end + 2) == attributes;
}

// "1c.2g.10gb" and, of the one that fills it, "2g.10gb", whatever the attributes of the GPU instance.
bool compute_instances_are_named_after(const Profile& profile) {
    const std::string base = profile.name.substr(0, profile.name.find("gb") + 2);
    return std::ranges::all_of(profile.compute_instances, [&](const ComputeInstanceProfile& row) {
        return row.name == (row.fills_instance ? base : fmt::format("{}c.{}", row.compute_slices(), base)) &&
               row.compute_slices() >= 1 && row.compute_slices() <= profile.compute_slices;
    });
}

bool one_compute_instance_fills(const Profile& profile) {
    return std::ranges::count(profile.compute_instances, true, &ComputeInstanceProfile::fills_instance) == 1;
}

bool variants_name_profiles(const Board& board) {
    return std::ranges::all_of(board.memory_variants, [&](const MemoryVariant& variant) {
        return std::ranges::all_of(variant.memory_mib,
                                   [&](const auto& row) { return board.find(row.first) != nullptr; });
    });
}

bool each_card_has_one_variant(const Board& board) {
    std::set<std::string> left(board.cards.begin(), board.cards.end());
    return std::ranges::all_of(board.memory_variants, [&](const MemoryVariant& variant) {
        return std::ranges::all_of(variant.cards,
                                   [&](const std::string& card) { return left.erase(card) == 1; });
    });
}

bool names_and_ids_are_unique(const std::vector<Profile>& profiles) {
    std::set<std::string> names;
    std::set<std::uint32_t> ids;
    for (const Profile& profile : profiles) {
        names.insert(profile.name);
        if (profile.id && !ids.insert(*profile.id).second) return false;
    }
    return names.size() == profiles.size();
}

// Every placement a profile allows must have an id on the usual die, or else the driver could not name the
// instance.
bool placements_have_ids(const Board& board) {
    if (board.memory_slices == 0) return true; // has been complained about
    return std::ranges::all_of(board.profiles, [&](const Profile& profile) {
        return std::ranges::all_of(profile.placements.starts, [&](std::uint32_t start) {
            return board.instance_id(profile.at(start), board.missing_slot).has_value();
        });
    });
}

} // namespace

template <class Visitor>
void describe(Visitor& v, Engines& engines) {
    v.required("copy", engines.copy, "copy engines");
    v.required("nvdec", engines.nvdec, "video decoders");
    v.required("nvenc", engines.nvenc, "video encoders");
    v.required("nvjpg", engines.nvjpg, "JPEG decoders");
    v.required("ofa", engines.ofa, "optical-flow accelerators");
}

template <class Visitor>
void describe(Visitor& v, ComputeInstanceProfile& row) {
    v.required("name", row.name, "as nvidia-smi mig -lcip prints it", NonEmpty{});
    v.required("id", row.id, "the compute-instance profile's id");
    v.required("max_count", row.max_count, "how many fit in the GPU instance", counts);
    v.required("sm_count", row.sm_count, "SMs of one");
    v.optional("fills_instance", row.fills_instance, "is it the one that -C makes?");
    v.required("confidence", row.confidence, "how well the row is known");
}

template <class Visitor>
void describe(Visitor& v, PlacementRule& rule) {
    v.required("starts", rule.starts, "memory slices where an instance may start", NonEmpty{},
               Range{0, slices.max - 1});
    v.required("size", rule.size, "memory slices it occupies", slices);
    v.optional("last_resort", rule.last_resort, "starts taken only when no other is free");
    v.rule("starts", ascend_without_overlap(rule), "are not in ascending order, or too near each other");
    v.rule("last_resort",
           std::ranges::all_of(rule.last_resort,
                               [&](std::uint32_t start) {
                                   return std::ranges::find(rule.starts, start) != rule.starts.end();
                               }),
           "names a start that `starts` does not");
}

template <class Visitor>
void describe(Visitor& v, Profile& profile) {
    v.required("name", profile.name, "as nvidia-smi mig -lgip prints it", NonEmpty{});
    v.required("id", profile.id, "the profile's id");
    v.required("nvml_profile", profile.nvml_profile, "NVML_GPU_INSTANCE_PROFILE_… of its kind", Range{0, 63});
    v.required("compute_slices", profile.compute_slices, "compute slices of one instance", slices);
    v.required("placements", profile.placements, "where an instance may lie");
    v.required("max_count", profile.max_count, "how many can exist at once", counts);
    v.required("memory_mib", profile.memory_mib, "memory of one instance", mebibytes);
    v.required("sm_count", profile.sm_count, "SMs of one instance", Range{1, 1e4});
    v.optional("assumed_sm_count", profile.assumed_sm_count,
               "what a machine gives to one whose SMs no source counts", Range{1, 1e4});
    v.required("engines", profile.engines, "copy and media engines of one instance");
    v.optional("attributes", profile.attributes, "what the name has after + or -");
    v.required("confidence", profile.confidence, "how well the row is known");
    v.required("compute_instances", profile.compute_instances, "its compute-instance profiles", NonEmpty{},
               UniqueNames{});
    v.rule("name", profile.name.starts_with(fmt::format("{}g.", profile.compute_slices)),
           "does not begin with its number of compute slices");
    v.rule("name", name_ends_with_attributes(profile), "does not end with its attributes");
    v.rule("assumed_sm_count", !profile.assumed_sm_count || !profile.sm_count, "is known, by sm_count");
    v.rule("compute_instances", one_compute_instance_fills(profile), "have not one that fills the instance");
    v.rule("compute_instances", compute_instances_are_named_after(profile),
           "have a name that is not [SLICESc.]PROFILE without attributes");
    const bool once = profile.has(Attribute::MediaExtensions) || profile.has(Attribute::AllMediaEngines);
    v.rule("max_count", profile.max_count == (once ? 1 : profile.placements.starts.size()),
           "does not follow from the placements");
}

template <class Visitor>
void describe(Visitor& v, ModeChange& change) {
    v.required("needs_reset", change.needs_reset, "must the GPU be reset for it?");
    v.required("survives_reboot", change.survives_reboot, "is the mode the same after a reboot?");
}

template <class Visitor>
void describe(Visitor& v, MemoryVariant& variant) {
    v.required("name", variant.name, "how it is chosen", NonEmpty{});
    v.required("memory_mib", variant.memory_mib, "the profiles whose memory differs", NonEmpty{}, mebibytes);
    v.optional("cards", variant.cards, "the cards that print it by themselves");
}

template <class Visitor>
void describe(Visitor& v, Board& board) {
    v.required("name", board.name, "what messages call this table", NonEmpty{});
    v.required("cards", board.cards, "the cards that print it, as nvidia-smi -L calls them", NonEmpty{});
    v.required("pci_device_ids", board.pci_device_ids, "0xDDDD of those cards");
    v.required("architecture", board.architecture, "the GPU's generation", NonEmpty{});
    v.required("min_driver", board.min_driver, "the first driver with MIG for it", NonEmpty{});
    v.required("memory_mib", board.memory_mib, "the GPU's memory as nvidia-smi reports it", mebibytes);
    v.required("bar1_mib", board.bar1_mib, "its window into that memory, on bare metal", mebibytes);
    v.required("sm_count", board.sm_count, "its SMs with MIG off", Range{1, 1e4});
    v.required("memory_slices", board.memory_slices, "equal parts of memory, L2 and channels", slices);
    v.required("compute_slices", board.compute_slices, "equal parts of the SMs", slices);
    v.optional("missing_slot", board.missing_slot, "the slot of the usual die that has no compute");
    v.required("instance_spans", board.instance_spans, "[first slot, slots] of GPU instance id 0, 1, 2, …",
               NonEmpty{});
    v.required("mode_change", board.mode_change, "when a change of MIG mode takes effect");
    v.required("compute_instance_placement", board.compute_instance_placement,
               "which slots of its GPU instance a compute instance gets");
    v.optional("one_with_and_one_without_gfx", board.one_with_and_one_without_gfx,
               "can only one instance with +gfx and one without exist at once?");
    v.required("profiles", board.profiles, "the GPU instance profiles", NonEmpty{}, UniqueNames{});
    v.optional("memory_variants", board.memory_variants, "memory as others print it", UniqueNames{});
    v.optional("prerequisites", board.prerequisites, "what MIG, or some profiles, need beyond min_driver");
    v.optional("conflicts", board.conflicts, "where sources disagree, and what is derived");
    v.required("sources", board.sources, "where the numbers come from", NonEmpty{});
    v.rule("cards", std::ranges::none_of(board.cards, &std::string::empty), "has a card without a name");
    v.rule("missing_slot", board.can_miss(board.missing_slot),
           "does not explain why slots and compute slices differ");
    v.rule("instance_spans",
           std::ranges::all_of(board.instance_spans,
                               [&](const Placement& span) { return span.end() <= board.memory_slices; }),
           "has a span that ends beyond the last slot");
    v.rule("profiles", names_and_ids_are_unique(board.profiles), "has two profiles with the same id");
    v.rule("memory_variants", variants_name_profiles(board), "names a profile that the board does not have");
    v.rule("memory_variants", each_card_has_one_variant(board),
           "name a card twice, or one that the board does not have");
    v.rule("profiles", placements_have_ids(board), "has a placement that no GPU instance id stands for");
}

std::shared_ptr<const Board> read_board(const Document& document) {
    auto board = std::make_shared<Board>();
    InputErrors errors;
    read_document(document, board_format, *board, errors);
    errors.throw_if_any();
    return board;
}

std::string board_text(const Board& board) {
    return effective_text(board, board_format, Document{}, {}, Origins::Hidden);
}

std::shared_ptr<const Board> load_board(const std::string& name, const std::filesystem::path& folder,
                                        const Place& named_at) {
    const std::filesystem::path file =
        name.ends_with(".yaml") ? std::filesystem::path(name) : folder / (name + ".yaml");
    if (std::filesystem::exists(file)) return read_board(load_document(file));

    std::vector<std::string> names;
    std::error_code unreadable;
    for (const auto& entry : std::filesystem::directory_iterator(folder, unreadable))
        if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
    std::ranges::sort(names); // the folder is in no order
    refuse(named_at, "board", not_legal(name, "a board, nor a FILE.yaml", names));
}

} // namespace migsim
