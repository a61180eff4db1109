// SPDX-License-Identifier: Apache-2.0
// A layout in the languages of those who bring it to real GPUs. All throw InputError where the language has
// no words for it.
#pragma once

#include <string>

#include "partition/mig_plan.h"

namespace migsim {

// A configuration file with one label, for all GPUs of the board's kind.
std::string mig_parted_text(const MigPlan& plan, const std::string& label);

// What a node with one such GPU advertises, as NVIDIA/k8s-device-plugin 1b826ac names it: under the strategy
// `mixed`, and under `single` where all instances are alike.
std::string kubernetes_text(const MigPlan& plan);

// nvidia-smi on GPU 0, which is to have no instances yet.
std::string shell_text(const MigPlan& plan);

} // namespace migsim
