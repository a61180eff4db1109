// SPDX-License-Identifier: Apache-2.0
#include "models/gpu/device.h"

#include <numeric>

#include "models/base/config/describe.h"
#include "models/gpu/device_document.h"

namespace migsim {
namespace {

const Format device_format{"device", 1};

struct Header {
    std::string name, board;
    std::vector<std::string> walls;
};

template <class Visitor>
void describe(Visitor& v, Header& header) {
    v.required("name", header.name, "how scenarios call it", NonEmpty{});
    v.required("board", header.board, "the board whose MIG profiles it has", NonEmpty{});
    v.required("walls", header.walls, "what its silicon keeps apart between GPU instances");
}

// What must hold between parameters that are legal one by one.
void check_chip(const Device& device, InputErrors& errors) {
    const ChipParams& chip = device.chip;
    const auto complain = [&](const char* key, const std::string& sentence) {
        errors.add(chip.place(key), std::string("chip.") + key, sentence);
    };
    const std::size_t gpcs = chip.gpc_tpcs.value().size();
    if (chip.gpc_partition.value().size() != gpcs)
        complain("gpc_partition", "must have one entry per GPC; legal: a list of " + std::to_string(gpcs));
    for (const std::uint32_t partition : chip.gpc_partition.value())
        if (partition >= chip.l2_partitions)
            complain("gpc_partition", "names partition " + std::to_string(partition) +
                                          "; legal: below l2_partitions, " +
                                          std::to_string(chip.l2_partitions));
    if (chip.l2_slices % chip.l2_partitions != 0)
        complain("l2_slices", "must be a multiple of l2_partitions, " + std::to_string(chip.l2_partitions));
    if (chip.channels % chip.l2_partitions != 0)
        complain("channels", "must be a multiple of l2_partitions, " + std::to_string(chip.l2_partitions));
    const std::uint32_t slices = chip.l2_slices / chip.l2_partitions;
    const std::uint32_t channels = chip.channels / chip.l2_partitions;
    const AddressMapParams& address = device.address;
    if (chip.l2_slices % chip.l2_partitions == 0 && chip.channels % chip.l2_partitions == 0 &&
        (slices % address.group_slices != 0 || channels % (slices / address.group_slices) != 0))
        errors.add(address.place("group_slices"), "address.group_slices",
                   "must divide the " + std::to_string(slices) + " l2_slices of a partition, and its " +
                       std::to_string(channels) + " channels among as many groups");
    for (const std::uint32_t tpcs : chip.gpc_tpcs.value())
        if (tpcs * chip.sms_per_tpc > 127)
            complain("gpc_tpcs",
                     "a GPC of " + std::to_string(tpcs * chip.sms_per_tpc) + " SMs; legal: at most 127 SMs");
    check(device.memory, errors);
}

} // namespace

void Device::groups(const std::function<void(const std::string&, Params&)>& visit) {
    visit("chip", chip);
    visit("sm", sm);
    visit("crossbar", crossbar);
    visit("cluster_mmu", cluster_mmu);
    visit("mmu", mmu);
    visit("l2", l2);
    visit("address", address);
    visit("memory", memory);
    visit("front_end", front_end);
}

std::uint32_t Device::sm_count() const {
    const std::vector<std::uint32_t>& tpcs = chip.gpc_tpcs;
    return std::accumulate(tpcs.begin(), tpcs.end(), 0u) * chip.sms_per_tpc;
}

std::unique_ptr<Device> read_device(const Document& document) {
    InputErrors errors;
    auto device = std::make_unique<Device>();
    if (!check_format(document.root, device_format, errors)) errors.throw_if_any();
    Header header;
    Reader reader(document.root, errors);
    reader.leave("format");
    describe(reader, header);
    device->groups([&](const std::string& key, Params& params) {
        reader.leave(key.c_str());
        if (const Node* group = document.root.find(key))
            params.read(*group, errors);
        else
            errors.add(document.root.place, key, "is missing: every block's parameters must be given");
    });
    reader.finish();
    const std::string file_name = std::filesystem::path(document.root.place.file).stem().string();
    if (const Node* name = document.root.find("name"); name && header.name != file_name)
        errors.add(*name, not_legal(header.name, "the name of its file", std::vector{file_name}));
    errors.throw_if_any();
    device->name = header.name;
    device->board = header.board;
    device->board_place = document.root.find("board")->place;
    device->walls = header.walls;
    check_chip(*device, errors);
    errors.throw_if_any();
    return device;
}

std::unique_ptr<Device> load_device(const std::filesystem::path& file) {
    return read_device(load_device_document(file));
}

} // namespace migsim
