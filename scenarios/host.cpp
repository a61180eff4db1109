// SPDX-License-Identifier: Apache-2.0
#include "scenarios/host.h"

#include <ctime>
#include <fstream>

#include <sched.h>
#include <sysc/kernel/sc_ver.h>
#include <unistd.h>

#include "migsim_version.h"
#include "models/base/sort_keys.h"

namespace migsim {
namespace {

std::string utc_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

std::string host_name() {
    char name[256] = "";
    ::gethostname(name, sizeof name - 1);
    return name;
}

std::string cpu_name() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    return "unknown";
}

} // namespace

std::uint32_t usable_cores() {
    cpu_set_t set;
    if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return static_cast<std::uint32_t>(CPU_COUNT(&set));
}

ProgramVersion program_version() {
    return {version, commit, "g++ " __VERSION__, SC_VERSION, std::string(name(isa()))};
}

HostReport host_report() {
    HostReport report;
    report.program = program_version();
    report.date = utc_now();
    report.host = host_name();
    report.cpu = cpu_name();
    report.cores = usable_cores();
    return report;
}

} // namespace migsim
