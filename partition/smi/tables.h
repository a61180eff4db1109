// SPDX-License-Identifier: Apache-2.0
// What nvidia-smi prints of a node with MIG, byte for byte as driver 580 does. What no source tells prints as
// `?`. Formats: starkdrift/prickle-exporter, internal/collector/gpu/testdata (driver 580.173.02), and for
// -lcip a transcript of an A100-SXM4-40GB (driver 580.126.09).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "partition/mig_node.h"

namespace migsim::smi {

using Gpus = std::vector<const SimulatedGpu*>;
using GpuInstanceFilter = std::function<bool(const GpuInstance&)>;

std::string gpu_instance_profiles(const Gpus& gpus);                               // -lgip
std::string gpu_instance_placements(const Gpus& gpus);                             // -lgipp
std::string gpu_instances(const Gpus& gpus);                                       // -lgi
std::string compute_instances(const Gpus& gpus, const GpuInstanceFilter&);         // -lci
std::string compute_instance_profiles(const Gpus& gpus, const GpuInstanceFilter&); // -lcip
std::string list(const Gpus& gpus);                                                // nvidia-smi -L
std::string mig_devices(const Gpus& gpus); // the MIG part of plain nvidia-smi

} // namespace migsim::smi
