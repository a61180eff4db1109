// SPDX-License-Identifier: Apache-2.0
// How an experiment's process tells the program what it measured: one line a point, written at once, so what
// was measured before a process hung or died is not lost.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace migsim::silicon {

struct MeasuredPoint {
    std::string question, variant;
    std::string name; // of the case, or
    double at = 0;    // the position
    std::vector<double> samples;
    double clock_mhz = 0; // of the SMs; 0: not measured
};

struct Heard {
    std::vector<MeasuredPoint> points;
    std::string unfinished;                   // why points are missing
    std::map<std::string, std::string> facts; // about the board
};

class Channel {
public:
    explicit Channel(int descriptor) : descriptor_(descriptor) {}

    void point(const MeasuredPoint& point);
    void unfinished(const std::string& why);
    void fact(const std::string& key, const std::string& value);

private:
    void send(const std::string& line);
    int descriptor_;
};

// What came through a channel; a last line that was cut off is ignored.
Heard heard(std::string_view text);

} // namespace migsim::silicon
