// SPDX-License-Identifier: Apache-2.0
// The rows of nvidia-smi's MIG tables, read back from text. Columns are told apart by blanks, so that the
// widths of other drivers do no harm; lines that belong to no table are passed over, and so is what a table
// that is listed again repeats.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/base/config/place.h"
#include "partition/profile.h"

namespace migsim::smi {

struct ProfileRow { // -lgip
    Place place;
    std::uint32_t gpu = 0;
    std::string name;
    OrUnknown<std::uint32_t> id;
    std::uint32_t total = 0;
    OrUnknown<std::uint64_t> memory_mib;
    OrUnknown<std::uint32_t> sm_count;
    Engines engines;
};
struct PlacementRow { // -lgipp
    Place place;
    std::uint32_t gpu = 0;
    OrUnknown<std::uint32_t> id;
    std::uint32_t line = 0; // of its table: what tells rows apart where ids are not known
    PlacementRule rule;
};
struct InstanceRow { // -lgi
    Place place;
    std::uint32_t gpu = 0;
    std::string profile;
    std::uint32_t id = 0;
    Placement placement;
};
struct ComputeInstanceRow { // -lcip, and -lci, which tells less
    Place place;
    std::uint32_t gpu = 0;
    std::string name;
    OrUnknown<std::uint32_t> id, total, sm_count;
    std::optional<Placement> placement; // only in -lci, and of older drivers not even there
};

struct CardRow { // -L
    Place place;
    std::uint32_t gpu = 0;
    std::string card;
};

struct Listing {
    std::vector<ProfileRow> profiles;
    std::vector<PlacementRow> placements;
    std::vector<InstanceRow> instances;
    std::vector<ComputeInstanceRow> compute_instances;
    std::vector<CardRow> cards;

    // Adds to what is there. Throws InputError, also for a row that says else than one before it.
    void read(const std::string& file, const std::string& text);
};

} // namespace migsim::smi
