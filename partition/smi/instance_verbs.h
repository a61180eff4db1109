// SPDX-License-Identifier: Apache-2.0
// The verbs that list, create and destroy GPU instances and compute instances. GPUs whose MIG mode is off are
// passed over.
#pragma once

#include <vector>

#include "partition/mig_node.h"
#include "partition/smi/answer.h"
#include "partition/smi/command_line.h"

namespace migsim::smi {

Answer carry_out_on_instances(const CommandLine& line, std::vector<SimulatedGpu*> gpus);

} // namespace migsim::smi
