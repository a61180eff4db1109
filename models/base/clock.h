// SPDX-License-Identifier: Apache-2.0
// A clock domain with a rational period: edge n lies at t0 + floor((n - n0) * num / den) picoseconds.
// A domain never drifts, and a change of frequency starts a new (n0, t0, num, den) at an existing edge.
#pragma once

#include <cassert>
#include <cstdint>

#include "models/base/time.h"
#include "models/base/wide.h"

namespace migsim {

class Clock {
public:
    // mhz: frequency in MHz, 1 to 65535.
    explicit Clock(std::uint32_t mhz) : current_(segment(0, 0, mhz)), previous_(current_) {}

    // Time of edge n.
    Tick edge(Cycle n) const {
        const Segment& s = n >= current_.first ? current_ : previous_;
        return s.start + s.offset(n - s.first);
    }

    // The first edge at or after t.
    Cycle at_or_after(Tick t) const {
        const Segment& s = t >= current_.start ? current_ : previous_;
        const Tick elapsed = t - s.start;
        assert(elapsed < max_elapsed);
        const Cycle n = multiply_high(elapsed, s.inverse);
        return s.first + (s.offset(n) < elapsed ? n + 1 : n);
    }

    // The time `cycles` edges after the first edge at or after t.
    Tick after(Tick t, Cycle cycles) const { return edge(at_or_after(t) + cycles); }

    // From the first edge at or after `at` on, the domain runs at `mhz`. Work in the domain keeps its cycle
    // numbers; only their times move. Times before the change stay answerable until the next change.
    void change(Tick at, std::uint32_t mhz) {
        const Cycle n = at_or_after(at);
        const Tick start = edge(n);
        previous_ = current_;
        current_ = segment(n, start, mhz);
    }

    std::uint32_t mhz() const { return current_.mhz; }

private:
    struct Segment {
        Cycle first;            // n0
        Tick start;             // t0
        std::uint64_t whole;    // whole picoseconds of a period
        std::uint64_t fraction; // ceil(2^64 * fractional part of a period)
        std::uint64_t inverse;  // floor(2^64 / period)
        std::uint32_t mhz;

        // floor(n * num / den): exact for n < 2^64 / den, that is for hours of simulated time.
        Tick offset(Cycle n) const { return n * whole + multiply_high(n, fraction); }
    };

    static Segment segment(Cycle first, Tick start, std::uint32_t mhz) {
        constexpr std::uint64_t num = 1'000'000; // ps in a microsecond, over MHz
        const Wide one = Wide{1} << 64;
        const std::uint64_t remainder = num % mhz;
        return {first,
                start,
                num / mhz,
                static_cast<std::uint64_t>((one * remainder + mhz - 1) / mhz),
                static_cast<std::uint64_t>(one * mhz / num),
                mhz};
    }

    static constexpr Tick max_elapsed = Tick{1}
                                        << 44; // 17 s between changes keep `inverse` exact to one edge

    Segment current_;
    Segment previous_;
};

} // namespace migsim
