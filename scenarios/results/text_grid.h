// SPDX-License-Identifier: Apache-2.0
// Columns of text that line up, whatever they hold: the first to the left, the others to the right.
#pragma once

#include <string>
#include <vector>

namespace migsim {

class TextGrid {
public:
    void row(std::vector<std::string> cells); // fewer cells than columns are fine
    void heading(std::string line);           // a line of its own that no column has to make room for
    std::string text() const;                 // two spaces between columns, a newline after each line

private:
    struct Line {
        std::vector<std::string> cells;
        bool is_heading;
    };
    std::vector<Line> lines_;
};

// As many digits as help: 3.14, 31.4, 314, 31,416; at most `decimals` of them behind the point.
std::string readable(double value, int decimals = 2);
std::string with_separators(std::uint64_t value); // 31,416

} // namespace migsim
