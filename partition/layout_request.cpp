// SPDX-License-Identifier: Apache-2.0
#include "partition/layout_request.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "models/base/config/describe.h"
#include "partition/mig_parted.h"
#include "partition/mig_plan.h"

namespace migsim {

namespace {

// Profiles are spelled exactly as the driver spells them, so a name in the wrong case is a mistake, too.
const Profile* find_profile(const Board& board, const std::string& name, const Place& place,
                            const std::string& path, InputErrors& errors) {
    if (const Profile* profile = board.find(name)) return profile;
    if (const Profile* owner = board.owner_of_compute_instance(name))
        errors.add(
            place, path,
            fmt::format("{} is a compute instance inside {}; a layout is made of GPU instances; legal: {}",
                        shown(name), owner->name, fmt::join(board.profile_names(), ", ")));
    else
        errors.add(place, path,
                   not_legal(name, "a profile of " + board.name, profile_names_like(board, name)));
    return nullptr;
}

template <class Found>
std::optional<Found> unless_refused(OrRefusal<Found> found, const Board& board, const Place& place,
                                    const std::string& path, InputErrors& errors) {
    if (Found* layout = std::get_if<Found>(&found)) return std::move(*layout);
    const Refusal& refusal = std::get<Refusal>(found);
    errors.add(place, path,
               fmt::format("no such layout on {}: {} ({}); {}", board.name, refusal.sentence,
                           nvml_reason(refusal.reason), nearest_legal(board, refusal)));
    return std::nullopt;
}

// Each wish is one instance of the layout: the one at its start, or the first of its profile that is left.
std::size_t take(const LayoutRequest::Instance& wish, std::vector<const GpuInstance*>& left) {
    const auto found = std::ranges::find_if(left, [&](const GpuInstance* instance) {
        return instance && instance->profile->name == wish.profile &&
               instance->placement.start == wish.start.value_or(instance->placement.start);
    });
    *found = nullptr;
    return static_cast<std::size_t>(found - left.begin());
}

bool divide(Layout& layout, const LayoutRequest& request, const std::shared_ptr<const Board>& board,
            InputErrors& errors) {
    std::vector<const GpuInstance*> left;
    for (const GpuInstance& instance : layout.instances()) left.push_back(&instance);
    std::vector<std::size_t> position(request.instances.size());
    for (const bool with_start : {true, false})
        for (std::size_t i = 0; i < request.instances.size(); ++i)
            if (request.instances[i].start.has_value() == with_start)
                position[i] = take(request.instances[i], left);

    bool legal = true;
    for (std::size_t i = 0; i < request.instances.size(); ++i) {
        if (!request.instances[i].compute_instances) continue;
        const std::vector<std::string>& names = *request.instances[i].compute_instances;
        const Profile& profile = *layout.instances()[position[i]].profile;
        ComputeInstanceAllocator made(board, profile);
        for (std::size_t c = 0; c < names.size(); ++c) {
            const Node& node = request.written.items[i].find("compute_instances")->items[c];
            const ComputeInstanceProfile* row = profile.compute_instance(names[c]);
            std::optional<std::string> complaint;
            if (!row) {
                std::vector<std::string> choices;
                for (const ComputeInstanceProfile& choice : profile.compute_instances)
                    choices.push_back(choice.name);
                complaint = not_legal(names[c], "a compute instance of " + profile.name, choices);
            } else if (const auto created = made.create(*row);
                       const auto* refusal = std::get_if<Refusal>(&created)) {
                complaint = fmt::format("{} ({})", refusal->sentence, nvml_reason(refusal->reason));
            }
            if (complaint) errors.add(node, *complaint);
            legal = legal && !complaint;
        }
        layout.divide(position[i], made);
    }
    return legal;
}

std::optional<Layout> resolve_list(const LayoutRequest& request, const std::shared_ptr<const Board>& board,
                                   InputErrors& errors) {
    std::vector<WantedInstances> wanted;
    bool all_known = true;
    for (std::size_t i = 0; i < request.instances.size(); ++i) {
        const auto& [name, start, compute_instances] = request.instances[i];
        const Node& item = request.written.items[i];
        const Node* key = item.find("profile");
        const Node& node = key ? *key : item;
        const Profile* profile = find_profile(*board, name, node.place, node.path, errors);
        all_known = all_known && profile;
        if (profile) wanted.push_back({profile, 1, start});
    }
    if (!all_known) return std::nullopt;
    std::optional<Layout> layout = unless_refused(find_layout(board, wanted), *board, request.written.place,
                                                  request.written.path, errors);
    if (layout && !divide(*layout, request, board, errors)) return std::nullopt;
    return layout;
}

const std::vector<MigPartedEntry>* choose_label(const LayoutRequest& request, const MigPartedFile& file,
                                                InputErrors& errors) {
    const std::optional<std::string>& label = request.mig_parted->label;
    if (!label && file.configs.size() == 1) return &file.configs.begin()->second;
    const std::string& written = request.mig_parted->file.written;
    if (!label) {
        errors.add(request.written,
                   fmt::format("{} has {} labels, and `label` chooses none; legal: {}", shown(written),
                               file.configs.size(), fmt::join(file.labels(), ", ")));
        return nullptr;
    }
    const auto found = file.configs.find(*label);
    if (found != file.configs.end()) return &found->second;
    errors.add(*request.written.find("label"),
               not_legal(*label, "a label in " + shown(written), file.labels()));
    return nullptr;
}

// Nothing, and no complaint, for an entry that makes no instance.
std::optional<Layout> resolve_entry(const MigPartedEntry& entry, const std::shared_ptr<const Board>& board,
                                    InputErrors& errors) {
    if (!entry.mig_enabled) return std::nullopt;
    std::vector<MigDeviceWish> wishes;
    for (const MigPartedEntry::Row& row : entry.mig_devices->rows) {
        if (std::optional<MigDeviceWish> wish = find_mig_device(*board, row.profile)) {
            wish->count = row.count;
            wishes.push_back(*wish);
        } else {
            errors.add(row.place, row.path,
                       not_legal(row.profile, "a profile of " + board->name,
                                 profile_names_like(*board, row.profile)));
        }
    }
    if (wishes.empty() || wishes.size() < entry.mig_devices->rows.size()) return std::nullopt;
    std::optional<MigPlan> plan = unless_refused(find_plan(board, wishes), *board, entry.mig_devices->place,
                                                 entry.mig_devices->path, errors);
    if (!plan) return std::nullopt;
    return std::move(plan->layout);
}

std::optional<Layout> resolve_file(const LayoutRequest& request, const std::shared_ptr<const Board>& board,
                                   InputErrors& errors) {
    const std::size_t before = errors.count();
    const MigPartedFile file = read_mig_parted(load_document(request.mig_parted->file), errors);
    if (errors.count() > before) return std::nullopt;
    const std::vector<MigPartedEntry>* entries = choose_label(request, file, errors);
    if (!entries) return std::nullopt;

    const auto& [path, label, gpu] = *request.mig_parted;
    const std::string asked = (label ? "label " + shown(*label) + " of " : "") + shown(path.written);
    const std::vector<const MigPartedEntry*> applied = entries_for(*entries, *board, gpu);
    if (applied.empty()) {
        errors.add(request.written,
                   fmt::format("{} has no entry for GPU {} of kind {} (PCI device {})", asked, gpu,
                               board->name, fmt::join(board->pci_device_ids, ", ")));
        return std::nullopt;
    }
    std::optional<Layout> layout;
    for (const MigPartedEntry* entry : applied) layout = resolve_entry(*entry, board, errors);
    if (errors.count() > before) return std::nullopt;
    if (!layout)
        errors.add(request.written,
                   fmt::format("{} {} on GPU {}", asked,
                               applied.back()->mig_enabled ? "makes no instance" : "leaves MIG off", gpu));
    return layout;
}

} // namespace

template <class Visitor>
void describe(Visitor& v, LayoutRequest::MigParted& source) {
    v.required("mig_parted", source.file, "a layout file in mig-parted's format");
    v.optional("label", source.label, "which of its labels; needed where it has several");
    v.optional("gpu", source.gpu, "which GPU of the node this one plays", Range{0, 255});
}

// An instance is written as its profile's name, or as a map where it also has a start.
template <>
struct Codec<LayoutRequest::Instance> {
    using Instance = LayoutRequest::Instance;

