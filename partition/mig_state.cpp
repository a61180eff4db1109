// SPDX-License-Identifier: Apache-2.0
#include "partition/mig_state.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "models/base/config/describe.h"
#include "partition/board_reader.h"

namespace migsim {

template <class Visitor>
void describe(Visitor& v, MigMode& mode) {
    v.required("current", mode.current, "is MIG mode on?");
    v.required("pending", mode.pending, "will it be after the next reset?");
}

namespace {

const Format mig_state_format{"mig_state", 1};

struct ComputeInstanceState {
    std::string profile;
    std::uint32_t id = 0, start = 0, clients = 0;
};
struct GpuInstanceState {
    std::string profile;
    std::uint32_t start = 0;
    std::vector<ComputeInstanceState> compute_instances;
};
struct GpuState {
    std::string board, card;
    std::optional<std::uint32_t> missing_slot;
    std::optional<std::string> memory_variant;
    MigMode mig_mode;
    std::uint32_t clients = 0;
    std::vector<GpuInstanceState> gpu_instances;
};
struct NodeState {
    std::vector<GpuState> gpus;
};

constexpr Range slots{0, 7};
constexpr Range clients{0, 1e6};

template <class Visitor>
void describe(Visitor& v, ComputeInstanceState& instance) {
    v.required("profile", instance.profile, "its compute-instance profile");
    v.required("id", instance.id, "its id in the GPU instance", slots);
    v.required("start", instance.start, "the first slot of the GPU instance that it has", slots);
    v.required("clients", instance.clients, "how many use it", clients);
}

template <class Visitor>
void describe(Visitor& v, GpuInstanceState& instance) {
    v.required("profile", instance.profile, "its GPU-instance profile");
    v.required("start", instance.start, "its first memory slice", slots);
    v.required("compute_instances", instance.compute_instances, "what was made inside it");
}

template <class Visitor>
void describe(Visitor& v, GpuState& gpu) {
    v.required("board", gpu.board, "the name of its board");
    v.required("card", gpu.card, "which of the board's cards it is", NonEmpty{});
    v.optional("missing_slot", gpu.missing_slot, "the slot of its die that has no compute", slots);
    v.optional("memory_variant", gpu.memory_variant, "which of the board's memory variants it prints");
    v.required("mig_mode", gpu.mig_mode, "MIG mode");
    v.required("clients", gpu.clients, "how many use the GPU as a whole", clients);
    v.required("gpu_instances", gpu.gpu_instances, "in order of creation");
    v.rule("gpu_instances", gpu.mig_mode.current || gpu.gpu_instances.empty(),
           "cannot exist while MIG mode is off");
}

template <class Visitor>
void describe(Visitor& v, NodeState& node) {
    v.required("gpus", node.gpus, "the GPUs of the node", NonEmpty{});
}

// Builds one GPU, complaining about what a GPU cannot be in.
class Restorer {
public:
    Restorer(const Node& written, InputErrors& errors) : written_(written), errors_(errors) {}

    std::shared_ptr<const Board> variant_of(std::shared_ptr<const Board> board, const GpuState& state) {
        if (!state.memory_variant) return board;
        std::vector<std::string> names;
        for (const MemoryVariant& variant : board->memory_variants) {
            if (variant.name == *state.memory_variant)
                return std::make_shared<Board>(board->with_memory_of(variant));
            names.push_back(variant.name);
        }
        complain("memory_variant",
                 not_legal(*state.memory_variant, "a memory variant of " + board->name, names));
        return board;
    }

