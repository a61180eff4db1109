// SPDX-License-Identifier: Apache-2.0
#include "partition/layout_check.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "models/base/config/input_errors.h"

namespace migsim {

namespace {

const std::vector<MigPartedEntry::Row>& rows_of(const MigPartedEntry& entry) {
    static const std::vector<MigPartedEntry::Row> none;
    return entry.mig_devices ? entry.mig_devices->rows : none;
}

bool knows_its_profiles(const Board& board, const MigPartedEntry& entry) {
    return std::ranges::all_of(rows_of(entry), [&](const MigPartedEntry::Row& row) {
        return find_mig_device(board, row.profile).has_value();
    });
}

bool has_filter(const MigPartedEntry& entry) {
    return !entry.device_filter.ids.empty();
}

bool is_meant_for(const MigPartedEntry& entry, const Board& board) {
    return entry.is_for(board) && (has_filter(entry) || knows_its_profiles(board, entry));
}

std::string complaint(const Place& place, const std::string& path, const std::string& sentence) {
    InputErrors errors;
    errors.add(place, path, sentence);
    return errors.text();
}

// What is nearest if each wrong name had been the right one for the same part of the GPU.
std::string nearest_with_right_names(const std::shared_ptr<const Board>& board, const MigPartedEntry& entry) {
    std::vector<MigDeviceWish> wishes;
    ProfileCounts counts(board->profiles.size());
    for (const MigPartedEntry::Row& row : rows_of(entry)) {
        std::optional<MigDeviceWish> wish = find_mig_device(*board, row.profile);
        if (!wish)
            if (const Profile* meant = profile_meant_by(*board, row.profile))
                wish = MigDeviceWish{meant, &meant->filling(), 1, std::nullopt};
        if (!wish) continue;
        wish->count = row.count;
        wishes.push_back(*wish);
    }
    if (wishes.empty()) return "";
    const OrRefusal<MigPlan> found = find_plan(board, wishes);
    if (const Refusal* refusal = std::get_if<Refusal>(&found)) return nearest_legal(*board, *refusal);
    return nearest_legal(*board, {RefusalReason::NoRoom, "", {std::get<MigPlan>(found).layout.counts()}});
}

std::string describe(const MigPlan& plan) {
    std::string text = list_profiles(plan.layout.board(), plan.layout.counts());
    for (const PlannedInstance& instance : plan.instances) {
        if (instance.is_filled_by_one()) continue;
        std::vector<std::string> names;
        for (const ComputeInstanceProfile* compute : instance.compute_instances)
            names.push_back(compute->name);
        text += fmt::format("; in {} {}: {}", instance.gpu_instance.profile->name,
                            to_string(instance.gpu_instance.placement), fmt::join(names, ", "));
    }
    return text;
}

LayoutVerdict judge(const MigPartedEntry& entry, const std::shared_ptr<const Board>& board) {
    LayoutVerdict verdict{{board->name}, entry.devices.indices, true, false, {}};
    if (!entry.mig_enabled) {
        verdict.sentence = "MIG off";
        return verdict;
    }
    std::vector<MigDeviceWish> wishes;
    for (const MigPartedEntry::Row& row : rows_of(entry)) {
        std::optional<MigDeviceWish> wish = find_mig_device(*board, row.profile);
        if (!wish) {
            verdict.legal = false;
            verdict.sentence = complaint(row.place, row.path,
                                         not_legal(row.profile, "a profile of " + board->name,
                                                   profile_names_like(*board, row.profile)));
            if (const std::string nearest = nearest_with_right_names(board, entry); !nearest.empty())
                verdict.sentence += "; " + nearest;
            return verdict;
        }
        wish->count = row.count;
        wishes.push_back(*wish);
    }
    const OrRefusal<MigPlan> found = find_plan(board, wishes);
    if (const Refusal* refusal = std::get_if<Refusal>(&found)) {
        verdict.legal = false;
        verdict.sentence =
            complaint(entry.mig_devices->place, entry.mig_devices->path,
                      fmt::format("{} ({}); {}", refusal->sentence, nvml_reason(refusal->reason),
                                  nearest_legal(*board, *refusal)));
    } else {
        verdict.sentence = describe(std::get<MigPlan>(found));
    }
    return verdict;
}

// Which of this entry's GPUs a later entry of the label lays out again.
std::string replacements(const std::vector<MigPartedEntry>& entries, const MigPartedEntry& entry,
                         const Board& board) {
    std::string text;
    for (const MigPartedEntry* later = &entry + 1; later != entries.data() + entries.size(); ++later) {
        if (!later->is_for(board)) continue;
        std::vector<std::uint32_t> both;
        for (const std::uint32_t gpu : later->devices.indices.value_or(std::vector<std::uint32_t>{}))
            if (entry.is_for(board, gpu)) both.push_back(gpu);
        if (later->devices.indices && both.empty()) continue;
        text += fmt::format("; then replaced{} by the entry at {}",
                            both.empty() ? "" : fmt::format(" on GPU {}", fmt::join(both, ", ")),
                            later->devices.place.text());
    }
    return text;
}

// Of all entries that are for some GPU of this board.
std::vector<std::pair<const MigPartedEntry*, LayoutVerdict>>
judge_all(const std::vector<MigPartedEntry>& entries, const std::shared_ptr<const Board>& board) {
    std::vector<std::pair<const MigPartedEntry*, LayoutVerdict>> judged;
    for (const MigPartedEntry& entry : entries) {
        if (!entry.is_for(*board)) continue;
        judged.emplace_back(&entry, judge(entry, board));
        LayoutVerdict& verdict = judged.back().second;
        verdict.fails = !verdict.legal;
        if (verdict.legal) verdict.sentence += replacements(entries, entry, *board);
    }
    return judged;
}

// Nobody could judge this entry: it names a card that no table is for, or a profile that none has.
LayoutVerdict judge_without_board(const MigPartedEntry& entry, const Boards& boards) {
    if (entry.devices.indices && entry.devices.indices->empty())
        return {{}, {}, true, false, "it names no GPU"};
    LayoutVerdict verdict{{}, entry.devices.indices, false, true, {}};
    for (const MigPartedEntry::Row& row : rows_of(entry)) {
        std::vector<std::string> names;
        for (const auto& board : boards) {
            if (find_mig_device(*board, row.profile)) {
                names.clear();
                break;
            }
            for (const std::string& name : profile_names_like(*board, row.profile))
                if (std::ranges::find(names, name) == names.end()) names.push_back(name);
        }
        if (names.empty()) continue;
        verdict.sentence =
            complaint(row.place, row.path, not_legal(row.profile, "a profile of any board here", names));
        return verdict;
    }
    if (has_filter(entry))
        verdict.sentence = fmt::format("no board here has the PCI device {}; `migsim mig import` makes one",
                                       fmt::join(entry.device_filter.ids, ", "));
    else
        verdict.sentence = complaint(entry.mig_devices->place, entry.mig_devices->path,
                                     "no board here has all of these profiles");
    return verdict;
}

// Boards for which a verdict is the same share it.
void add(LayoutVerdict verdict, std::vector<LayoutVerdict>& verdicts) {
    const auto same = std::ranges::find_if(verdicts, [&](const LayoutVerdict& other) {
        return std::tie(other.gpus, other.legal, other.fails, other.sentence) ==
               std::tie(verdict.gpus, verdict.legal, verdict.fails, verdict.sentence);
    });
    if (same == verdicts.end())
        verdicts.push_back(std::move(verdict));
    else
        same->boards.push_back(verdict.boards.front());
}

} // namespace

std::vector<LayoutVerdict> check_layouts(const std::vector<MigPartedEntry>& entries, const Boards& known,
                                         const Boards& asked) {
    std::vector<LayoutVerdict> verdicts;
    for (const auto& board : asked) {
        const auto judged = judge_all(entries, board);
        for (const auto& [entry, verdict] : judged) add(verdict, verdicts);
        if (judged.empty())
            add({{board->name}, {}, true, false, "no entry is for it, and its GPUs stay as they are"},
                verdicts);
    }
    if (!asked.empty()) return verdicts;

    std::map<const MigPartedEntry*, std::vector<LayoutVerdict>> of_entry;
    for (const auto& board : known) {
        const auto means = [&](const MigPartedEntry& entry) { return is_meant_for(entry, *board); };
        if (std::ranges::none_of(entries, means)) continue;
        const bool named = std::ranges::any_of(
            entries, [&](const MigPartedEntry& entry) { return has_filter(entry) && means(entry); });
        for (auto& [entry, verdict] : judge_all(entries, board)) {
            if (!verdict.legal && !named && !means(*entry)) continue; // another entry is for this board
            verdict.fails = !verdict.legal && named;
            of_entry[entry].push_back(std::move(verdict));
        }
    }
    for (const MigPartedEntry& entry : entries) {
        std::vector<LayoutVerdict>& found = of_entry[&entry];
        const bool legal_nowhere = std::ranges::none_of(found, &LayoutVerdict::legal);
        std::ranges::stable_partition(found, &LayoutVerdict::legal);
        for (LayoutVerdict& verdict : found) {
            verdict.fails = verdict.fails || legal_nowhere;
            add(std::move(verdict), verdicts);
        }
        if (std::ranges::none_of(known, [&](const auto& board) { return is_meant_for(entry, *board); }))
            verdicts.push_back(judge_without_board(entry, known));
    }
    return verdicts;
}

} // namespace migsim
