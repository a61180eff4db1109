// SPDX-License-Identifier: Apache-2.0
// State files: what is written comes back, what cannot be is refused by name, and neither other commands nor
// a kill in mid-write spoil it. Then random sequences of commands on every board.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <random>
#include <set>
#include <string>
#include <thread>

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "models/base/config/input_errors.h"
#include "models/base/config/text_file.h"
#include "partition/mig_state_file.h"
#include "tests/unit/partition_boards.h"

using namespace migsim;
using namespace migsim::test;

namespace {

namespace fs = std::filesystem;

BoardFinder shipped() {
    return boards_in(boards_folder());
}

MigNode node_of(const std::shared_ptr<const Board>& table, std::optional<std::uint32_t> missing_slot) {
    MigNode node;
    node.push_back({0, table->name, table->cards.front(), missing_slot, {}, MigGpu(table, missing_slot)});
    return node;
}

std::string error(const std::string& text) {
    try {
        read_mig_state(parse_document(text, "s.yaml"), shipped());
    } catch (const InputError& error) {
        return error.what();
    }
    return "accepted";
}

std::string one_gpu(const std::string& rest) {
    return "format: migsim/mig_state/1\ngpus:\n  - {board: tiny, card: tiny, missing_slot: 7, clients: 0, " +
           rest + "}\n";
}
std::string with_instances(const std::string& instances) {
    return one_gpu("mig_mode: {current: true, pending: true}, gpu_instances: [" + instances + "]");
}

class StateFile {
public:
    explicit StateFile(const std::string& board_name)
        : folder_(fs::temp_directory_path() / ("migsim-mig-state-" + std::to_string(::getpid()))) {
        fs::create_directory(folder_);
        MigNode node = node_of(board(board_name), board(board_name)->missing_slot);
        node[0].mig.set_mode(true);
        create_mig_state(path(), node);
    }
    ~StateFile() { fs::remove_all(folder_); }
    StateFile(const StateFile&) = delete;
    StateFile& operator=(const StateFile&) = delete;

    fs::path path() const { return folder_ / "state.yaml"; }
    fs::path folder() const { return folder_; }

private:
    fs::path folder_;
};

template <class Work>
pid_t in_child(Work work) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    work();
    ::_exit(0);
}

const Profile& any(const std::vector<Profile>& profiles, std::mt19937& random) {
    return profiles[random() % profiles.size()];
}

// One request, sensible or not. Half of them make something.
void request_something(MigGpu& gpu, std::mt19937& random) {
    const Board& table = *gpu.gpu_instances().board();
    const auto some_id = [&] { return static_cast<std::uint32_t>(random() % table.instance_spans.size()); };
    const auto slot = [&] { return static_cast<std::uint32_t>(random() % table.memory_slices); };
    const std::uint32_t gi =
        gpu.gpu_instances().instances().empty()
            ? some_id()
            : gpu.gpu_instances().instances()[random() % gpu.gpu_instances().instances().size()].id;
    switch (random() % 16) {
    case 0:
    case 1:
    case 2:
    case 3:
        gpu.create_gpu_instance(any(table.profiles, random));
        break;
    case 4:
        gpu.create_gpu_instance(any(table.profiles, random), slot());
        break;
    case 5:
    case 6:
    case 7:
    case 8:
        if (const ComputeInstanceAllocator* inside = gpu.compute_instances(gi)) {
            const auto& rows = inside->gpu_instance().compute_instances;
            gpu.create_compute_instance(gi, rows[random() % rows.size()]);
        }
        break;
    case 9:
    case 10:
        gpu.destroy_compute_instance(gi, static_cast<std::uint32_t>(random() % 3));
        break;
    case 11:
    case 12:
        gpu.destroy_gpu_instance(random() % 2 ? gi : some_id());
        break;
    case 13:
        gpu.attach(gi, 0);
        break;
    case 14:
        gpu.detach(gi, 0);
        break;
    default:
        if (random() % 8 == 0) gpu.reset();
    }
}

