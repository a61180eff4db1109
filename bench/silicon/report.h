// SPDX-License-Identifier: Apache-2.0
// From what experiments measured to a file that `migsim validate --against` reads: median, spread and every
// sample of each point. Plain C++, so that tests can hold writer and reader together without a GPU.
#pragma once

#include <string>
#include <vector>

#include "bench/silicon/channel.h"
#include "bench/validation/curves.h"

namespace migsim::silicon {

// The device file that describes this board as a whole; "unknown (NAME)" where none does, as for a MIG slice.
std::string device_of(const std::string& board, const std::string& slice);

MeasuredBoard board_of(const std::map<std::string, std::string>& facts);

// Appends the points of one experiment as curves. Throws std::logic_error for a question it should not ask.
void add_curves(CurveFile& file, const Heard& heard);

std::string json_of(const CurveFile& file);

} // namespace migsim::silicon
