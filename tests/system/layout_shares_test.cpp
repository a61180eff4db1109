// SPDX-License-Identifier: Apache-2.0
// Every instance busy: each gets the part of the DRAM bandwidth that its memory slices are of all, and
// touches nothing foreign. The test of every maximal layout takes some minutes and is hidden; it prints a
// table:
//   build/release/bin/migsim_tests 'in every maximal layout *'
#include <algorithm>
#include <cmath>
#include <cstdio>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "partition/board_reader.h"
#include "partition/isolation/monitor.h"
#include "partition/layout_search.h"
#include "scenarios/arrangement.h"
#include "scenarios/data_folder.h"
#include "tests/system/machine_rig.h"
#include "tests/unit/partition_boards.h"
#include "workloads/operators/stream.h"

using namespace migsim;

namespace {

constexpr std::uint64_t mib_per_slice = 256; // streamed: many times the L2, more than is read in the time
// Over 100 us the rate of an instance wanders by 1 %, as its CTAs drift apart.
constexpr Tick begin = 40 * us, end = 240 * us;

class SpaceBuffers final : public Buffers {
public:
    explicit SpaceBuffers(AddressSpace& space) : space_(space) {}
    Address allocate(const std::string&, std::uint64_t bytes, PageSize page) override {
        return space_.allocate(bytes, page).base;
    }

private:
    AddressSpace& space_;
};

// Reads a little of what each TLB entry covers, once on each SM. The L3 TLB and the page walkers are common
// to all instances in hardware, and what they cost is not what is asked here.
Kernel touch(const Stage& streamed, std::uint64_t bytes, std::uint32_t sms, const Device& device) {
    Access access{.base = streamed.access.base, .row_bytes = sector_bytes, .page = streamed.access.page};
    access.pitch = pages_per_line(access.page) * bytes_of(access.page);
    access.rows = static_cast<std::uint32_t>((bytes + access.pitch - 1) / access.pitch);
    Kernel kernel;
    kernel.name = "touch";
    kernel.grid_x = sms;
    kernel.shared_bytes = device.sm.shared_bytes; // one CTA on each SM
    kernel.program.stages = {rig::access(Stage::Kind::Load, access)};
    return kernel;
}

struct Shares {
    std::vector<double> gb_per_s; // by instance
    std::uint64_t foreign = 0;    // touches that the monitor saw, and faults

