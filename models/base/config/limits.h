// SPDX-License-Identifier: Apache-2.0
// What a declared value may be, beyond its type. long double, because on x86-64 it holds every 64-bit integer
// and every double exactly, so one Range serves all number types.
#pragma once

#include <optional>

namespace migsim {

struct Range { // both ends are legal; on a list it bounds each item
    long double min;
    long double max;
};
struct NonEmpty {};    // a text, list or map that holds something
struct UniqueNames {}; // a list of structs with a `name`, or of texts, in which no name stands twice

struct Limits {
    std::optional<Range> range;
    bool non_empty = false;
    bool unique_names = false;

    void add(const Range& limit) { range = limit; }
    void add(NonEmpty) { non_empty = true; }
    void add(UniqueNames) { unique_names = true; }

    template <class... Options>
    static Limits of(const Options&... options) {
        Limits limits;
        (limits.add(options), ...);
        return limits;
    }
    Limits of_items() const { return {range, false, false}; } // what holds for each item of a container
};

} // namespace migsim
