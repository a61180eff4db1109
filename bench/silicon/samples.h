// SPDX-License-Identifier: Apache-2.0
// Arithmetic on samples; plain C++, so that it is tested without a GPU.
#pragma once

#include <vector>

namespace migsim::silicon {

double median(std::vector<double> values); // of at least one

// From the least to the greatest, of the larger magnitude of the two; 0 where all are 0.
double spread_percent(const std::vector<double>& values);

double to_six_digits(double value); // of what was measured: no timer here resolves more

double percentile(std::vector<double> values, double percent); // nearest rank

// Pearson's; not a number where all of x or all of y are equal.
double correlation(const std::vector<double>& x, const std::vector<double>& y);

// Where the lower of two clusters ends (Otsu's threshold); 0 where they are not two: less than a fifth lies
// in one of them, or their means are less than 15% apart.
double split(std::vector<double> values);

} // namespace migsim::silicon
