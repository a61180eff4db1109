// SPDX-License-Identifier: Apache-2.0
#include "partition/smi/board_import.h"

#include <algorithm>
#include <array>
#include <bit>
#include <iterator>

#include <fmt/format.h>

#include "models/base/config/input_errors.h"
#include "partition/board_reader.h"
#include "partition/smi/listing.h"

namespace migsim::smi {

namespace {

constexpr std::uint32_t most_slices = 8; // the driver's own limit

template <class Row>
std::vector<Row> of_gpu(const std::vector<Row>& rows, std::uint32_t gpu) {
    std::vector<Row> result;
    std::ranges::copy_if(rows, std::back_inserter(result), [&](const Row& row) { return row.gpu == gpu; });
    return result;
}

// The rows of -lgipp and -lgip by profile id; where ids are not known, both list in the same order.
PlacementRule placements_of(const ProfileRow& profile, std::vector<PlacementRow>& rows) {
    const auto found =
        std::ranges::find_if(rows, [&](const PlacementRow& row) { return row.id == profile.id; });
    if (found == rows.end())
        refuse(profile.place, "",
               fmt::format("no placements are listed for {} (profile ID {}); `nvidia-smi mig -lgipp` does",
                           profile.name, to_string(profile.id)));
    PlacementRule rule = found->rule;
    for (const std::uint32_t start : rule.starts)
        if (start >= most_slices || rule.size == 0 || rule.size > most_slices - start)
            refuse(found->place, "",
                   fmt::format("'{}:{}' is no placement; legal: within {} memory slices", start, rule.size,
                               most_slices));
    rows.erase(found);
    return rule;
}

std::uint32_t compute_slices_of(const ProfileRow& row) {
    const std::string& name = row.name;
    if (name.size() < 3 || name[0] < '1' || name[0] > '8' || name[1] != 'g' || name[2] != '.' ||
        name.find("gb") == std::string::npos)
        refuse(row.place, "", shown(name) + " is not a profile; legal: like 3g.40gb");
    return static_cast<std::uint32_t>(name[0] - '0');
}

std::string base_of(const std::string& name) {
    return name.substr(0, name.find("gb") + 2);
}

std::vector<Attribute> attributes_of(const ProfileRow& row) {
    const std::string written = row.name.substr(base_of(row.name).size());
    if (written.empty()) return {};
    for (const auto& [attribute, name] : EnumNames<Attribute>::table)
        if (name == written) return {attribute};
    refuse(row.place, "", not_legal(written, "what a profile can have behind gb", enum_names<Attribute>()));
}

// NVML_GPU_INSTANCE_PROFILE_… (NVIDIA/go-nvml 2f9e261, gen/nvml/nvml.h).
struct NvmlProfile {
    std::uint32_t compute_slices;
    std::string_view attribute;
    std::uint32_t constant;
};
constexpr std::uint32_t double_memory_1g = 9; // 1_SLICE_REV2
constexpr std::array nvml_profiles{
    NvmlProfile{1, "", 0},         NvmlProfile{2, "", 1},      NvmlProfile{3, "", 2},
    NvmlProfile{4, "", 3},         NvmlProfile{7, "", 4},      NvmlProfile{8, "", 5},
    NvmlProfile{6, "", 6},         NvmlProfile{1, "+me", 7},   NvmlProfile{2, "+me", 8},
    NvmlProfile{1, "+gfx", 10},    NvmlProfile{2, "+gfx", 11}, NvmlProfile{4, "+gfx", 12},
    NvmlProfile{1, "-me", 13},     NvmlProfile{2, "-me", 14},  NvmlProfile{1, "+me.all", 15},
    NvmlProfile{2, "+me.all", 16}, NvmlProfile{3, "+gfx", 17}};

std::uint32_t nvml_profile(const Profile& profile, std::uint32_t smallest, const Place& place) {
    if (profile.compute_slices == 1 && profile.attributes.empty() && profile.memory_slices() > smallest)
        return double_memory_1g;
    const std::string attribute = profile.name.substr(base_of(profile.name).size());
    for (const NvmlProfile& each : nvml_profiles)
        if (each.compute_slices == profile.compute_slices && each.attribute == attribute)
            return each.constant;
    refuse(place, "", shown(profile.name) + " is of no kind that NVML has a constant for");
}

// The one that fills it exists always; of others, those that were listed.
std::vector<ComputeInstanceProfile> compute_instances_of(const Profile& profile,
                                                         const std::vector<ComputeInstanceRow>& listed) {
    const std::string base = base_of(profile.name);
    ComputeInstanceProfile filling{base, {}, 1, profile.sm_count, true, Confidence::Derived};
    std::vector<ComputeInstanceProfile> rows;
    for (const ComputeInstanceRow& row : listed) {
        const bool fills = row.name == base;
        if (!fills && !(row.name.ends_with("c." + base) && row.name.size() == base.size() + 3)) continue;
        ComputeInstanceProfile made{row.name, row.id, 1, row.sm_count, fills, Confidence::Documented};
        if (fills && !made.sm_count) made.sm_count = profile.sm_count;
        if (!row.total) made.confidence = Confidence::Derived;
        made.max_count = row.total.value_or(profile.compute_slices / std::max(made.compute_slices(), 1U));
        const auto known = std::ranges::find(rows, row.name, &ComputeInstanceProfile::name);
        if (known == rows.end())
            rows.push_back(made);
        else if (row.total) // -lcip says more than -lci
            *known = made;
    }
    if (std::ranges::none_of(rows, &ComputeInstanceProfile::fills_instance)) rows.push_back(filling);
    std::ranges::stable_sort(rows, {}, &ComputeInstanceProfile::compute_slices);
    return rows;
}

// The driver numbers the whole, the halves, the quarters and the eighths; where slots cannot be halved, what
// the profiles occupy, the largest first.
std::vector<Placement> spans_of(const Board& board) {
    std::vector<Placement> spans;
    if (std::has_single_bit(board.memory_slices)) {
        for (std::uint32_t size = board.memory_slices; size > 0; size /= 2)
            for (std::uint32_t start = 0; start < board.memory_slices; start += size)
                spans.push_back({start, size});
        return spans;
    }
    for (const Profile& profile : board.profiles)
        for (const std::uint32_t start : profile.placements.starts)
            if (std::ranges::find(spans, profile.at(start)) == spans.end())
                spans.push_back(profile.at(start));
    std::ranges::sort(spans, {}, [](const Placement& span) { return std::pair(~span.size, span.start); });
    return spans;
}

// Which die it is shows in the ids of its instances.
std::optional<std::uint32_t> missing_slot_of(const Board& board, const std::vector<InstanceRow>& instances) {
    if (board.compute_slices >= board.memory_slices) return std::nullopt;
    for (const std::uint32_t slot : {board.memory_slices - 1, board.memory_slices / 2 - 1})
        if (std::ranges::all_of(instances, [&](const InstanceRow& row) {
                return board.instance_id(row.placement, slot) == row.id;
            }))
            return slot;
    refuse(instances.front().place, "",
           "the ids and placements of these GPU instances fit no die that is known");
}

// Only a compute instance of three or seven slices tells: where spans are aligned, it prints as four or
// eight. What none shows is as on Hopper and later.
ComputeInstancePlacement compute_placement_of(const std::vector<ComputeInstanceRow>& listed) {
    for (const ComputeInstanceRow& row : listed)
        if (row.placement && !std::has_single_bit(row.placement->size))
            return ComputeInstancePlacement::FirstFit;
    return ComputeInstancePlacement::Skyline;
}

std::string card_of(const Listing& listing, const ImportedBoard& wanted, std::uint32_t gpu) {
    if (wanted.card) return *wanted.card;
    for (const CardRow& row : listing.cards)
        if (row.gpu == gpu) return row.card;
    return wanted.name;
}

std::uint32_t gpu_of(const Listing& listing, const ImportedBoard& wanted) {
    if (listing.profiles.empty())
        throw InputError("no GPU instance profile is listed; `nvidia-smi mig -lgip` lists them");
    std::vector<std::string> legal;
    for (const ProfileRow& row : listing.profiles) {
        if (!wanted.gpu || row.gpu == *wanted.gpu) return row.gpu;
        if (std::ranges::find(legal, std::to_string(row.gpu)) == legal.end())
            legal.push_back(std::to_string(row.gpu));
    }
    throw InputError("-i: " + not_legal(std::to_string(*wanted.gpu), "a GPU that -lgip lists", legal));
}

void check_instances(const Board& board, const std::vector<InstanceRow>& instances) {
    for (const InstanceRow& row : instances) {
        const Profile* profile = board.find(row.profile);
        if (!profile)
            refuse(row.place, "",
                   not_legal(row.profile, "a profile that -lgip lists", board.profile_names()));
        if (row.placement.size != profile->memory_slices() || !profile->may_start_at(row.placement.start))
            refuse(row.place, "",
                   fmt::format("{} lies at {}, which -lgipp does not list", row.profile,
                               to_string(row.placement)));
    }
}

} // namespace

std::shared_ptr<const Board> import_board(const std::vector<PrintedText>& texts,
                                          const ImportedBoard& wanted) {
    Listing listing;
    Board board;
    for (const auto& [file, text] : texts) {
        listing.read(file, text);
        board.sources.push_back("nvidia-smi, as captured in " + file);
    }
    const std::uint32_t gpu = gpu_of(listing, wanted);
    board.name = wanted.name;
    board.cards = {card_of(listing, wanted, gpu)};
    board.architecture = "unknown";
    board.compute_instance_placement = compute_placement_of(of_gpu(listing.compute_instances, gpu));
    board.conflicts = {"nvml_profile, instance_spans, last_resort and how many compute instances fit are "
                       "derived from names and placements",
                       "mode_change is assumed to be that of Hopper and later, and so is "
                       "compute_instance_placement unless -lci shows another",
                       "whether profiles exclude each other beyond what their names say is not printed"};

    const std::vector<ProfileRow> rows = of_gpu(listing.profiles, gpu);
    std::vector<PlacementRow> placements = of_gpu(listing.placements, gpu);
    std::uint32_t smallest = most_slices;
    for (const ProfileRow& row : rows) {
        Profile profile;
        profile.name = row.name;
        profile.id = row.id;
        profile.compute_slices = compute_slices_of(row);
        profile.placements = placements_of(row, placements);
        profile.max_count = row.total;
        profile.memory_mib = row.memory_mib;
        profile.sm_count = row.sm_count;
        profile.engines = row.engines;
        profile.attributes = attributes_of(row);
        profile.confidence = Confidence::Documented;
        profile.compute_instances = compute_instances_of(profile, of_gpu(listing.compute_instances, gpu));
        for (const std::uint32_t start : profile.placements.starts)
            board.memory_slices = std::max(board.memory_slices, profile.at(start).end());
        board.compute_slices = std::max(board.compute_slices, profile.compute_slices);
        smallest = std::min(smallest, profile.memory_slices());
        board.profiles.push_back(std::move(profile));
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Profile& profile = board.profiles[i];
        profile.nvml_profile = nvml_profile(profile, smallest, rows[i].place);
        if (profile.nvml_profile != double_memory_1g) continue;
        for (const std::uint32_t start : profile.placements.starts) // to spare slices that have compute
            if (profile.at(start).end() > board.compute_slices)
                profile.placements.last_resort.push_back(start);
    }
    board.instance_spans = spans_of(board);

    const std::vector<InstanceRow> instances = of_gpu(listing.instances, gpu);
    check_instances(board, instances);
    board.missing_slot = missing_slot_of(board, instances);
    // Whatever the texts said, it is a table only if it can be read as one.
    return read_board(parse_document(board_text(board), wanted.name));
}

} // namespace migsim::smi
