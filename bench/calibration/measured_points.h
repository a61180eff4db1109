// SPDX-License-Identifier: Apache-2.0
// What a device is calibrated against: points of measured curves, some of which are held back, so that the
// fit can be judged by what it never saw. The points of a curve are taken in the order of their positions,
// which are spread evenly or by a factor; a case has no neighbours that could tell of it, so it is never held
// back.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/validation/curves.h"
#include "bench/validation/twin.h"

namespace migsim {

struct MeasuredPoint { // refers to the file that it is from
    const CurveFile* file;
    const Curve* curve;
    std::size_t index; // in the curve
    const Twin* twin;
    Question question;
    bool held_back = false;
};

struct LeftOutPoints {
    std::string question, variant, why;
    std::uint32_t points = 0;
};

template <class Visitor>
void describe(Visitor& v, LeftOutPoints& p) {
    v.required("question", p.question, "that was measured");
    v.required("variant", p.variant, "of the question");
    v.required("why", p.why, "they neither are fitted nor judge the fit");
    v.required("points", p.points, "of a curve");
}

struct MeasuredPoints {
    std::vector<MeasuredPoint> all;
    std::vector<LeftOutPoints> left_out;
};

// held_back: the part of each curve, from 0 to below 1. What is fitted is asked some dozens of times, so of
// that only the cheapest positions are taken, until asking them once is expected to be so many million lines'
// work; cases are all taken. What is held back is asked twice, all of it. Where a file bounds some curves,
// those without a bound are its doubtful ones and left out.
MeasuredPoints measured_points(const std::vector<CurveFile>& files, const Device& device, double held_back,
                               double most_million_lines);

} // namespace migsim