    SimulatedGpu restore(const GpuState& state, std::shared_ptr<const Board> board, std::uint32_t index) {
        board = variant_of(std::move(board), state);
        std::optional<std::uint32_t> missing = state.missing_slot;
        if (!board->can_miss(missing)) {
            complain("missing_slot", "is not the slot that a die of " + board->name + " can lack");
            missing = board->missing_slot;
        }
        SimulatedGpu gpu{index,   state.board,          state.card,
                         missing, state.memory_variant, MigGpu(board, missing)};
        gpu.mig.restore_mode(state.mig_mode);
        for (std::size_t i = 0; i < state.gpu_instances.size(); ++i)
            restore(state.gpu_instances[i], written_.find("gpu_instances")->items[i], gpu.mig);
        gpu.mig.restore_clients(state.clients); // last: the first instance was made when there were none
        return gpu;
    }

private:
    void complain(const char* key, const std::string& sentence) {
        const Node* node = written_.find(key);
        errors_.add(node ? node->place : written_.place, written_.child_path(key), sentence);
    }

    void restore(const GpuInstanceState& state, const Node& written, MigGpu& gpu) {
        const Board& board = *gpu.gpu_instances().board();
        const Profile* profile = board.find(state.profile);
        if (!profile)
            return errors_.add(*written.find("profile"),
                               not_legal(state.profile, "a profile of " + board.name, board.profile_names()));
        const auto made = gpu.create_gpu_instance(*profile, state.start);
        if (const Refusal* refusal = std::get_if<Refusal>(&made))
            return errors_.add(written, refusal->sentence);
        const Node& rows = *written.find("compute_instances");
        for (std::size_t i = 0; i < state.compute_instances.size(); ++i)
            restore(state.compute_instances[i], rows.items[i], std::get<GpuInstance>(made), gpu);
    }

    void restore(const ComputeInstanceState& state, const Node& written, const GpuInstance& inside,
                 MigGpu& gpu) {
        const ComputeInstanceProfile* profile = inside.profile->compute_instance(state.profile);
        if (!profile) {
            std::vector<std::string> names;
            for (const ComputeInstanceProfile& row : inside.profile->compute_instances)
                names.push_back(row.name);
            return errors_.add(
                *written.find("profile"),
                not_legal(state.profile, "a compute-instance profile of " + inside.profile->name, names));
        }
        const auto made =
            gpu.restore_compute_instance(inside.id, *profile, state.id, state.start, state.clients);
        if (const Refusal* refusal = std::get_if<Refusal>(&made)) errors_.add(written, refusal->sentence);
    }

    const Node& written_;
    InputErrors& errors_;
};

GpuState state_of(const SimulatedGpu& gpu) {
    GpuState state{gpu.board,         gpu.card, gpu.missing_slot, gpu.memory_variant, gpu.mig.mode(),
                   gpu.mig.clients(), {}};
    for (const GpuInstance& gi : gpu.mig.gpu_instances().instances()) {
        GpuInstanceState& inside =
            state.gpu_instances.emplace_back(GpuInstanceState{gi.profile->name, gi.placement.start, {}});
        for (const ComputeInstance& ci : gpu.mig.compute_instances(gi.id)->instances())
            inside.compute_instances.push_back(
                {ci.profile->name, ci.id, ci.placement.start, gpu.mig.clients(gi.id, ci.id)});
    }
    return state;
}

} // namespace

BoardFinder boards_in(const std::filesystem::path& folder) {
    return [folder](const std::string& name, const Place& named_at) {
        return load_board(name, folder, named_at);
    };
}

MigNode read_mig_state(const Document& document, const BoardFinder& find_board) {
    NodeState state;
    InputErrors errors;
    read_document(document, mig_state_format, state, errors);
    errors.throw_if_any();
    MigNode node;
    const std::vector<Node>& written = document.root.find("gpus")->items;
    for (std::uint32_t i = 0; i < state.gpus.size(); ++i) {
        const auto board = find_board(state.gpus[i].board, written[i].find("board")->place);
        node.push_back(Restorer(written[i], errors).restore(state.gpus[i], board, i));
    }
    errors.throw_if_any();
    return node;
}

std::string mig_state_text(const MigNode& node) {
    NodeState state;
    for (const SimulatedGpu& gpu : node) state.gpus.push_back(state_of(gpu));
    return effective_text(state, mig_state_format, Document{}, {}, Origins::Hidden);
}

} // namespace migsim
