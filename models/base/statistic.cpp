// SPDX-License-Identifier: Apache-2.0
#include "models/base/statistic.h"

#include <numeric>

namespace migsim {

Statistic::Statistic(Statistics& owner, std::string_view n, std::string_view u, std::string_view m)
    : name(n), unit(u), meaning(m) {
    owner.all_.push_back(this);
}

std::uint64_t PerTenant::total() const {
    return std::accumulate(values_.begin(), values_.end(), std::uint64_t{0});
}

std::vector<Statistic::Column> PerTenant::columns() const {
    std::vector<Column> all;
    for (std::size_t i = 0; i < values_.size(); ++i) all.push_back({std::to_string(i), values_[i]});
    return all;
}

} // namespace migsim
