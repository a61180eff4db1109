// SPDX-License-Identifier: Apache-2.0
// The verbs about GPUs as a whole: MIG mode, resets, who uses what.
#pragma once

#include <vector>

#include "partition/mig_node.h"
#include "partition/smi/answer.h"
#include "partition/smi/command_line.h"

namespace migsim::smi {

// A mode that has to wait is a warning, and no failure.
Answer set_mode(const std::vector<SimulatedGpu*>& gpus, bool enable);
Answer reset(const std::vector<SimulatedGpu*>& gpus);
Answer change_clients(const std::vector<SimulatedGpu*>& gpus, const CommandLine& line); // attach and detach
// As /proc/driver/nvidia-caps/mig-minors has them, but only those of instances that exist.
Answer list_minors(const std::vector<SimulatedGpu*>& gpus);

} // namespace migsim::smi
