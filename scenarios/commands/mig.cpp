// SPDX-License-Identifier: Apache-2.0
// migsim mig: the verbs of nvidia-smi mig on GPUs that exist in a state file. With `alias nvidia-smi=…` (see
// scripts/nvidia-smi) what was written for the real one runs against it: its tables and messages are on
// stdout, its exit codes are kept, and the reasons it does not give are on stderr.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

#include "models/base/config/input_errors.h"
#include "models/base/config/text_file.h"
#include "partition/board_reader.h"
#include "partition/mig_state_file.h"
#include "partition/smi/board_import.h"
#include "partition/smi/verbs.h"
#include "scenarios/commands/command.h"

namespace migsim {
namespace {

constexpr std::uint32_t most_gpus = 32; // what mig-minors has numbers for

std::filesystem::path state_file(const smi::CommandLine& line) {
    if (line.state) return *line.state;
    if (const char* set = std::getenv("MIGSIM_MIG_STATE"); set && *set) return set;
    throw InputError(
        "no state file is named; legal: --state FILE, or $MIGSIM_MIG_STATE; `migsim mig new --board NAME "
        "--state FILE` makes one");
}

// What an option of `new` names, by default the first that is legal.
std::string chosen(const char* option, const std::optional<std::string>& name, const std::string& what,
                   const std::vector<std::string>& legal) {
    if (!name) return legal.front();
    if (std::ranges::find(legal, *name) != legal.end()) return *name;
    throw InputError(fmt::format("{}: {}", option, not_legal(*name, what, legal)));
}

// A board of ours, or the file of another, by a path that holds wherever the state file is used.
std::string board_of(const smi::CommandLine& line, const DataFolder& data) {
    if (line.board && line.board->ends_with(".yaml"))
        return std::filesystem::absolute(*line.board).lexically_normal().string();
    return chosen("--board", line.board, "a board, nor a FILE.yaml", data.board_names());
}

MigNode new_node(const smi::CommandLine& line, const DataFolder& data) {
    const std::string name = board_of(line, data);
    const std::shared_ptr<const Board> board = load_board(name, data.boards(), {});
    const std::string card = chosen("--card", line.card, "a card of " + name, board->cards);
    const std::uint32_t count = line.gpu_count.value_or(1);
    if (count < 1 || count > most_gpus)
        throw InputError(fmt::format("--gpus: '{}' is out of range; legal: 1 to {}", count, most_gpus));
    const auto missing = line.missing_slot ? line.missing_slot : board->missing_slot;
    if (!board->can_miss(missing))
        throw InputError(
            fmt::format("--missing-slot: '{}' is not a slot that a die of {} can lack", *missing, name));
    std::optional<std::string> variant = line.memory_variant;
    if (variant) {
        std::vector<std::string> names;
        for (const MemoryVariant& each : board->memory_variants) names.push_back(each.name);
        chosen("--memory", variant, "a memory variant of " + name, names);
    } else if (const MemoryVariant* of_card = board->memory_variant_of(card)) {
        variant = of_card->name;
    }
    MigNode node;
    for (std::uint32_t i = 0; i < count; ++i)
        node.push_back({i, name, card, missing, variant, MigGpu(board, missing)});
    return node;
}

std::string imported(const smi::CommandLine& line) {
    std::vector<smi::PrintedText> texts;
    for (const std::string& file : line.items) texts.push_back({file, read_text_file(file)});
    std::optional<std::uint32_t> gpu;
    if (line.gpus) gpu = static_cast<std::uint32_t>(std::stoul(line.gpus->front()));
    return board_text(*smi::import_board(texts, {*line.board, line.card, gpu}));
}

class MigCommand final : public Command {
public:
    MigCommand()
        : Command(
              "mig", "The verbs of nvidia-smi mig, on simulated GPUs in a state file",
              "migsim mig new --board h100-sxm-80gb --state gpu.yaml && migsim mig --state gpu.yaml -mig 1") {
    }

    void declare(Arguments& arguments) override { arguments.rest(words_, smi::usage()); }

    Exit run(const Surroundings& surroundings) override {
        const smi::CommandLine line = smi::parse(words_);
        if (line.verb == smi::Verb::Import) {
            std::fputs(imported(line).c_str(), stdout);
            return Exit::Good;
        }
        const std::filesystem::path file = state_file(line);
        const DataFolder data = surroundings.data_folder();
        if (line.verb == smi::Verb::New) {
            create_mig_state(file, new_node(line, data));
            return Exit::Good;
        }
        const BoardFinder boards = boards_in(data.boards());
        smi::Answer answer;
        if (smi::changes_state(line.verb)) {
            LockedMigState state(file, boards);
            answer = smi::carry_out(line, state.node);
            state.save();
        } else {
            MigNode node = load_mig_state(file, boards);
            answer = smi::carry_out(line, node);
        }
        std::fputs(answer.out.c_str(), stdout);
        std::fputs(answer.why.c_str(), stderr);
        return static_cast<Exit>(answer.exit_code);
    }

private:
    std::vector<std::string> words_;
};

} // namespace

std::unique_ptr<Command> make_mig_command() {
    return std::make_unique<MigCommand>();
}

} // namespace migsim
