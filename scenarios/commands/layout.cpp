// SPDX-License-Identifier: Apache-2.0
// migsim layout: whether a layout can be made, how, what else could be, and the same in the languages of
// those who make it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <unistd.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "models/base/config/input_errors.h"
#include "partition/board_reader.h"
#include "partition/layout_check.h"
#include "partition/layout_export.h"
#include "partition/layout_map.h"
#include "partition/layout_ranking.h"
#include "scenarios/commands/command.h"
#include "scenarios/results/text_grid.h"

namespace migsim {
namespace {

constexpr std::uint64_t shown_by_default = 10;

std::string who(const LayoutVerdict& verdict) {
    std::string text =
        verdict.boards.empty() ? "any board" : fmt::format("{}", fmt::join(verdict.boards, ", "));
    if (verdict.gpus) text += fmt::format(", GPU {}", fmt::join(*verdict.gpus, ", "));
    return text;
}

class LayoutCommand final : public Command {
public:
    LayoutCommand()
        : Command("layout", "Check, search, export and draw layouts of GPU instances",
                  "migsim layout search h100-sxm-80gb 19,19,14,9") {}

    void declare(Arguments& arguments) override {
        arguments.positional(
            "VERB", verb_,
            "check a mig-parted FILE; for a BOARD and WISHES: search an order and placements, "
            "or what layouts there are; export; show a picture",
            {"check", "search", "export", "show"});
        arguments.positional("FILE|BOARD", subject_, "a mig-parted file (check), or a board");
        arguments.positionals("WISH", wishes_,
                              "PROFILE[:START], by name or id, or a compute instance such as 1c.3g.40gb");
        arguments.option("--board", boards_,
                         "check: on this board; default: on those the label is for, "
                         "and of those it does not name by a filter, one is enough");
        arguments.option("--label", labels_, "check: this label only, as often as needed; export: its name");
        arguments.flag("--list", list_,
                       "search: all layouts with at least these profiles, least waste first");
        arguments.option("--memory-mib", memory_mib_, "search: those of which every instance has this much",
                         1, 1'000'000'000);
        arguments.option("--sms", sms_, "search: those of which every instance has as many", 1, 10'000);
        arguments.option("--top", top_, "search: so many of them; default: 10", 1, 1'000'000);
        arguments.option("--as", language_, "export: mig-parted (default), kubernetes or shell");
    }

    Exit run(const Surroundings& surroundings) override {
        refuse_strangers();
        const DataFolder data = surroundings.data_folder();
        if (verb_ == "check") return check(data);
        const auto board = load_board(subject_, data.boards(), {});
        if (verb_ == "search" && lists()) return list(board);
        const std::optional<MigPlan> plan = find(board);
        if (!plan) return Exit::Failed;
        std::fputs(text_of(*plan).c_str(), stdout);
        return Exit::Good;
    }

private:
    bool lists() const { return list_ || memory_mib_ || sms_ || top_; }

    void refuse_strangers() const {
        const auto refuse = [&](bool given, const char* option, const std::vector<std::string>& verbs) {
            if (given && std::ranges::find(verbs, verb_) == verbs.end())
                throw InputError(fmt::format("{} belongs to `migsim layout {}` only", option,
                                             fmt::join(verbs, "` and `migsim layout ")));
        };
        refuse(!wishes_.empty(), "WISH", {"search", "export", "show"});
        refuse(!boards_.empty(), "--board", {"check"});
        refuse(!labels_.empty(), "--label", {"check", "export"});
        refuse(list_, "--list", {"search"});
        refuse(memory_mib_.has_value(), "--memory-mib", {"search"});
        refuse(sms_.has_value(), "--sms", {"search"});
        refuse(top_.has_value(), "--top", {"search"});
        refuse(language_.has_value(), "--as", {"export"});
        if (verb_ != "check" && wishes_.empty() && !lists())
            throw InputError("no profile is wished for; legal: like 3g.40gb,4g.40gb");
        if (verb_ == "export" && labels_.size() > 1)
            throw InputError("--label: an exported file has one; legal: one --label");
    }

    Exit check(const DataFolder& data) const {
        InputErrors errors;
        const MigPartedFile file = read_mig_parted(load_document(subject_), errors);
        errors.throw_if_any();
        Boards known, asked;
        for (const std::string& name : data.board_names())
            known.push_back(load_board(name, data.boards(), {}));
        for (const std::string& name : boards_) asked.push_back(load_board(name, data.boards(), {}));
        for (const std::string& label : labels_)
            if (!file.configs.contains(label))
                throw InputError("--label: " +
                                 not_legal(label, "a label in " + shown(subject_), file.labels()));

        Exit exit = Exit::Good;
        for (const auto& [label, entries] : file.configs) {
            if (!labels_.empty() && std::ranges::find(labels_, label) == labels_.end()) continue;
            std::string text = label + ":\n";
            for (const LayoutVerdict& verdict : check_layouts(entries, known, asked)) {
                text += fmt::format("  {} on {}: {}\n", verdict.legal ? "legal" : "illegal", who(verdict),
                                    verdict.sentence);
                if (verdict.fails) exit = Exit::Failed;
            }
            std::fputs(text.c_str(), stdout);
        }
        return exit;
    }

    std::vector<MigDeviceWish> wanted(const Board& board) const {
        std::vector<MigDeviceWish> wanted;
        for (const std::string& words : wishes_)
            for (std::size_t at = 0; at <= words.size();) {
                const std::size_t end = std::min(words.find(',', at), words.size());
                wanted.push_back(mig_device_wanted(board, words.substr(at, end - at)));
                at = end + 1;
            }
        return wanted;
    }

    std::optional<MigPlan> find(const std::shared_ptr<const Board>& board) const {
        OrRefusal<MigPlan> found = find_plan(board, wanted(*board));
        if (MigPlan* plan = std::get_if<MigPlan>(&found)) return std::move(*plan);
        const Refusal& refusal = std::get<Refusal>(found);
        std::fprintf(stdout, "illegal on %s: %s (%s)\n%s\n", board->name.c_str(), refusal.sentence.c_str(),
                     std::string(nvml_reason(refusal.reason)).c_str(),
                     nearest_legal(*board, refusal).c_str());
        return std::nullopt;
    }

    std::string text_of(const MigPlan& plan) const {
        if (verb_ == "show") return draw(plan, ::isatty(STDOUT_FILENO) && !std::getenv("NO_COLOR"));
        if (verb_ == "search") return creation(plan);
        const std::string language = language_.value_or("mig-parted");
        if (language == "mig-parted") return mig_parted_text(plan, labels_.empty() ? "exported" : labels_[0]);
        if (language == "kubernetes") return kubernetes_text(plan);
        if (language == "shell") return shell_text(plan);
        throw InputError("--as: " + not_legal(language, "a language of layouts",
                                              std::vector<std::string>{"mig-parted", "kubernetes", "shell"}));
    }

    static std::string creation(const MigPlan& plan) {
        std::string text = shell_text(plan);
        TextGrid grid;
        grid.row({"in this order", "profile id", "GPU instance id", "placement"});
        for (const auto& [instance, inside] : plan.instances)
            grid.row({instance.profile->name, to_string(instance.profile->id), std::to_string(instance.id),
                      to_string(instance.placement)});
        return grid.text() + "\n" + text;
    }

    Exit list(const std::shared_ptr<const Board>& board) const {
        LayoutFilter filter{ProfileCounts(board->profiles.size()), memory_mib_.value_or(0),
                            static_cast<std::uint32_t>(sms_.value_or(0))};
        for (const MigDeviceWish& wish : wanted(*board)) {
            if (!wish.compute_instance->fills_instance || wish.start)
                throw InputError(
                    "layouts are listed by their GPU instances; legal: profiles without a start");
            ++filter.at_least[board->index_of(*wish.profile)];
        }
        const std::vector<RankedLayout> ranked = rank_layouts(board, filter);
        if (ranked.empty()) {
            std::fprintf(stderr, "%s has no such layout of instances whose sizes are known\n",
                         board->name.c_str());
            return Exit::Failed;
        }
        const std::size_t most = std::min<std::size_t>(ranked.size(), top_.value_or(shown_by_default));
        TextGrid grid;
        grid.row({"layout", "memory slices left", "compute slices left", "SMs left"});
        for (std::size_t i = 0; i < most; ++i)
            grid.row({list_profiles(*board, ranked[i].counts), std::to_string(ranked[i].memory_slices_left),
                      std::to_string(ranked[i].compute_slices_left), to_string(ranked[i].sms_left)});
        std::fputs(grid.text().c_str(), stdout);
        if (most < ranked.size()) std::fprintf(stderr, "%zu of %zu; --top shows more\n", most, ranked.size());
        return Exit::Good;
    }

    std::string verb_, subject_;
    std::vector<std::string> wishes_, boards_, labels_;
    std::optional<std::string> language_;
    std::optional<std::uint64_t> memory_mib_, sms_, top_;
    bool list_ = false;
};

} // namespace

std::unique_ptr<Command> make_layout_command() {
    return std::make_unique<LayoutCommand>();
}

} // namespace migsim
