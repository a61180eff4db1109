// SPDX-License-Identifier: Apache-2.0
// A real GPU as one YAML file: every parameter of every block, each with its value, kind and source.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/address/address_map.h"
#include "models/base/config/node.h"
#include "models/crossbar/crossbar_params.h"
#include "models/front_end/front_end.h"
#include "models/gpu/chip_params.h"
#include "models/l2/l2_slice.h"
#include "models/memory/memory_params.h"
#include "models/mmu/cluster_mmu.h"
#include "models/mmu/walker_hub.h"
#include "models/sm/sm_params.h"

namespace migsim {

struct Device {
    std::string name;               // as in the file's name
    std::string board;              // whose MIG profiles it has
    Place board_place;              // where its file says so
    std::vector<std::string> walls; // that its silicon has between instances
    ChipParams chip;
    SmParams sm;
    CrossbarParams crossbar;
    ClusterMmuParams cluster_mmu;
    MmuParams mmu;
    L2SliceParams l2;
    AddressMapParams address;
    MemoryParams memory;
    FrontEndParams front_end;

    // Every group of parameters by its key in the file.
    void groups(const std::function<void(const std::string& key, Params& params)>& visit);

    std::uint32_t sm_count() const;
};

// Throws InputError naming every fault with file, line and what would be legal.
std::unique_ptr<Device> read_device(const Document& document);
std::unique_ptr<Device> load_device(const std::filesystem::path& file);

} // namespace migsim
