// SPDX-License-Identifier: Apache-2.0
// migsim list: what there is to choose from.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "partition/board_reader.h"
#include "scenarios/commands/command.h"
#include "scenarios/loader.h"
#include "scenarios/results/text_grid.h"

namespace migsim {
namespace {

// How many of a device's numbers are measured, vendor, derived, assumed.
std::vector<std::size_t> numbers_by_kind(Device& device) {
    std::vector<std::size_t> counts(EnumNames<ParamKind>::table.size());
    device.groups([&](const std::string&, const Params& params) {
        for (const ParamDescription& p : params.describe())
            ++counts[static_cast<std::size_t>(p.provenance->kind)];
    });
    return counts;
}

std::string devices(const DataFolder& data) {
    TextGrid grid;
    std::vector<std::string> head{"device", "board", "SMs", "MHz", "L2 slices", "channels", "memory MiB"};
    for (const std::string& kind : enum_names<ParamKind>()) head.push_back(kind);
    head.push_back("walls its silicon has");
    grid.row(head);
    for (const std::string& name : data.device_names()) {
        const auto device = load_device(data.device(name));
        std::vector<std::string> row{name,
                                     device->board,
                                     std::to_string(device->sm_count()),
                                     std::to_string(device->chip.clock),
                                     std::to_string(device->chip.l2_slices),
                                     std::to_string(device->chip.channels),
                                     with_separators(device->chip.memory_mib)};
        for (const std::size_t count : numbers_by_kind(*device)) row.push_back(std::to_string(count));
        row.push_back(fmt::format("{}", fmt::join(device->walls, " ")));
        grid.row(row);
    }
    return grid.text() + "measured, vendor, derived, assumed: how many of its numbers are; migsim list "
                         "parameters DEVICE has them with their sources\n";
}

std::string mebibytes(const OrUnknown<std::uint64_t>& value) {
    return value ? with_separators(*value) : "?";
}

std::string boards(const DataFolder& data) {
    TextGrid grid;
    grid.row({"board", "architecture", "min driver", "memory MiB", "SMs", "memory slices", "compute slices",
              "mode change", "card"});
    for (const std::string& name : data.board_names()) {
        const auto board = load_board(name, data.boards(), {});
        grid.row({name, board->architecture, board->min_driver.value_or("?"), mebibytes(board->memory_mib),
                  to_string(board->sm_count), std::to_string(board->memory_slices),
                  std::to_string(board->compute_slices),
                  board->mode_change.needs_reset ? "needs reset" : "at once", board->cards.front()});
    }
    return grid.text();
}

std::string profiles(const DataFolder& data) {
    std::string text;
    for (const std::string& name : data.board_names()) {
        const auto board = load_board(name, data.boards(), {});
        TextGrid grid;
        grid.row(
            {name, "id", "at most", "SMs", "memory MiB", "CE", "DEC", "ENC", "JPG", "OFA", "placements"});
        for (const Profile& profile : board->profiles) {
            std::vector<std::string> placements;
            for (const std::uint32_t start : profile.placements.starts)
                placements.push_back(to_string(profile.at(start)));
            const Engines& engines = profile.engines;
            grid.row({"  " + profile.name, to_string(profile.id), std::to_string(profile.max_count),
                      to_string(profile.sm_count), mebibytes(profile.memory_mib), to_string(engines.copy),
                      to_string(engines.nvdec), to_string(engines.nvenc), to_string(engines.nvjpg),
                      to_string(engines.ofa), fmt::format("{}", fmt::join(placements, " "))});
        }
        text += (text.empty() ? "" : "\n") + grid.text();
        for (const MemoryVariant& variant : board->memory_variants) {
            std::vector<std::string> rows;
            for (const auto& [profile, mib] : variant.memory_mib)
                rows.push_back(fmt::format("{} {}", profile, mebibytes(mib)));
            text += fmt::format("  memory as {}: {}\n", variant.name, fmt::join(rows, ", "));
            for (const std::string& card : variant.cards) text += "    which " + card + " prints\n";
        }
        for (const std::string& need : board->prerequisites) text += "  needs: " + need + "\n";
        for (const std::string& conflict : board->conflicts) text += "  note: " + conflict + "\n";
    }
    return text;
}

std::string scenarios(const DataFolder& data) {
    std::string text;
    for (const std::string& name : data.scenario_names()) {
        const LoadedScenario loaded = load_scenario(data.scenario(name), {}, data);
        text += fmt::format("{}: {}\n  {}\n", name, loaded.scenario.title, loaded.scenario.question);
    }
    return text;
}

std::string parameters(const DataFolder& data, const std::string& device_name) {
    const std::vector<std::string> legal = data.device_names();
    if (std::find(legal.begin(), legal.end(), device_name) == legal.end())
        throw InputError(not_legal(device_name, "a device", legal));
    const auto device = load_device(data.device(device_name));
    std::string text;
    device->groups([&](const std::string& group, const Params& params) {
        for (const ParamDescription& p : params.describe())
            text +=
                fmt::format("{}.{} = {}  [{}; legal: {}]\n    {}; {}: {}\n", group, p.key, p.value, p.unit,
                            p.legal, p.meaning, enum_name(p.provenance->kind), p.provenance->source);
    });
    return text;
}

std::string walls() {
    std::string text;
    for (const std::string& name : enum_names<Wall>()) text += name + "\n";
    return text;
}

std::string workloads() {
    std::string text;
    for (const Shape& work : Codec<Work>::shape({}).inner) {
        TextGrid grid;
        for (const Shape::Field& field : work.fields) {
            if (field.key == "kind")
                text += (text.empty() ? "" : "\n") + fmt::format("kind: {}\n", field.shape.choices.front());
            else
                grid.row({fmt::format("  {:24}{}", field.key, field.meaning)});
        }
        text += grid.text();
    }
    return text;
}

class ListCommand final : public Command {
public:
    ListCommand()
        : Command("list", "Show what there is to choose from", "migsim list parameters h100-sxm-80gb") {}

    void declare(Arguments& arguments) override {
        arguments.positional(
            "WHAT", what_, "of all there is",
            {"boards", "devices", "profiles", "workloads", "scenarios", "parameters", "walls"});
        arguments.optional_positional("DEVICE", device_, "whose parameters; default: tiny");
    }

    Exit run(const Surroundings& surroundings) override {
        if (device_ && what_ != "parameters")
            throw InputError(
                fmt::format("{} is too much: only `migsim list parameters` takes a device", shown(*device_)));
        std::fputs(text(surroundings).c_str(), stdout);
        return Exit::Good;
    }

private:
    std::string text(const Surroundings& surroundings) const {
        if (what_ == "walls") return walls();
        if (what_ == "workloads") return workloads();
        const DataFolder data = surroundings.data_folder();
        if (what_ == "boards") return boards(data);
        if (what_ == "devices") return devices(data);
        if (what_ == "profiles") return profiles(data);
        if (what_ == "scenarios") return scenarios(data);
        return parameters(data, device_.value_or("tiny"));
    }

    std::string what_;
    std::optional<std::string> device_;
};

} // namespace

std::unique_ptr<Command> make_list_command() {
    return std::make_unique<ListCommand>();
}

} // namespace migsim
