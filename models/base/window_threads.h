// SPDX-License-Identifier: Apache-2.0
// Runs one window on several threads: fork, each thread its own blocks, join. The caller's thread is lane 0.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <thread>
#include <vector>

namespace migsim {

class Windows;

class WindowThreads {
public:
    explicit WindowThreads(Windows& windows);
    ~WindowThreads();

    void run(); // rethrows what a block threw

private:
    void work(unsigned lane);

    Windows& windows_;
    std::atomic<std::uint64_t> generation_{0};
    std::atomic<unsigned> busy_{0};
    std::atomic<bool> stop_{false};
    std::vector<std::exception_ptr> errors_;
    std::vector<std::thread> threads_;
};

} // namespace migsim
