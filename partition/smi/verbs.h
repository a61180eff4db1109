// SPDX-License-Identifier: Apache-2.0
// Carries out a command line of nvidia-smi on a simulated node, in nvidia-smi's words and with its exit
// codes: NVML's return code of what went wrong. To each refusal it adds what nvidia-smi leaves unsaid: why.
#pragma once

#include <string>

#include "partition/mig_node.h"
#include "partition/smi/command_line.h"

namespace migsim::smi {

struct Answer {
    int exit_code = 0;
    std::string out;
    std::string why; // for a person, a line per refusal
};

bool changes_state(Verb verb);

// Any verb but New. What was done before a refusal stays done, as with nvidia-smi. Throws InputError for what
// no GPU of the node could mean.
Answer carry_out(const CommandLine& line, MigNode& node);

} // namespace migsim::smi
