// SPDX-License-Identifier: Apache-2.0
// How far the simulations of an experiment are, on stderr: on a terminal one line that is written over,
// elsewhere (a CI log) a line of its own now and then. The time left is a guess from how fast the work done
// so far went.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace migsim {

// What there is to say, apart from where it is said.
class ProgressMeter {
public:
    // `weight`: how much simulated work is expected of it, relative to the others.
    void add(std::string name, double weight);
    void update(std::size_t simulation, double fraction, std::uint64_t line_transactions);
    void
    finish(std::size_t simulation); // also one that was kept from an earlier run, before anything is updated

    double fraction() const; // of all the work, 0 to 1
    // "62%  mps 48%, mig 71%, 3 of 6 done, 41.2 M lines, 2.3 M/s, 0:12 left"
    std::string text(std::chrono::duration<double> elapsed) const;

private:
    struct Simulation {
        std::string name;
        double weight;
        double fraction = 0;
        std::uint64_t lines = 0;
        bool finished = false;
    };
    std::vector<Simulation> simulations_;
};

class ProgressLine {
public:
    enum class Style { Silent, Terminal, Log };
    static Style style_of(std::FILE* stream, bool quiet);

    ProgressLine(std::FILE* stream, Style style);
    ~ProgressLine(); // wipes the line

    void show(const ProgressMeter& meter); // as often as one likes
    void note(const std::string& line);    // something that happened, to stay on the screen

private:
    using Clock = std::chrono::steady_clock;
    void wipe();

    std::FILE* stream_;
    Style style_;
    Clock::time_point start_ = Clock::now();
    Clock::time_point shown_ = start_;
    bool line_is_out_ = false;
};

} // namespace migsim
