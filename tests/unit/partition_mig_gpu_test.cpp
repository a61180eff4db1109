// SPDX-License-Identifier: Apache-2.0
// What a GPU with MIG allows, refuses and forgets.
#include <catch2/catch.hpp>

#include "partition/mig_gpu.h"
#include "partition/mig_minors.h"
#include "tests/unit/partition_boards.h"

using namespace migsim;
using namespace migsim::test;

namespace {

MigGpu gpu_of(const std::string& name) {
    return MigGpu(board(name), board(name)->missing_slot);
}
MigGpu enabled(const std::string& name) {
    MigGpu gpu = gpu_of(name);
    REQUIRE(!gpu.set_mode(true));
    return gpu;
}

GpuInstance create(MigGpu& gpu, const std::string& profile) {
    return std::get<GpuInstance>(gpu.create_gpu_instance(*gpu.gpu_instances().board()->find(profile)));
}

OrRefusal<ComputeInstance> create_inside(MigGpu& gpu, std::uint32_t gi, const std::string& profile) {
    return gpu.create_compute_instance(gi,
                                       *gpu.compute_instances(gi)->gpu_instance().compute_instance(profile));
}

RefusalReason reason(const std::optional<Refusal>& refusal) {
    REQUIRE(refusal);
    return refusal->reason;
}

std::vector<std::uint32_t> free_of_each(const ComputeInstanceAllocator& compute) {
    std::vector<std::uint32_t> free;
    for (const ComputeInstanceProfile& row : compute.gpu_instance().compute_instances)
        free.push_back(compute.free_count(row));
    return free;
}

struct Made {
    std::vector<std::string> placements;
    std::vector<std::uint32_t> ids;
    bool operator==(const Made&) const = default;
};

Made make(ComputeInstanceAllocator& compute, const std::vector<std::string>& profiles) {
    Made made;
    for (const std::string& name : profiles) {
        const auto instance =
            std::get<ComputeInstance>(compute.create(*compute.gpu_instance().compute_instance(name)));
        made.placements.push_back(to_string(instance.placement));
        made.ids.push_back(instance.id);
    }
    return made;
}

ComputeInstanceAllocator inside(const std::string& board_name, const std::string& profile) {
    const auto table = board(board_name);
    return {table, *table->find(profile)};
}

using Free = std::vector<std::uint32_t>;

} // namespace

TEST_CASE("compute instances lie where drivers were seen to put them", "[partition][fast]") {
    // A100-SXM4-40GB, driver 580.126.09.
    auto a100_2g = inside("a100-40gb", "2g.10gb");
    CHECK(make(a100_2g, {"1c.2g.10gb", "1c.2g.10gb"}) == Made{{"0:1", "1:1"}, {0, 1}});
    auto a100_4g = inside("a100-40gb", "4g.20gb");
    CHECK(make(a100_4g, {"4g.20gb"}) == Made{{"0:4"}, {0}});
    // H100: starkdrift/prickle-exporter, h100-mig-mixed, and one public listing of the 3c.
    auto h100_1c = inside("h100-sxm-80gb", "3g.40gb");
    CHECK(make(h100_1c, {"1c.3g.40gb"}) == Made{{"2:1"}, {0}});
    auto h100_3c = inside("h100-sxm-80gb", "3g.40gb");
    CHECK(make(h100_3c, {"3g.40gb"}) == Made{{"0:4"}, {0}});
}

TEST_CASE("compute instances leave free what drivers were seen to leave", "[partition][fast]") {
    // The columns of nvidia-smi mig -lcip on A100-80 and A100-40 (driver 580.126.09).
    auto one_of_four = inside("a100-80gb", "4g.40gb");
    make(one_of_four, {"1c.4g.40gb"});
    CHECK(free_of_each(one_of_four) == Free{3, 1, 0});
    auto one_of_two = inside("a100-40gb", "2g.10gb");
    make(one_of_two, {"1c.2g.10gb"});
    CHECK(free_of_each(one_of_two) == Free{1, 0});
    auto full = inside("a100-40gb", "4g.20gb");
    make(full, {"4g.20gb"});
    CHECK(free_of_each(full) == Free{0, 0, 0});
}

