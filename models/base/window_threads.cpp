// SPDX-License-Identifier: Apache-2.0
#include "models/base/window_threads.h"

#include <utility>

#include "models/base/windows.h"

namespace migsim {

WindowThreads::WindowThreads(Windows& windows) : windows_(windows), errors_(windows.threads()) {
    for (unsigned lane = 1; lane < windows.threads(); ++lane)
        threads_.emplace_back([this, lane] { work(lane); });
}

WindowThreads::~WindowThreads() {
    stop_ = true;
    ++generation_;
    generation_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void WindowThreads::run() {
    busy_ = static_cast<unsigned>(threads_.size());
    ++generation_;
    generation_.notify_all();
    try {
        windows_.run_lane(0);
    } catch (...) {
        errors_[0] = std::current_exception();
    }
    // A window is a few hundred microseconds: spinning is cheaper than sleeping, yielding keeps a shared core
    // fair.
    for (unsigned spins = 0; busy_.load(std::memory_order_acquire) != 0; ++spins)
        if (spins > 1000) std::this_thread::yield();
    for (std::exception_ptr& error : errors_)
        if (error) std::rethrow_exception(std::exchange(error, nullptr));
}

void WindowThreads::work(unsigned lane) {
    for (std::uint64_t seen = 0;;) {
        for (unsigned spins = 0; generation_.load(std::memory_order_acquire) == seen; ++spins)
            if (spins > 1000) generation_.wait(seen, std::memory_order_acquire);
        ++seen;
        if (stop_) return;
        try {
            windows_.run_lane(lane);
        } catch (...) {
            errors_[lane] = std::current_exception();
        }
        busy_.fetch_sub(1, std::memory_order_release);
    }
}

} // namespace migsim
