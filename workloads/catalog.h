// SPDX-License-Identifier: Apache-2.0
// Everything a tenant can be told to run, by name: a `Work` is one map in a scenario file whose `kind`
// chooses, and becomes a Program once there is memory to put it in. A new kind is one struct in this list.
#pragma once

#include <variant>

#include "workloads/networks/inference_chain.h"
#include "workloads/networks/training_step.h"
#include "workloads/operators/gemm.h"
#include "workloads/operators/pointer_chase.h"
#include "workloads/operators/random_access.h"
#include "workloads/operators/stream.h"
#include "workloads/operators/tlb_hostile.h"

namespace migsim {

using Work = std::variant<StreamShape, ChaseShape, RandomAccessShape, TlbHostileShape, GemmShape,
                          InferenceShape, TrainingShape>;

// `sms`: how many SMs the program sees, as cudaDeviceProp::multiProcessorCount tells it. Throws
// std::invalid_argument with one sentence where the shape and the machine do not go together.
Program make_program(const Work& work, Buffers& buffers, std::uint32_t sms);

} // namespace migsim
