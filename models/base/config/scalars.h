// SPDX-License-Identifier: Apache-2.0
// Single values: what counts as a bool, a number or a text. Stricter than YAML: only `true` and `false` are
// bools, `010` is nobody's number, infinities do not exist, and a text that looks like a number needs quotes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/config/input_errors.h"
#include "models/base/config/limits.h"
#include "models/base/config/node.h"

namespace migsim {

// Each returns the value, or complains and returns nothing.
std::optional<bool> read_bool(const Node& node, InputErrors& errors);
std::optional<std::string> read_text(const Node& node, const Limits& limits, InputErrors& errors);
std::optional<double> read_number(const Node& node, const Limits& limits, InputErrors& errors);
// `type` is what the C++ type can hold. Decimal, or hexadecimal with 0x.
std::optional<long double> read_integer(const Node& node, const Range& type, const Limits& limits,
                                        InputErrors& errors);
std::optional<std::size_t> read_choice(const Node& node, const std::vector<std::string>& legal,
                                       InputErrors& errors);

// Lists and maps as a whole: kind, NonEmpty, UniqueNames.
bool check_list(const Node& node, const Limits& limits, InputErrors& errors);
bool check_map(const Node& node, const Limits& limits, InputErrors& errors);

Range narrower(const Range& type, const std::optional<Range>& limit);
bool looks_like_no_text(std::string_view scalar); // unquoted, YAML reads it as a number, a bool or nothing

std::string number_text(double value); // the shortest text that reads back to the same value, on any machine
std::string integer_text(long double value);
std::string range_text(const Range& range, bool whole_numbers); // "1 to 64"

} // namespace migsim
