// SPDX-License-Identifier: Apache-2.0
#include "models/gpu/window_controller.h"

#include <algorithm>

namespace migsim {
namespace {

Tick kernel_time() {
    return sc_core::sc_time_stamp().value();
} // the resolution is 1 ps, SystemC's default

constexpr int batch = 4096; // windows between two looks at SystemC's own clock

} // namespace

WindowController::WindowController(const sc_core::sc_module_name& name, WindowOptions options)
    : sc_module(name), windows(options) {
    SC_HAS_PROCESS(WindowController);
    SC_METHOD(run_windows);
    dont_initialize();
    sensitive << go_;
}

WindowController::End WindowController::run(Tick limit, const std::function<bool()>& keep_going) {
    limit_ = limit;
    keep_going_ = keep_going;
    go_.notify(sc_core::SC_ZERO_TIME);
    sc_core::sc_start();
    return end_;
}

void WindowController::run_windows() {
    const Tick others = sc_core::sc_pending_activity_at_future_time()
                            ? kernel_time() + sc_core::sc_time_to_pending_activity().value()
                            : never;
    for (int i = 0; i < batch; ++i) {
        if (!windows.step(std::min(limit_, others))) {
            if (others != never && others < limit_) break; // let the others run first
            end_ = windows.has_work() ? End::Limit : End::Idle;
            sc_core::sc_pause();
            return;
        }
        if (!keep_going_()) {
            end_ = End::Asked;
            sc_core::sc_pause();
            return;
        }
    }
    const Tick next =
        others != never ? std::min(others, std::max(windows.begin(), kernel_time() + 1)) : windows.begin();
    next_trigger(sc_core::sc_time::from_value(std::max(next, kernel_time() + 1) - kernel_time()));
}

} // namespace migsim
