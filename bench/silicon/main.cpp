// SPDX-License-Identifier: Apache-2.0
// silicon: asks a real GPU the questions that migsim's twins answer. Each experiment runs in a process of its
// own, forked before CUDA is touched, and is ended when it outlasts its budget; this one never touches CUDA.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "bench/silicon/bench.h"
#include "bench/silicon/experiments.h"
#include "bench/silicon/isolated.h"
#include "bench/silicon/report.h"
#include "models/base/files/write_atomically.h"

namespace migsim::silicon {
namespace {

struct Experiment {
    const char* name;
    void (*run)(Bench&);
    double seconds; // budget, the context included
    const char* asks;
};

constexpr Experiment experiments[] = {
    {"latency_vs_footprint", latency_vs_footprint, 60,
     "a dependent load, against the size of a random cycle"},
    {"level_latency", level_latency, 10, "L2 near and far hit, near and far miss"},
    {"utlb_miss", utlb_miss, 6, "what a uTLB miss adds to an L2 hit"},
    {"loaded_latency", loaded_latency, 15, "a dependent load while thousands do the same"},
    {"latency_vs_load", latency_vs_load, 15, "a dependent load beside throttled streams"},
    {"stream_vs_occupancy", stream_vs_occupancy, 30, "DRAM bandwidth: read, write, scale, triad"},
    {"l2_bandwidth_vs_footprint", l2_bandwidth_vs_footprint, 30, "what all SMs read from L2 and beyond"},
    {"shared_bandwidth_vs_footprint", shared_bandwidth_vs_footprint, 10, "one buffer that all SMs read"},
    {"bandwidth_vs_sms", bandwidth_vs_sms, 20, "L2 and DRAM bandwidth, against the number of SMs"},
    {"bandwidth_vs_in_flight", bandwidth_vs_in_flight, 10, "the same, against bytes in flight"},
    {"port_scaling", port_scaling, 10, "SMs of a TPC and a GPC against one SM"},
    {"random_bandwidth", random_bandwidth, 35, "random short reads, against size and footprint"},
    {"l2_slice_map", l2_slice_map, 15, "L2 latency as each SM sees it"},
    {"gemm", gemm, 20, "BF16 matrix products, against SMs and shape"},
    {"launch_latency", launch_latency, 6, "empty kernels by stream and graph"},
    {"host_copy", host_copy, 25, "copies from and to the host, by size"},
    {"barrier_storm", barrier_storm, 10, "memory fences beside fences"},
    {"noisy_neighbour", noisy_neighbour, 35, "chains of small kernels beside a bandwidth hog"},
    {"time_slice", time_slice, 12, "two processes on one GPU"},
    {"power", power, 20, "power and clock under load"},
};

struct BadUsage {
    std::string sentence;
};

struct Options {
    bool list = false, help = false, quick = false;
    std::vector<std::string> only;
    std::optional<std::string> out;
    int device = 0;
    double time_limit = 420;
};

constexpr const char* usage = R"(usage: silicon [option]...

Measures this GPU and prints `format: migsim/curves/1` as JSON, for `migsim validate --against`. Changes no setting.

  --list               the experiments and what they ask
  --only A,B           only these
  --out FILE           write there, at the end and at once, not to stdout
  --device N           CUDA's number of the GPU or MIG slice (default 0)
  --quick              fewer points and samples
  --time-limit SECONDS of all experiments together (default 420); what is cut short says so
  --help               this

example: silicon --out a100.json && migsim validate --against a100.json
exit codes: 0 done; 2 bad usage; 3 no GPU, or an experiment failed (the others are written)
)";

bool is_experiment(const std::string& name) {
    return std::any_of(std::begin(experiments), std::end(experiments),
                       [&](const Experiment& experiment) { return experiment.name == name; });
}

double number(const std::string& option, const std::string& text, double least, double most) {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (text.empty() || *end != '\0' || !(value >= least && value <= most))
        throw BadUsage{option + ": '" + text + "' is not a number from " +
                       std::to_string(std::lround(least)) + " to " + std::to_string(std::lround(most))};
    return value;
}

Options parsed(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string option = argv[i];
        const auto value = [&]() -> std::string {
            if (i + 1 == argc) throw BadUsage{option + ": a value is missing"};
            return argv[++i];
        };
        if (option == "--list")
            options.list = true;
        else if (option == "--help" || option == "-h")
            options.help = true;
        else if (option == "--quick")
            options.quick = true;
        else if (option == "--out")
            options.out = value();
        else if (option == "--device") {
            const double device = number(option, value(), 0, 255);
            if (device != std::floor(device)) throw BadUsage{"--device: is a whole number"};
            options.device = static_cast<int>(device);
        } else if (option == "--time-limit")
            options.time_limit = number(option, value(), 1, 86400);
        else if (option == "--only") {
            std::string rest = value();
            for (std::size_t comma = 0; comma != rest.npos; rest = rest.substr(comma + 1)) {
                comma = rest.find(',');
                options.only.push_back(rest.substr(0, comma));
                if (!is_experiment(options.only.back()))
                    throw BadUsage{"--only: '" + options.only.back() + "' is not an experiment; see --list"};
            }
        } else
            throw BadUsage{"'" + option + "' is not an option"};
    }
    return options;
}

