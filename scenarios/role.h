// SPDX-License-Identifier: Apache-2.0
// What a tenant is in an experiment for. It changes nothing in the machine: the conclusion speaks of the
// latency of the first and of the throughput of the second.
#pragma once

#include "models/base/config/enum_names.h"

namespace migsim {

enum class Role { LatencyCritical, BestEffort };
template <>
struct EnumNames<Role> {
    static constexpr std::array table{EnumName{Role::LatencyCritical, "latency_critical"},
                                      EnumName{Role::BestEffort, "best_effort"}};
};

} // namespace migsim
