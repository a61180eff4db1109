// SPDX-License-Identifier: Apache-2.0
// Statistics: declared once, as a member with name, unit and meaning, in the header of the block that counts.
// Blocks only ever add; nothing reads a statistic to decide anything. Reporters walk Statistics::all().
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/ids.h"

namespace migsim {

class Statistics;

class Statistic {
public:
    Statistic(Statistics& owner, std::string_view name, std::string_view unit, std::string_view meaning);
    Statistic(const Statistic&) = delete;
    Statistic& operator=(const Statistic&) = delete;
    virtual ~Statistic() = default;

    // One value per column; a scalar has one column without a label.
    struct Column {
        std::string label;
        std::uint64_t value;
    };
    virtual std::vector<Column> columns() const = 0;

    const std::string_view name, unit, meaning; // literals
};

// All statistics of one block, in order of declaration.
class Statistics {
public:
    const std::vector<const Statistic*>& all() const { return all_; }

private:
    friend class Statistic;
    std::vector<const Statistic*> all_;
};

class Counter final : public Statistic {
public:
    using Statistic::Statistic;
    Counter& operator+=(std::uint64_t n) {
        value_ += n;
        return *this;
    }
    std::uint64_t value() const { return value_; }
    std::vector<Column> columns() const override { return {{"", value_}}; }

private:
    std::uint64_t value_ = 0;
};

// The natural axis of a simulator of sharing: one counter per tenant.
class PerTenant final : public Statistic {
public:
    using Statistic::Statistic;
    std::uint64_t& operator[](TenantId tenant) { return values_[index(tenant)]; }
    std::uint64_t operator[](TenantId tenant) const { return values_[index(tenant)]; }
    std::uint64_t total() const;
    std::vector<Column> columns() const override;

private:
    std::array<std::uint64_t, max_tenants> values_{};
};

} // namespace migsim
