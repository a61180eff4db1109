// SPDX-License-Identifier: Apache-2.0
// host.json: when and where a result was made, with what program and how fast. It is the only file of a
// result that differs between two runs of the same scenario.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/base/config/describe.h"

namespace migsim {

// The program itself, for `migsim --version` and host.json.
struct ProgramVersion {
    std::string version;
    std::string commit;
    std::string compiler;
    std::string systemc;
    std::string isa;
};

template <class Visitor>
void describe(Visitor& v, ProgramVersion& p) {
    v.required("version", p.version, "of migsim");
    v.required("commit", p.commit, "it was built from, or unknown");
    v.required("compiler", p.compiler, "it was built with");
    v.required("systemc", p.systemc, "version of the library");
    v.required("isa", p.isa, "instruction set its faster loops use here; results do not depend on it");
}

ProgramVersion program_version();

struct SimulationCost {
    std::string simulation;
    double wall_s = 0;
    double million_lines_per_s = 0;
    std::uint64_t peak_memory_bytes = 0;
};

template <class Visitor>
void describe(Visitor& v, SimulationCost& c) {
    v.required("simulation", c.simulation, "its name");
    v.required("wall_s", c.wall_s, "time it took");
    v.required("million_lines_per_s", c.million_lines_per_s, "10^6 line transactions simulated per second");
    v.required("peak_memory_bytes", c.peak_memory_bytes, "resident, of its process");
}

struct HostReport {
    ProgramVersion program;
    std::string date;
    std::string host;
    std::string cpu;
    std::uint32_t cores = 0;
    std::uint32_t jobs = 0;
    std::uint32_t threads = 0;
    double wall_s = 0;
    std::vector<SimulationCost> simulations;
    std::vector<std::string> kept;
};

inline const Format host_format{"host", 1};

template <class Visitor>
void describe(Visitor& v, HostReport& h) {
    v.required("program", h.program, "that ran");
    v.required("date", h.date, "at the end of the run, UTC");
    v.required("host", h.host, "name of the machine");
    v.required("cpu", h.cpu, "as the kernel calls it");
    v.required("cores", h.cores, "that the run could use");
    v.required("jobs", h.jobs, "simulations side by side");
    v.required("threads", h.threads, "inside each");
    v.required("wall_s", h.wall_s, "for everything");
    v.required("simulations", h.simulations, "that were run");
    v.required("kept", h.kept, "simulations kept from an earlier run (--resume)");
}

HostReport host_report(); // all that does not depend on the run
std::uint32_t usable_cores();

} // namespace migsim
