// SPDX-License-Identifier: Apache-2.0
#include "scenarios/results/result.h"

#include <algorithm>

namespace migsim {

const TenantInArm* TenantResult::in(Arm arm) const {
    const auto found =
        std::find_if(arms.begin(), arms.end(), [&](const TenantInArm& t) { return t.arm == arm; });
    return found == arms.end() ? nullptr : &*found;
}

} // namespace migsim