TEST_CASE("of every kind of compute instance as many fit as the tables say", "[partition][fast]") {
    for (const std::string& name : board_names()) {
        const auto table = board(name);
        for (const Profile& profile : table->profiles) {
            const ComputeInstanceAllocator empty = inside(name, profile.name);
            for (const ComputeInstanceProfile& row : empty.gpu_instance().compute_instances) {
                INFO(name << " " << profile.name << " " << row.name);
                CHECK(empty.free_count(row) == row.max_count);
                ComputeInstanceAllocator filled = empty;
                for (std::uint32_t i = 0; i < row.max_count; ++i)
                    CHECK(std::holds_alternative<ComputeInstance>(filled.create(row)));
                CHECK(std::get<Refusal>(filled.create(row)).reason == RefusalReason::NoRoom);
            }
        }
    }
}

TEST_CASE("a destroyed compute instance gives back its id and its slices", "[partition][fast]") {
    for (const char* name : {"a100-40gb", "h100-sxm-80gb"}) {
        MigGpu gpu = enabled(name);
        const Profile& four = *gpu.gpu_instances().board()->find(5);
        const std::uint32_t gi = create(gpu, four.name).id;
        const std::string one = four.compute_instances.front().name;
        for (std::uint32_t id = 0; id < 4; ++id)
            CHECK(std::get<ComputeInstance>(create_inside(gpu, gi, one)).id == id);
        const Refusal full = std::get<Refusal>(create_inside(gpu, gi, one));
        CHECK(full.sentence == one + " needs 1 of the 4 compute slices of " + four.name +
                                   " in one piece, and no such piece is free");
        CHECK(!gpu.destroy_compute_instance(gi, 2));
        CHECK(std::get<ComputeInstance>(create_inside(gpu, gi, one)).id == 2);
    }
}

TEST_CASE("nothing can be made while MIG mode is off", "[partition][fast]") {
    MigGpu gpu = gpu_of("h200-141gb");
    const auto refused = gpu.create_gpu_instance(gpu.gpu_instances().board()->profiles.front());
    CHECK(std::get<Refusal>(refused).reason == RefusalReason::MigDisabled);
    CHECK(reason(gpu.destroy_gpu_instance(0)) == RefusalReason::MigDisabled);
    CHECK(reason(gpu.destroy_compute_instance(0, 0)) == RefusalReason::MigDisabled);
}

TEST_CASE("MIG mode waits for the GPU's clients, and for a reset", "[partition][fast]") {
    for (const std::string& name : board_names()) {
        INFO(name);
        MigGpu gpu = gpu_of(name);
        gpu.attach();
        CHECK(reason(gpu.set_mode(true)) == RefusalReason::InUse);
        CHECK(!gpu.mode().current);
        CHECK(gpu.mode().pending);
        CHECK(reason(gpu.reset()) == RefusalReason::InUse);
        CHECK(!gpu.detach());
        CHECK(!gpu.reset());
        CHECK(gpu.mode().current);
        CHECK(!gpu.set_mode(false));
        CHECK(!gpu.mode().current);

        gpu.attach();
        CHECK(gpu.set_mode(true));
        CHECK(!gpu.set_mode(false)); // thought better of it
        CHECK(!gpu.detach());
        CHECK(!gpu.reset());
        CHECK(!gpu.mode().current);
    }
}

TEST_CASE("a reboot keeps MIG mode on Ampere only, and instances nowhere", "[partition][fast]") {
    for (const std::string& name : board_names()) {
        INFO(name);
        const bool kept = name.starts_with("a100") || name.starts_with("a30") || name == "tiny";
        MigGpu gpu = enabled(name);
        create(gpu, gpu.gpu_instances().board()->profiles.front().name);
        gpu.reboot();
        CHECK(gpu.mode().current == kept);
        CHECK(gpu.mode().pending == kept);
        CHECK(gpu.gpu_instances().instances().empty());

        MigGpu waiting = gpu_of(name); // a reboot ends the clients that a mode waited for
        waiting.attach();
        CHECK(waiting.set_mode(true));
        waiting.reboot();
        CHECK(waiting.mode().current == kept);
        CHECK(waiting.clients() == 0);
    }
}