    std::vector<double> deviations(const Layout& layout) const; // from the share of memory slices
};

std::vector<double> Shares::deviations(const Layout& layout) const {
    double all = 0, slices = 0;
    for (const GpuInstance& instance : layout.instances()) slices += instance.placement.size;
    for (const double rate : gb_per_s) all += rate;
    std::vector<double> deviations;
    for (std::size_t i = 0; i < gb_per_s.size(); ++i)
        deviations.push_back(gb_per_s[i] / all / (layout.instances()[i].placement.size / slices) - 1);
    return deviations;
}

// Each instance streams; what it moves between the two moments.
Shares measure(const Device& device, const Layout& layout) {
    const Arrangement sliced = arrange(layout, shape_of(device), walls_named(device.walls));
    std::istringstream text(rig::in_child([&] {
        MachineSetup setup;
        setup.device = &device;
        setup.instances = sliced.instances;
        setup.walls = sliced.walls;
        Machine machine(setup);
        Monitor monitor(setup);
        machine.watch(monitor);
        std::vector<Kernel> kernels;
        kernels.reserve(2 * setup.instances.size());
        for (std::uint8_t i = 0; i < setup.instances.size(); ++i) {
            SpaceBuffers memory(machine.driver(InstanceId{i}).add_space(SpaceId{i}));
            const auto sms = static_cast<std::uint32_t>(setup.instances[i].sms.size());
            const std::uint64_t mib = mib_per_slice * layout.instances()[i].placement.size;
            StreamShape shape;
            shape.array_kib = mib * 1024;
            shape.persistent_ctas_per_sm = 2;
            shape.depth = 4;
            const Kernel& streaming = kernels.emplace_back(stream(shape, memory, sms));
            const Kernel& touching =
                kernels.emplace_back(touch(streaming.program.stages.front(), mib << 20, sms, device));
            TenantQueue queue = rig::queue_of(i, InstanceId{i}, i, touching);
            queue.chain.push_back(&streaming);
            machine.submit(queue);
        }
        machine.run(begin);
        std::vector<std::uint64_t> before;
        for (std::uint8_t i = 0; i < setup.instances.size(); ++i)
            before.push_back(machine.dram_bytes(TenantId{i}));
        machine.run(end);
        std::string seen = fmt::format("{}\n", monitor.foreign() + machine.faults().size());
        for (std::uint8_t i = 0; i < setup.instances.size(); ++i)
            seen += fmt::format("{}\n", machine.dram_bytes(TenantId{i}) - before[i]);
        return seen;
    }));
    Shares shares;
    text >> shares.foreign;
    REQUIRE(text.good());
    for (double bytes = 0; text >> bytes;)
        shares.gb_per_s.push_back(bytes * 1000 / static_cast<double>(end - begin));
    REQUIRE(shares.gb_per_s.size() == layout.instances().size());
    return shares;
}

std::string text_of(const Layout& layout) {
    std::string text;
    for (const GpuInstance& instance : layout.instances())
        text +=
            fmt::format("{}{}@{}", text.empty() ? "" : " ", instance.profile->name, instance.placement.start);
    return text;
}

// Of the instances that NVIDIA's counts of layouts speak of, 19 on a board of eight slots.
std::vector<Layout> maximal_layouts(const std::string& board_name) {
    const auto table = test::board(board_name);
    const std::vector<const Profile*> plain = test::plain_profiles(*table);
    std::vector<Layout> layouts = all_layouts(table, plain);
    std::erase_if(layouts, [&](const Layout& layout) { return !layout.is_maximal(plain); });
    return layouts;
}

double furthest(const std::vector<double>& deviations) {
    return std::abs(*std::ranges::max_element(deviations, {}, [](double d) { return std::abs(d); }));
}

void check(const Device& device, const Layout& layout) {
    const Shares shares = measure(device, layout);
    const std::vector<double> deviations = shares.deviations(layout);
    std::string rates;
    for (std::size_t i = 0; i < deviations.size(); ++i)
        rates += fmt::format(" {:.1f} ({:+.2f}%)", shares.gb_per_s[i], deviations[i] * 100);
    fmt::print("{:16} {:60} GB/s:{}, foreign {}\n", device.name, text_of(layout), rates, shares.foreign);
    std::fflush(stdout);
    CAPTURE(device.name, text_of(layout), rates);
    CHECK(shares.foreign == 0);
    CHECK(furthest(deviations) < 0.01);
}

const DataFolder data(MIGSIM_SOURCE_DIR);

} // namespace

TEST_CASE("with all instances busy each gets its share of DRAM bandwidth", "[isolation][shares]") {
    for (const char* const name : {"a100-sxm-40gb", "h100-sxm-80gb", "h200-sxm-141gb"}) {
        const auto device = load_device(data.device(name));
        const std::vector<Layout> layouts = maximal_layouts(device->board);
        REQUIRE(layouts.size() == 19);
        const auto mixed = std::ranges::find_if( // 4g, 2g, 1g
            layouts, [](const Layout& layout) {
                return layout.instances().size() == 3 && layout.instances()[0].profile->compute_slices == 4;
            });
        REQUIRE(mixed != layouts.end());
        check(*device, *mixed);
    }
}

TEST_CASE("in every maximal layout of A100, H100 and H200 each instance gets its share of DRAM bandwidth",
          "[.]") {
    for (const char* const name : {"a100-sxm-40gb", "h100-sxm-80gb", "h200-sxm-141gb"}) {
        const auto device = load_device(data.device(name));
        for (const Layout& layout : maximal_layouts(device->board)) check(*device, layout);
    }
}
