// SPDX-License-Identifier: Apache-2.0
// Simulated nodes to ask as one asks nvidia-smi, for the tests of partition/smi.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "models/base/config/input_errors.h"
#include "partition/smi/verbs.h"
#include "tests/unit/partition_boards.h"

namespace migsim::test {

inline MigNode node_of(const std::string& board_name, std::uint32_t gpus = 1) {
    const auto table = board(board_name);
    MigNode node;
    for (std::uint32_t i = 0; i < gpus; ++i)
        node.push_back({i,
                        table->name,
                        table->cards.front(),
                        table->missing_slot,
                        {},
                        MigGpu(table, table->missing_slot)});
    return node;
}

inline smi::Answer ask(MigNode& node, const std::string& words) {
    std::istringstream stream(words);
    std::vector<std::string> arguments;
    for (std::string word; stream >> word;) arguments.push_back(word);
    return smi::carry_out(smi::parse(arguments), node);
}
inline std::string said(MigNode& node, const std::string& words) {
    return ask(node, words).out;
}
inline std::string error(MigNode& node, const std::string& words) {
    try {
        ask(node, words);
    } catch (const InputError& error) {
        return error.what();
    }
    return "accepted";
}

inline MigNode enabled(const std::string& board_name, std::uint32_t gpus = 1) {
    MigNode node = node_of(board_name, gpus);
    REQUIRE(ask(node, "-mig 1").exit_code == 0);
    return node;
}

inline bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

inline std::vector<std::string> lines(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> result;
    for (std::string line; std::getline(stream, line);) result.push_back(line);
    return result;
}

} // namespace migsim::test
