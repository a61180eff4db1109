// SPDX-License-Identifier: Apache-2.0
// The executable: main and sc_main, and nothing that a test could want to call.
#include <cstdlib>

#include <systemc>

#include "scenarios/commands/command.h"

namespace {

const std::function<int()>* systemc_job = nullptr; // sc_main gets no argument of ours

int run_in_systemc(const std::function<int()>& job) {
    systemc_job = &job;
    char name[] = "migsim";
    char* arguments[] = {name, nullptr};
    return sc_core::sc_elab_and_sim(1, arguments);
}

} // namespace

extern "C" int sc_main(int, char**) {
    return (*systemc_job)();
}

int main(int argc, char** argv) {
    ::setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1); // stderr is for what the user needs to know
    return migsim::run_program(argc, argv, run_in_systemc);
}
