// SPDX-License-Identifier: Apache-2.0
// The speed of the simulator: Google Benchmark's own command line. Names the processor and the instruction
// set in use.
#include <benchmark/benchmark.h>
#include <systemc>

#include "models/base/sort_keys.h"

extern "C" int sc_main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::AddCustomContext("isa", std::string(migsim::name(migsim::isa())));
    benchmark::AddCustomContext("flags", MIGSIM_FLAGS);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}

int main(int argc, char** argv) {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    return sc_core::sc_elab_and_sim(argc, argv);
}