TEST_CASE("neither a reset nor the end of MIG mode leaves instances behind", "[partition][fast]") {
    MigGpu gpu = enabled("a100-80gb");
    const std::uint32_t gi = create(gpu, "3g.40gb").id;
    create_inside(gpu, gi, "3g.40gb");
    CHECK(!gpu.reset());
    CHECK(gpu.mode().current);
    CHECK(gpu.gpu_instances().instances().empty());
    CHECK(gpu.compute_instances(gi) == nullptr);

    const std::uint32_t again = create(gpu, "3g.40gb").id;
    create_inside(gpu, again, "3g.40gb");
    CHECK(!gpu.attach(again, 0));
    CHECK(reason(gpu.set_mode(false)) == RefusalReason::InUse);
    CHECK(gpu.gpu_instances().instances().size() == 1); // and is still in use
    CHECK(!gpu.detach(again, 0));
    CHECK(!gpu.set_mode(false));
    CHECK(!gpu.set_mode(true));
    CHECK(gpu.gpu_instances().instances().empty());
}

TEST_CASE("what is in use is not destroyed", "[partition][fast]") {
    MigGpu gpu = enabled("h100-sxm-80gb");
    const std::uint32_t gi = create(gpu, "2g.20gb").id;
    create_inside(gpu, gi, "1c.2g.20gb");
    CHECK(!gpu.attach(gi, 0));

    const auto used = gpu.destroy_compute_instance(gi, 0);
    CHECK(reason(used) == RefusalReason::InUse);
    CHECK(nvml_reason(used->reason) == "In use by another client");
    CHECK(nvml_return_code(used->reason) == 19);
    CHECK(used->sentence == "compute instance 0 of GPU instance 5 has 1 client");
    const auto holds = gpu.destroy_gpu_instance(gi);
    CHECK(reason(holds) == RefusalReason::InUse);
    CHECK(holds->sentence == "GPU instance 5 holds 1 compute instance; destroy it first");

    // The others may come and go meanwhile.
    const std::uint32_t other = create(gpu, "3g.40gb").id;
    CHECK(!gpu.destroy_gpu_instance(other));

    CHECK(!gpu.detach(gi, 0));
    CHECK(reason(gpu.detach(gi, 0)) == RefusalReason::NotFound);
    CHECK(!gpu.destroy_compute_instance(gi, 0));
    CHECK(!gpu.destroy_gpu_instance(gi));
    CHECK(reason(gpu.destroy_gpu_instance(gi)) == RefusalReason::NotFound);
    CHECK(reason(gpu.attach(gi, 0)) == RefusalReason::NotFound);
}

TEST_CASE("the first GPU instance needs the whole GPU idle, the next ones do not", "[partition][fast]") {
    MigGpu gpu = enabled("a100-40gb");
    gpu.attach();
    const Profile& one = *gpu.gpu_instances().board()->find("1g.5gb");
    CHECK(std::get<Refusal>(gpu.create_gpu_instance(one)).reason == RefusalReason::InUse);
    CHECK(!gpu.detach());
    CHECK(std::holds_alternative<GpuInstance>(gpu.create_gpu_instance(one)));
    gpu.attach();
    CHECK(std::holds_alternative<GpuInstance>(gpu.create_gpu_instance(one)));
}

TEST_CASE("a destroyed GPU instance gives back its id and its place", "[partition][fast]") {
    MigGpu gpu = enabled("h100-sxm-80gb");
    for (int i = 0; i < 7; ++i) create(gpu, "1g.10gb");
    CHECK(!gpu.destroy_gpu_instance(8));
    const GpuInstance again = create(gpu, "1g.10gb+me");
    CHECK(again.id == 8);
    CHECK(to_string(again.placement) == "1:1");
    const auto at = gpu.create_gpu_instance(*gpu.gpu_instances().board()->find("1g.10gb"), 3);
    CHECK(std::get<Refusal>(at).reason == RefusalReason::PlacementTaken);
}

TEST_CASE("capability minors are those that were seen", "[partition][fast]") {
    // NVIDIA MIG User Guide, and a transcript of an A100-SXM4-40GB, driver 580.126.09.
    CHECK(MigMinors::config == 1);
    CHECK(MigMinors::monitor == 2);
    CHECK(MigMinors::gpu_instance(0, 2) == 21);
    CHECK(MigMinors::compute_instance(0, 2, 0) == 22);
    CHECK(MigMinors::gpu_instance(0, 3) == 30);
    CHECK(MigMinors::compute_instance(0, 3, 0) == 31);
    CHECK(MigMinors::compute_instance(0, 3, 1) == 32);
    CHECK(MigMinors::gpu_instance(0, 9) == 84);
    CHECK(MigMinors::compute_instance(0, 9, 0) == 85);
    CHECK(MigMinors::compute_instance(31, 14, 7) == 4322);
}
