// SPDX-License-Identifier: Apache-2.0
// The times that people write, as the machine's ticks: the nearest one.
#pragma once

#include <cmath>

#include "models/base/time.h"

namespace migsim {

inline Tick ticks_of_us(double microseconds) {
    return static_cast<Tick>(std::llround(microseconds * static_cast<double>(us)));
}

inline Tick ticks_of_ms(double milliseconds) {
    return static_cast<Tick>(std::llround(milliseconds * static_cast<double>(ms)));
}

} // namespace migsim