// What must hold whatever was asked for; the first thing that does not.
std::string broken_invariant(const MigGpu& gpu) {
    const Board& table = *gpu.gpu_instances().board();
    const auto& instances = gpu.gpu_instances().instances();
    std::uint32_t ids = 0, slots = 0, slices = 0, sms = 0;
    std::uint64_t memory = 0;
    for (const GpuInstance& instance : instances) {
        const Profile& profile = *instance.profile;
        if ((slots & instance.placement.slots()) != 0) return "two GPU instances overlap";
        if ((ids >> instance.id & 1U) != 0) return "two GPU instances have one id";
        if (!profile.may_start_at(instance.placement.start)) return "a GPU instance lies where it may not";
        slots |= instance.placement.slots();
        ids |= 1U << instance.id;
        slices += profile.compute_slices;
        sms += profile.sm_count.value_or(0);
        memory += profile.memory_mib.value_or(0);
        for (const GpuInstance& other : instances)
            if (&other != &instance && table.exclusion(profile, *other.profile))
                return "two GPU instances exclude each other";

        const ComputeInstanceAllocator* inside = gpu.compute_instances(instance.id);
        if (!inside) return "a GPU instance has no inside";
        std::uint32_t ci_ids = 0, ci_slots = 0, ci_slices = 0;
        for (const ComputeInstance& ci : inside->instances()) {
            if ((ci_slots & ci.placement.slots()) != 0) return "two compute instances overlap";
            if (ci.id > 7 || (ci_ids >> ci.id & 1U) != 0) return "two compute instances have one id";
            if (ci.placement.end() > profile.memory_slices() && ci.placement.end() > profile.compute_slices)
                return "a compute instance leaves its GPU instance";
            ci_slots |= ci.placement.slots();
            ci_ids |= 1U << ci.id;
            ci_slices += ci.profile->compute_slices();
        }
        if (ci_slices > profile.compute_slices) return "compute instances have more slices than there are";
    }
    if (slices > table.compute_slices) return "GPU instances have more compute slices than the board";
    if (memory > table.memory_mib.value_or(memory)) return "GPU instances have more memory than the board";
    if (sms > table.sm_count.value_or(sms)) return "GPU instances have more SMs than the board";
    for (const Profile& profile : table.profiles)
        if (gpu.gpu_instances().free_count(profile) > profile.max_count)
            return "more is free than there can be";
    return {};
}

} // namespace

TEST_CASE("a state file says what cannot be worked out, and nothing else", "[partition][fast]") {
    MigNode node = node_of(board("h100-sxm-80gb"), 7);
    MigGpu& gpu = node[0].mig;
    gpu.set_mode(true);
    const Profile& three = *gpu.gpu_instances().board()->find("3g.40gb");
    gpu.create_gpu_instance(three);
    gpu.create_compute_instance(2, three.compute_instances[0]);
    gpu.attach(2, 0);
    gpu.attach();
    const MigNode again = read_mig_state(parse_document(mig_state_text(node), "s.yaml"), shipped());
    CHECK(mig_state_text(again) == mig_state_text(node));
    CHECK(mig_state_text(node) == "format: migsim/mig_state/1\n"
                                  "gpus:\n"
                                  "  - board: h100-sxm-80gb\n"
                                  "    card: NVIDIA H100 80GB HBM3\n"
                                  "    missing_slot: 7\n"
                                  "    mig_mode:\n"
                                  "      current: true\n"
                                  "      pending: true\n"
                                  "    clients: 1\n"
                                  "    gpu_instances:\n"
                                  "      - profile: 3g.40gb\n"
                                  "        start: 4\n"
                                  "        compute_instances:\n"
                                  "          - profile: 1c.3g.40gb\n"
                                  "            id: 0\n"
                                  "            start: 2\n"
                                  "            clients: 1\n");
}

TEST_CASE("a state that cannot be is refused where it stands", "[partition][fast]") {
    const std::string one = "{profile: 1g.1gb, start: 0, compute_instances: []}";
    CHECK(error(with_instances(one)) == "accepted");
    CHECK(error(with_instances(one + ", {profile: 4g.4gb, start: 0, compute_instances: []}")) ==
          "s.yaml:3:170: gpus[0].gpu_instances[1]: 4g.4gb at 0:4 would overlap 1g.1gb at 0:1");
    CHECK_THAT(
        error(with_instances("{profile: 4g.4gb, start: 4, compute_instances: []}")),
        Catch::EndsWith("gpus[0].gpu_instances[0]: 4g.4gb cannot start at memory slice 4; it can at 0"));
    CHECK_THAT(error(with_instances("{profile: 4g.5gb, start: 0, compute_instances: []}")),
               Catch::Contains("'4g.5gb' is not a profile of tiny; legal: "));
    CHECK_THAT(error(one_gpu("mig_mode: {current: false, pending: true}, gpu_instances: [" + one + "]")),
               Catch::EndsWith("gpus[0].gpu_instances: cannot exist while MIG mode is off"));
    CHECK_THAT(error(with_instances("{profile: 2g.2gb, start: 0, compute_instances: "
                                    "[{profile: 1c.2g.2gb, id: 0, start: 2, clients: 0}]}")),
               Catch::EndsWith("1c.2g.2gb cannot start at slot 2 of 2g.2gb"));
    CHECK_THAT(error(with_instances("{profile: 2g.2gb, start: 0, compute_instances: "
                                    "[{profile: 1c.2g.2gb, id: 0, start: 0, clients: 0}, "
                                    "{profile: 1c.2g.2gb, id: 0, start: 1, clients: 0}]}")),
               Catch::EndsWith("1c.2g.2gb (compute instance 0) at 0:1 is in the way"));
    CHECK_THAT(error(with_instances("{profile: 2g.2gb, start: 0, compute_instances: "
                                    "[{profile: 2g.2gb, id: 0, start: 0, clients: 0}, "
                                    "{profile: 1c.2g.2gb, id: 1, start: 1, clients: 0}]}")),
               Catch::EndsWith("2g.2gb (compute instance 0) at 0:2 is in the way"));
    CHECK_THAT(
        error(with_instances("{profile: 2g.2gb, start: 0, compute_instances: "
                             "[{profile: 1c.3g.4gb, id: 0, start: 0, clients: 0}]}")),
        Catch::Contains("'1c.3g.4gb' is not a compute-instance profile of 2g.2gb; legal: 1c.2g.2gb, 2g.2gb"));
    CHECK_THAT(error("format: migsim/mig_state/2\ngpus: []\n"), Catch::Contains("migsim/mig_state/1"));
    CHECK_THAT(error("format: migsim/mig_state/1\ngpus: []\n"), Catch::Contains("gpus: is empty"));

    std::string text = with_instances("");
    CHECK_THAT(error(text.replace(text.find("slot: 7"), 7, "slot: 5")),
               Catch::EndsWith("gpus[0].missing_slot: is not the slot that a die of tiny can lack"));
    text = with_instances("");
    CHECK_THAT(error(text.replace(text.find("board: tiny"), 11, "board: tony")),
               Catch::Contains("did you mean 'tiny'?"));
    text = with_instances("");
    CHECK_THAT(error(text.replace(text.find("clients: 0"), 10, "clients: 0, memory_variant: a")),
               Catch::Contains("'a' is not a memory variant of tiny"));
}

