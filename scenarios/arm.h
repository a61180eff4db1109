// SPDX-License-Identifier: Apache-2.0
// The arms of an experiment: the same tenants on the same GPU under different sharing arrangements. Reports
// have them in this order, each after its baseline.
#pragma once

#include "models/base/config/enum_names.h"

namespace migsim {

enum class Arm {
    Alone,      // each tenant by itself on the whole GPU, MIG off: the baseline of `mps`
    Mps,        // all tenants on all SMs, MIG off, one memory system
    AloneSlice, // each tenant by itself on its own instance of the layout: the baseline of `mig` and `cs`
    Mig,        // each tenant on its own GPU instance of the layout
    Cs // each tenant on its own compute instance: SMs of its own, the memory of a GPU instance shared
};
template <>
struct EnumNames<Arm> {
    static constexpr std::array table{EnumName{Arm::Alone, "alone"}, EnumName{Arm::Mps, "mps"},
                                      EnumName{Arm::AloneSlice, "alone_slice"}, EnumName{Arm::Mig, "mig"},
                                      EnumName{Arm::Cs, "cs"}};
};

constexpr bool is_baseline(Arm arm) {
    return arm == Arm::Alone || arm == Arm::AloneSlice;
}
constexpr bool uses_layout(Arm arm) {
    return arm == Arm::AloneSlice || arm == Arm::Mig || arm == Arm::Cs;
}
// The one that differs from `arm` by the neighbours alone.
constexpr Arm baseline_of(Arm arm) {
    return uses_layout(arm) ? Arm::AloneSlice : Arm::Alone;
}

} // namespace migsim
