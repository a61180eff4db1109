// SPDX-License-Identifier: Apache-2.0
// What a verb answers: nvidia-smi's text and exit code, and what nvidia-smi leaves unsaid: why.
#pragma once

#include <string>

#include "partition/refusal.h"

namespace migsim::smi {

struct Answer {
    int exit_code = 0; // NVML's return code of what went wrong
    std::string out;
    std::string why; // for a person, a line per refusal

    void say(const std::string& text) { out += text; }
    void refuse(const Refusal& refusal) {
        exit_code = nvml_return_code(refusal.reason);
        why += refusal.sentence + "\n";
    }
    void not_found(const std::string& line) {
        exit_code = nvml_return_code(RefusalReason::NotFound);
        say(line + "\n");
    }
};

} // namespace migsim::smi