    static void read(const Node& node, Instance& value, const Limits& limits, InputErrors& errors) {
        if (node.kind != Node::Kind::Map)
            return Codec<std::string>::read(node, value.profile, limits, errors);
        Reader reader(node, errors);
        visit(reader, value);
        reader.finish();
    }
    static Node node(const Instance& value, const Origin& origin) {
        if (!value.start && !value.compute_instances) return Codec<std::string>::node(value.profile, origin);
        Node map = origin.here(Node::map());
        map.flow = true;
        EffectiveWriter writer(map, origin);
        visit(writer, value);
        return map;
    }
    static Shape shape(const Limits& limits) {
        Shape map{.kind = Shape::Kind::Struct};
        SchemaWriter writer(map);
        const Instance defaults;
        visit(writer, defaults);
        return {.kind = Shape::Kind::OneOf, .inner = {Codec<std::string>::shape(limits), map}};
    }

private:
    template <class Visitor, class AnInstance>
    static void visit(Visitor& v, AnInstance& value) {
        v.required("profile", value.profile, "the profile's name", NonEmpty{});
        v.optional("start", value.start, "the first memory slice of its placement");
        v.optional("compute_instances", value.compute_instances,
                   "compute instances that divide its SMs, in order of creation", NonEmpty{});
    }
};

void Codec<LayoutRequest>::read(const Node& node, LayoutRequest& value, const Limits&, InputErrors& errors) {
    value.written = node;
    if (node.kind == Node::Kind::Map)
        Codec<LayoutRequest::MigParted>::read(node, value.mig_parted.emplace(), {}, errors);
    else
        Codec<std::vector<LayoutRequest::Instance>>::read(node, value.instances, Limits::of(NonEmpty{}),
                                                          errors);
}

Node Codec<LayoutRequest>::node(const LayoutRequest& value, const Origin& origin) {
    if (value.mig_parted) return Codec<LayoutRequest::MigParted>::node(*value.mig_parted, origin);
    return Codec<std::vector<LayoutRequest::Instance>>::node(value.instances, origin);
}

Shape Codec<LayoutRequest>::shape(const Limits&) {
    return {.kind = Shape::Kind::OneOf,
            .inner = {Codec<std::vector<LayoutRequest::Instance>>::shape(Limits::of(NonEmpty{})),
                      Codec<LayoutRequest::MigParted>::shape({})}};
}

std::optional<Layout> resolve(const LayoutRequest& request, const std::shared_ptr<const Board>& board,
                              InputErrors& errors) {
    return request.mig_parted ? resolve_file(request, board, errors) : resolve_list(request, board, errors);
}

} // namespace migsim
