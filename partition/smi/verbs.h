// SPDX-License-Identifier: Apache-2.0
// Carries out a command line of nvidia-smi on a simulated node, in nvidia-smi's words.
#pragma once

#include "partition/mig_node.h"
#include "partition/smi/answer.h"
#include "partition/smi/command_line.h"

namespace migsim::smi {

bool changes_state(Verb verb);

// Any verb but New. What was done before a refusal stays done, as with nvidia-smi. Throws InputError for what
// no GPU of the node could mean.
Answer carry_out(const CommandLine& line, MigNode& node);

} // namespace migsim::smi
