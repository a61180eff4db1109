// SPDX-License-Identifier: Apache-2.0
// How long the host waits for a change of instances, and for a process to be at work in a new one. Seconds,
// where requests take microseconds: a scenario that simulates every transaction of the neighbours meanwhile
// sets them to less.
//
// Creating and destroying: gpu-roofline project, "GH200 validation report", category 3, 2026 (GH200 96 GB,
// driver 580.105, wall clock of nvidia-smi, its own start included; medians). Creates one after another took
// 1189, 289, 298, 273, 264, 301 and 273 ms, one 1g 1185 and one 3g 1280; destroying a 1g took 615, a 3g 1000,
// seven 1g at once 1838. These five numbers meet each of them within 8 %. B. Li et al., "MISO", SoCC 2022,
// give about 4 s for a whole change of layout on A100. Starting up: 2.8 to 3.6 s until CUDA is initialized;
// H. Fingler et al., "DGSF", 2022 (V100). Bai et al., "PipeSwitch", OSDI 2020, and Wei et al., "PhoenixOS",
// SOSP 2025, have 1.7 to 3.1 s for parts of it.
#pragma once

#include <cstdint>

#include "models/base/config/describe.h"

namespace migsim {

struct ReconfigurationCosts {
    double create_ms = 902;          // of a request to create
    double create_instance_ms = 283; // and for each instance
    double destroy_ms = 422.5;       // of a request to destroy
    double destroy_slice_ms = 192.5; // and for each compute slice of the instances
    double start_up_ms = 3200;

    double create(std::size_t instances) const {
        return instances == 0 ? 0 : create_ms + create_instance_ms * static_cast<double>(instances);
    }
    double destroy(std::uint32_t compute_slices) const {
        return compute_slices == 0 ? 0 : destroy_ms + destroy_slice_ms * compute_slices;
    }
};

template <class Visitor>
void describe(Visitor& v, ReconfigurationCosts& c) {
    const Range ms{0, 1e5};
    v.optional("create_ms", c.create_ms, "of a step that creates", ms);
    v.optional("create_instance_ms", c.create_instance_ms, "and for each instance it creates", ms);
    v.optional("destroy_ms", c.destroy_ms, "of a step that destroys", ms);
    v.optional("destroy_slice_ms", c.destroy_slice_ms,
               "and for each compute slice of the instances it destroys", ms);
    v.optional("start_up_ms", c.start_up_ms, "from an instance being there to a tenant's being ready in it",
               ms);
}

} // namespace migsim