std::string utc() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

std::string command_line(int argc, char** argv) {
    std::string command = "silicon";
    for (int i = 1; i < argc; ++i) command += std::string(" ") + argv[i];
    for (char& c : command)
        if (static_cast<unsigned char>(c) < ' ') c = ' ';
    return command;
}

int measure(const Options& options, const std::string& command) {
    const auto begin = std::chrono::steady_clock::now();
    const auto elapsed = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    std::vector<const Experiment*> chosen;
    double budget = 0;
    for (const Experiment& experiment : experiments) {
        const bool wanted = options.only.empty() || std::find(options.only.begin(), options.only.end(),
                                                              experiment.name) != options.only.end();
        if (!wanted) continue;
        chosen.push_back(&experiment);
        budget += experiment.seconds;
    }
    const double share = std::min(1.0, options.time_limit / budget);

    const Isolated board = run_isolated([&](Channel& channel) { tell_board(channel, options.device); }, 60);
    if (!board.failure.empty()) {
        std::fprintf(stderr, "silicon: no GPU can be measured: %s\n", board.failure.c_str());
        return 3;
    }
    CurveFile file;
    file.board = board_of(heard(board.text).facts);
    file.board->date = utc();
    file.board->command = command;
    file.device = device_of(file.board->name, file.board->slice);
    file.sources["silicon"] = "bench/silicon on " + file.board->name +
                              (file.board->slice.empty() ? "" : " MIG " + file.board->slice) + ", driver " +
                              file.board->driver + ", " + file.board->date;

    int status = 0;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        const Experiment& experiment = *chosen[i];
        const double seconds = experiment.seconds * share;
        std::fprintf(stderr, "[%zu/%zu] %s, at most %.0f s\n", i + 1, chosen.size(), experiment.name,
                     seconds);
        // A grace beyond the budget for the point that is under way.
        const Isolated run = run_isolated(
            [&](Channel& channel) {
                Bench bench(channel, options.device, options.quick, seconds);
                try {
                    experiment.run(bench);
                } catch (const NotMeasured& reason) {
                    channel.unfinished(reason.what());
                }
            },
            std::min(1.25 * seconds + 5, std::max(5.0, options.time_limit + 40 - elapsed())));
        Heard told = heard(run.text);
        if (!run.failure.empty()) {
            std::fprintf(stderr, "silicon: %s: %s\n", experiment.name, run.failure.c_str());
            told.unfinished = run.failure;
            status = 3;
        } else if (!told.unfinished.empty())
            std::fprintf(stderr, "  not finished: %s\n", told.unfinished.c_str());
        add_curves(file, told);
    }
    if (file.curves.empty()) {
        std::fprintf(stderr, "silicon: nothing was measured\n");
        return 3;
    }
    const std::string json = json_of(file);
    if (options.out)
        write_atomically(*options.out, json);
    else
        std::fputs(json.c_str(), stdout);
    std::fprintf(stderr, "%zu curves in %.0f s\n", file.curves.size(), elapsed());
    return status;
}

int run(int argc, char** argv) {
    const Options options = parsed(argc, argv);
    if (options.help) {
        std::fputs(usage, stdout);
        return 0;
    }
    if (options.list) {
        for (const Experiment& experiment : experiments)
            std::printf("%-30s %s\n", experiment.name, experiment.asks);
        return 0;
    }
    if (options.out) check_writable(*options.out); // before minutes are spent
    return measure(options, command_line(argc, argv));
}

} // namespace
} // namespace migsim::silicon

int main(int argc, char** argv) {
    // A kernel that is loaded when first launched would wait for one that is running and waits for it.
    setenv("CUDA_MODULE_LOADING", "EAGER", 1);
    try {
        return migsim::silicon::run(argc, argv);
    } catch (const migsim::silicon::BadUsage& bad) {
        std::fprintf(stderr, "silicon: %s\nRun with --help for more information.\n", bad.sentence.c_str());
        return 2;
    } catch (const migsim::InputError& error) {
        std::fprintf(stderr, "silicon: %s\n", error.what());
        return 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "silicon: %s\n", error.what());
        return 3;
    }
}