TEST_CASE("a memory variant is remembered", "[partition][fast]") {
    const auto shipped_board = board("a100-40gb");
    MigNode node;
    node.push_back({0, "a100-40gb", "NVIDIA A100-PCIE-40GB", 3, "driver-510.47", MigGpu(shipped_board, 3)});
    const MigNode again = read_mig_state(parse_document(mig_state_text(node), "s.yaml"), shipped());
    CHECK(*again[0].table().find("7g.40gb")->memory_mib == 40448);
    CHECK(*again[0].table().find("3g.20gb")->memory_mib == 20096);
    CHECK(mig_state_text(again) == mig_state_text(node));
}

TEST_CASE("an existing file is not made anew", "[partition][fast]") {
    const StateFile file("tiny");
    const std::string before = read_text_file(file.path());
    CHECK_THROWS_WITH(create_mig_state(file.path(), node_of(board("a30-24gb"), {})),
                      Catch::Contains("exists already"));
    CHECK(read_text_file(file.path()) == before);
}

TEST_CASE("commands that run at the same time take turns", "[partition]") {
    const StateFile file("tiny");
    std::vector<pid_t> children;
    for (int i = 0; i < 12; ++i)
        children.push_back(in_child([&] {
            for (int times = 0; times < 5;
                 ++times) { // so that some come while others wait for the file of before
                LockedMigState state(file.path(), shipped());
                state.node[0].mig.attach();
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
                state.save();
            }
        }));
    for (const pid_t child : children) ::waitpid(child, nullptr, 0);
    CHECK(load_mig_state(file.path(), shipped())[0].mig.clients() == 12 * 5);
}

TEST_CASE("a kill in mid-write leaves the state of before or after", "[partition]") {
    const StateFile file("tiny");
    std::mt19937 random(3);
    std::set<std::size_t> seen;
    for (int kill = 0; kill < 40; ++kill) {
        const pid_t child = in_child([&] {
            for (;;) {
                LockedMigState state(file.path(), shipped());
                MigGpu& gpu = state.node[0].mig;
                if (std::holds_alternative<Refusal>(
                        gpu.create_gpu_instance(state.node[0].table().profiles.front())))
                    gpu.reset();
                state.save();
            }
        });
        std::this_thread::sleep_for(std::chrono::microseconds(2000 + random() % 8000));
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        const MigNode node = load_mig_state(file.path(), shipped());
        REQUIRE(broken_invariant(node[0].mig).empty());
        seen.insert(node[0].mig.gpu_instances().instances().size());
    }
    CHECK(seen.size() > 1);                        // they did write
    LockedMigState(file.path(), shipped()).save(); // and the next one cleans up behind them
    CHECK(std::distance(fs::directory_iterator(file.folder()), {}) == 1);
}

TEST_CASE("no sequence of requests breaks an invariant, and every state comes back from its file",
          "[partition]") {
    for (const std::string& name : board_names()) {
        INFO(name);
        const auto table = board(name);
        const BoardFinder find = [&](const std::string&, const Place&) { return table; };
        std::mt19937 random(11);
        std::size_t most = 0;
        for (int sequence = 0; sequence < 10'000; ++sequence) {
            const bool lower = table->missing_slot && sequence % 2 == 0; // both dies there are
            MigNode node = node_of(table, lower ? 3 : table->missing_slot);
            MigGpu& gpu = node[0].mig;
            gpu.set_mode(true);
            for (int request = 0; request < 24; ++request) {
                request_something(gpu, random);
                if (const std::string broken = broken_invariant(gpu); !broken.empty()) FAIL(broken);
            }
            most = std::max(most, gpu.gpu_instances().instances().size());
            if (sequence % 20 != 0) continue; // writing and reading take longer than all the rest
            const std::string text = mig_state_text(node);
            REQUIRE(mig_state_text(read_mig_state(parse_document(text, "s.yaml"), find)) == text);
        }
        CHECK(most >= std::min(table->compute_slices, 6U) - (name == "jetson-thor"));
    }
}
