// SPDX-License-Identifier: Apache-2.0
// NVIDIA's own layout files, read as mig-parted reads them: `version: v1`, and under `mig-configs` a label
// for each configuration of a whole node. A label lists entries, and an entry says which GPUs it is for.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/base/config/enum_names.h"
#include "models/base/config/input_errors.h"
#include "models/base/config/node.h"
#include "partition/layout_search.h"

namespace migsim {

struct MigPartedEntry {
    struct DeviceFilter { // the kinds of GPU it is for: 0xDDDDVVVV, PCI device and vendor; empty: any kind
        std::vector<std::string> ids;
    };
    struct Gpus { // the GPUs of the node it is for; absent: all
        std::optional<std::vector<std::uint32_t>> indices;
        Place place;
    };
    struct Row {
        std::string profile;
        std::uint32_t count = 0;
        Place place;
        std::string path;
    };
    struct MigDevices {
        std::vector<Row> rows;
        Place place;
        std::string path;
    };

    DeviceFilter device_filter;
    Gpus devices;
    bool mig_enabled = false;
    std::optional<MigDevices> mig_devices;

    bool is_for(const Board& board) const; // for some GPU of this kind
    bool is_for(const Board& board, std::uint32_t gpu) const;
};

enum class MigPartedVersion { V1 };
template <>
struct EnumNames<MigPartedVersion> {
    static constexpr std::array table{EnumName{MigPartedVersion::V1, "v1"}};
};

struct MigPartedFile {
    MigPartedVersion version{};
    std::map<std::string, std::vector<MigPartedEntry>> configs; // by label

    std::vector<std::string> labels() const;
};

// Complains about everything that mig-parted itself would refuse, except for profiles: those are for a board
// to judge.
MigPartedFile read_mig_parted(const Document& document, InputErrors& errors);

// 0x233010DE, of the PCI device 0x2330: how a device filter names a kind of GPU.
std::string device_filter_of(const std::string& pci_device_id);

// What a label wants of one GPU. mig-parted applies these one after the other and (general knowledge of it,
// not checked against its source) stops at the first that fails: so the last decides, and each before it must
// be possible, too.
std::vector<const MigPartedEntry*> entries_for(const std::vector<MigPartedEntry>& entries, const Board& board,
                                               std::uint32_t gpu);

} // namespace migsim
