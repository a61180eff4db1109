// SPDX-License-Identifier: Apache-2.0
// How to run a job inside SystemC: the kernel must be entered through sc_elab_and_sim, which calls the one
// sc_main of the executable. So the executable lends this function to whoever forks a child that simulates.
#pragma once

#include <functional>

namespace migsim {

// Runs the job as sc_main of this process, at most once; returns what the job returned.
using SystemcProcess = std::function<int(const std::function<int()>& job)>;

} // namespace migsim
