// SPDX-License-Identifier: Apache-2.0
#include "partition/mig_parted.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <fmt/format.h>

#include "models/base/config/describe.h"

namespace migsim {

namespace {

constexpr std::string_view nvidia = "10DE";
constexpr std::size_t digits_of_device = 4;

// 0x233010DE: device, then vendor.
bool is_device_and_vendor(std::string_view id) {
    return id.size() == 2 + digits_of_device + nvidia.size() &&
           (id.starts_with("0x") || id.starts_with("0X")) &&
           std::ranges::all_of(id.substr(2), [](unsigned char c) { return std::isxdigit(c) != 0; });
}

bool equal_in_any_case(std::string_view a, std::string_view b) {
    const auto lower = [](unsigned char c) { return std::tolower(c); };
    return std::ranges::equal(a, b, {}, lower, lower);
}

} // namespace

template <>
struct Codec<MigPartedEntry::DeviceFilter> {
    static void read(const Node& node, MigPartedEntry::DeviceFilter& value, const Limits&,
                     InputErrors& errors) {
        if (node.kind == Node::Kind::Scalar) return read_id(node, value, errors);
        if (!check_list(node, {}, errors)) return;
        for (const Node& item : node.items) read_id(item, value, errors);
    }

private:
    static void read_id(const Node& node, MigPartedEntry::DeviceFilter& value, InputErrors& errors) {
        if (node.kind == Node::Kind::Scalar && is_device_and_vendor(node.scalar))
            value.ids.push_back(node.scalar);
        else
            errors.add(node,
                       shown(node.scalar) + " is not a PCI device and vendor id; legal: like 0x233010DE");
    }
};

template <>
struct Codec<MigPartedEntry::Gpus> {
    static void read(const Node& node, MigPartedEntry::Gpus& value, const Limits& limits,
                     InputErrors& errors) {
        value.place = node.place;
        if (node.kind == Node::Kind::Sequence)
            Codec<std::vector<std::uint32_t>>::read(node, value.indices.emplace(), limits, errors);
        else if (node.kind != Node::Kind::Scalar || node.scalar != "all")
            errors.add(node, shown(node.scalar) +
                                 " does not name GPUs; legal: all, or a list of numbers like [0, 1]");
    }
};

template <>
struct Codec<MigPartedEntry::MigDevices> {
    static void read(const Node& node, MigPartedEntry::MigDevices& value, const Limits&,
                     InputErrors& errors) {
        if (!check_map(node, {}, errors)) return;
        value.place = node.place;
        value.path = node.path;
        for (const Node::Entry& entry : node.entries) {
            value.rows.push_back({entry.key, 0, entry.key_place, node.path});
            // Eight GPU instances of eight compute instances are the most that the driver knows.
            Codec<std::uint32_t>::read(entry.value, value.rows.back().count, Limits::of(Range{0, 64}),
                                       errors);
        }
    }
};

template <class Visitor>
void describe(Visitor& v, MigPartedEntry& entry) {
    v.optional("device-filter", entry.device_filter, "the kinds of GPU it is for");
    v.required("devices", entry.devices, "the GPUs of the node it is for: all, or a list of numbers");
    v.required("mig-enabled", entry.mig_enabled, "whether MIG is on");
    v.optional("mig-devices", entry.mig_devices, "how many of each profile");

    const bool empty = !entry.mig_devices || entry.mig_devices->rows.empty();
    const bool all_zero = !empty && std::ranges::all_of(entry.mig_devices->rows,
                                                        [](const auto& row) { return row.count == 0; });
    v.rule("mig-devices", !entry.mig_enabled || entry.mig_devices,
           "is missing; where mig-enabled is true it must be there");
    v.rule("mig-devices", entry.mig_enabled || empty, "must be empty where mig-enabled is false");
    v.rule("mig-devices", !all_zero, "has no count above 0; legal: one that is, or {} for no instance");
}

template <class Visitor>
void describe(Visitor& v, MigPartedFile& file) {
    v.required("version", file.version, "the version of mig-parted's format");
    v.required("mig-configs", file.configs, "a label for each configuration", NonEmpty{});
    v.rule("mig-configs",
           std::ranges::none_of(file.configs, [](const auto& config) { return config.second.empty(); }),
           "has a label without entries");
}

bool MigPartedEntry::is_for(const Board& board) const {
    if (devices.indices && devices.indices->empty()) return false;
    return device_filter.ids.empty() || std::ranges::any_of(device_filter.ids, [&](const std::string& id) {
               return std::ranges::any_of(board.pci_device_ids, [&](const std::string& device) {
                   return equal_in_any_case(id, device_filter_of(device));
               });
           });
}

bool MigPartedEntry::is_for(const Board& board, std::uint32_t gpu) const {
    return is_for(board) &&
           (!devices.indices || std::ranges::find(*devices.indices, gpu) != devices.indices->end());
}

std::string device_filter_of(const std::string& pci_device_id) {
    return pci_device_id + std::string(nvidia);
}

std::vector<std::string> MigPartedFile::labels() const {
    std::vector<std::string> labels;
    for (const auto& [label, entries] : configs) labels.push_back(label);
    return labels;
}

MigPartedFile read_mig_parted(const Document& document, InputErrors& errors) {
    MigPartedFile file;
    Codec<MigPartedFile>::read(document.root, file, {}, errors);
    return file;
}

std::vector<const MigPartedEntry*> entries_for(const std::vector<MigPartedEntry>& entries, const Board& board,
                                               std::uint32_t gpu) {
    std::vector<const MigPartedEntry*> found;
    for (const MigPartedEntry& entry : entries)
        if (entry.is_for(board, gpu)) found.push_back(&entry);
    return found;
}

} // namespace migsim
