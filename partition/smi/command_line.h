// SPDX-License-Identifier: Apache-2.0
// The command line of `nvidia-smi mig`, and of nvidia-smi itself where MIG is concerned: one verb, and
// options that narrow it. Long names are those of `nvidia-smi mig --help`. A few verbs are ours, for what
// happens to real GPUs outside nvidia-smi; they have no dash.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace migsim::smi {

enum class Verb {
    ShowDevices, // no verb: the MIG part of plain nvidia-smi
    ListGpus,
    SetMode,
    ResetGpu,
    ListGpuInstanceProfiles,
    ListGpuInstancePlacements,
    ListGpuInstances,
    CreateGpuInstances,
    DestroyGpuInstances,
    ListComputeInstanceProfiles,
    ListComputeInstances,
    CreateComputeInstances,
    DestroyComputeInstances,
    Import, // a board's table
    New,    // a state file
    Attach, // a client
    Detach,
    Reboot,
    ListMinors,
};

struct CommandLine {
    Verb verb = Verb::ShowDevices;
    std::vector<std::string> items;                          // what the verb is given: profiles, or the mode
    bool with_compute_instances = false;                     // -C
    std::optional<std::vector<std::string>> gpus;            // -i
    std::optional<std::vector<std::uint32_t>> gpu_instances; // -gi
    std::optional<std::vector<std::uint32_t>> compute_instances; // -ci
    std::optional<std::string> state;                            // --state

    // Of `new`; `import` has a board and a card, too.
    std::optional<std::string> board, card, memory_variant;
    std::optional<std::uint32_t> gpu_count, missing_slot;
};

CommandLine parse(const std::vector<std::string>& words); // throws InputError
bool mode_wanted(const std::vector<std::string>& items);  // of -mig; throws InputError
std::string usage();

} // namespace migsim::smi
