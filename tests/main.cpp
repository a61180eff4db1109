// SPDX-License-Identifier: Apache-2.0
// Runs the tests under SystemC, whose warnings are failures here. Every TEST_CASE runs in a process of its
// own, since SystemC elaborates once per process.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <systemc>

namespace {

int status = 3;

} // namespace

extern "C" int sc_main(int argc, char** argv) {
    sc_core::sc_report_handler::set_actions(sc_core::SC_WARNING, sc_core::SC_THROW);
    status = Catch::Session().run(argc, argv);
    return status;
}

int main(int argc, char** argv) {
    setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
    sc_core::sc_elab_and_sim(argc, argv);
    return status;
}
