// SPDX-License-Identifier: Apache-2.0
// One SM of the tiny GPU with one CTA, without the rest of the machine: what it asks for, and when.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "models/gpu/device.h"
#include "models/sm/sm.h"

namespace migsim {

struct SmRig {
    static constexpr Address base = 1 << 20;

    // The CTA's launch names its kernel itself.
    SmRig(Kernel runs, CtaLaunch cta) : kernel(std::move(runs)) {
        cta.kernel = &kernel;
        sm.launch(0, cta);
    }

    // Lines that are asked for until `end`, counted from `base`.
    std::vector<Address> asked_until(Cycle end) {
        requests.clear();
        sm.run(end, requests, ends, news);
        std::vector<Address> lines;
        for (const LineRequest& request : requests) lines.push_back((request.line - base) / 128);
        return lines;
    }

    std::unique_ptr<Device> parts = load_device(std::string(MIGSIM_SOURCE_DIR) + "/models/devices/tiny.yaml");
    Kernel kernel;
    Statistics stats;
    SmStatistics counters{stats};
    Sm sm{parts->sm, 32, 16, counters};
    std::vector<LineRequest> requests;
    std::vector<CtaEnd> ends;
    std::vector<NewsOut> news;
};

} // namespace migsim
