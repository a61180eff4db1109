// SPDX-License-Identifier: Apache-2.0
// Asks twins, each run of each in a process of its own, as many side by side as told. What is asked twice of
// the same device is run once.
#pragma once

#include <optional>
#include <vector>

#include "bench/validation/twin.h"
#include "scenarios/progress.h"
#include "scenarios/systemc_process.h"

namespace migsim {

struct AskedTwin {
    Device* device;
    std::optional<std::uint32_t> clock_mhz; // in place of the device's
    const Twin* twin;
    Question question;
};

// By what is asked, by run of its twin. Throws as run_jobs() does.
std::vector<std::vector<Answer>> ask_twins(const std::vector<AskedTwin>& asked, const SystemcProcess& systemc,
                                           unsigned side_by_side, ProgressLine& progress);

} // namespace migsim
