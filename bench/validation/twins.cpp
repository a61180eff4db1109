// SPDX-License-Identifier: Apache-2.0
#include "bench/validation/twin.h"

namespace migsim {

const std::vector<std::unique_ptr<const Twin>>& all_twins() {
    static const auto twins = [] {
        std::vector<std::unique_ptr<const Twin>> all;
        all.push_back(make_latency_vs_footprint());
        all.push_back(make_level_latency());
        all.push_back(make_loaded_latency());
        all.push_back(make_stream_vs_occupancy());
        all.push_back(make_l2_bandwidth_vs_footprint());
        all.push_back(make_random_bandwidth());
        all.push_back(make_port_scaling());
        all.push_back(make_utlb_miss());
        all.push_back(make_translation_loss());
        return all;
    }();
    return twins;
}

const Twin* find_twin(std::string_view question) {
    for (const auto& twin : all_twins())
        if (twin->facts.question == question) return twin.get();
    return nullptr;
}

std::vector<std::string> questions() {
    std::vector<std::string> names;
    for (const auto& twin : all_twins()) names.push_back(twin->facts.question);
    return names;
}

} // namespace migsim
