// SPDX-License-Identifier: Apache-2.0
// Nothing is lost and nothing is made up: what the statistics of a whole machine say of one another, and what
// an observer on the links says of them, once everything that was under way has arrived.
#include <array>
#include <regex>

#include <catch2/catch.hpp>

#include "tests/system/machine_rig.h"

using namespace migsim;

namespace {

// Counts of its own, taken from the links.
class Counted final : public LinkObserver {
public:
    std::uint64_t slice_requests = 0, invalidates = 0, channel_requests = 0, translations = 0, responses = 0,
                  launches = 0;
    std::array<std::uint64_t, max_tenants> response_bytes{};

private:
    void at_slice(std::uint16_t, const MemoryRequest& request) override {
        ++(request.operation == Operation::Invalidate ? invalidates : slice_requests);
    }
    void at_channel(std::uint16_t, const ChannelRequest&) override { ++channel_requests; }
    void at_gpc(std::uint16_t, const TranslationResponse&) override { ++translations; }
    void at_gpc(std::uint16_t, const MemoryResponse& response) override {
        ++responses;
        response_bytes[index(response.tenant)] += bytes_of(response.sectors);
    }
    void at_gpc(std::uint16_t, const CtaLaunch&) override { ++launches; }
};

// "gpu.gpc_1.mmu" is one of "gpc.mmu".
std::string kind_of(const std::string& path) {
    static const std::regex number("_[0-9]+");
    return std::regex_replace(path.substr(4), number, "");
}

using Counts = std::map<std::string, std::uint64_t>; // "gpc.requests", and by tenant "gpc.bytes_read 0"

Counts read_counts(const std::string& text) {
    Counts counts;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const std::size_t space = line.rfind(' ');
        counts[line.substr(0, space)] = std::stoull(line.substr(space + 1));
    }
    return counts;
}

// Runs to the end, and on until nothing moves any more.
std::string settle(Machine& machine, const Counted& seen) {
    Tick before = never;
    REQUIRE(machine.run(4 * ms) == Machine::End::Finished);
    while (machine.now() != before) {
        before = machine.now();
        machine.run(4 * ms);
    }
    Counts counts;
    machine.visit([&](const std::string& path, const Statistic& s) {
        const std::string name = kind_of(path) + "." + std::string(s.name);
        for (const Statistic::Column& column : s.columns()) {
            counts[name] += column.value;
            if (!column.label.empty()) counts[name + " " + column.label] += column.value;
        }
    });
    counts["seen.slice_requests"] = seen.slice_requests;
    counts["seen.invalidates"] = seen.invalidates;
    counts["seen.channel_requests"] = seen.channel_requests;
    counts["seen.translations"] = seen.translations;
    counts["seen.responses"] = seen.responses;
    counts["seen.launches"] = seen.launches;
    for (std::size_t t = 0; t < 3; ++t)
        counts["seen.response_bytes " + std::to_string(t)] = seen.response_bytes[t];
    std::ostringstream text;
    for (const auto& [name, value] : counts) text << name << ' ' << value << '\n';
    return text.str();
}

enum class Run {
    Instances, // three instances, a clock step, a drain, pages of both sizes
    Whole,     // three tenants on all of it: far lines, near copies
    Fault      // as Instances, and one walks out of its memory
};

Counts run(Run kind) {
    return read_counts(rig::in_child([&] {
        const auto device = rig::device();
        device->cluster_mmu.set("gpc_sets", "8"); // small enough to need the L3 TLB and the walkers
        device->mmu.set("l3_sets", "16");
        const bool whole = kind == Run::Whole;
        MachineSetup setup = whole ? rig::whole(*device) : rig::three_instances(*device);
        if (!whole) setup.walls.l3_tlb = setup.walls.page_walker = false; // as in hardware
        if (!whole) setup.reconfigurations.push_back({.at = 20 * us, .drain = {TenantId{1}}});
        Machine machine(setup);
        Counted seen;
        machine.watch(seen);
        std::vector<Kernel> kernels;
        kernels.reserve(3);
        for (std::uint8_t i = 0; i < 3; ++i) {
            const InstanceId instance{whole ? std::uint8_t{0} : i};
            AddressSpace& space = machine.driver(instance).add_space(SpaceId{i});
            kernels.push_back(rig::busy_kernel(space, i + 1, 80, i == 1 ? PageSize::K64 : PageSize::M2));
            if (kind == Run::Fault && i == 2) {
                const Address stray = Address{1} << 44;
                space.map(stray, PageSize::M2, Address{1} << 30);
                kernels[2].program.stages.push_back(
                    rig::access(Stage::Kind::Load, {.base = stray, .row_bytes = 128, .page = PageSize::M2}));
            }
            TenantQueue queue = rig::queue_of(i, instance, i, kernels[i]);
            queue.requests = 3;
            machine.submit(queue);
        }
        machine.clock_step(9 * us, 1005);
        return settle(machine, seen);
    }));
}

std::uint64_t of(const Counts& counts, const std::string& name) {
    const auto found = counts.find(name);
    if (found == counts.end()) throw std::runtime_error("there is no statistic " + name);
    return found->second;
}

} // namespace

TEST_CASE("every request that enters a block leaves it as a response", "[conservation]") {
    for (const Run kind : {Run::Instances, Run::Whole, Run::Fault}) {
        CAPTURE(static_cast<int>(kind));
        const Counts counts = run(kind);
        const auto n = [&](const char* name) { return of(counts, name); };
        REQUIRE(n("gpc.requests") > 50000);
        CHECK(n("gpc.requests") == n("gpc.responses"));
        CHECK(n("gpc.responses") == n("seen.responses"));
        CHECK(n("front_end.ctas_dispatched") == n("seen.launches"));
        CHECK(n("l2_slice.requests") == n("l2_slice.responses"));
        CHECK(n("l2_slice.requests") == n("seen.slice_requests"));
        CHECK(n("l2_slice.invalidates_sent") == n("seen.invalidates"));
        CHECK(n("channel.reads") + n("channel.writes") + n("channel.foreign_drops") ==
              n("seen.channel_requests"));
        CHECK(n("front_end.ctas_dispatched") == n("gpc.ctas"));
        // What the SMs and the walkers send is what the slices get; slices ask one another only in pairs.
        const std::uint64_t sent = n("gpc.requests") + n("mmu.walk_reads");
        if (kind == Run::Whole)
            CHECK(n("l2_slice.requests") > sent + n("l2_slice.passed_on"));
        else
            CHECK(n("l2_slice.requests") == sent);
    }
}

TEST_CASE("every lookup is a hit or a miss, at every level", "[conservation]") {
    for (const Run kind : {Run::Instances, Run::Whole, Run::Fault}) {
        CAPTURE(static_cast<int>(kind));
        const Counts counts = run(kind);
        const auto n = [&](const char* name) { return of(counts, name); };
        CHECK(n("gpc.l1_lookups") == n("gpc.l1_hits") + n("gpc.l1_merges") + n("gpc.l1_misses"));
        const std::uint64_t lines = n("gpc.l1_misses") + n("gpc.l1_bypasses") + n("gpc.stores");
        CHECK(lines == n("gpc.mmu.utlb_hits") + n("gpc.mmu.utlb_misses"));
        CHECK(n("gpc.requests") == lines - n("gpc.mmu.translation_faults") - n("gpc.no_route"));
        CHECK(n("gpc.mmu.utlb_misses") == n("gpc.mmu.gpc_tlb_hits") + n("gpc.mmu.gpc_tlb_misses"));
        CHECK(n("mmu.l3_tlb_hits") + n("mmu.l3_tlb_misses") == n("seen.translations"));
        CHECK(n("mmu.l3_tlb_misses") == n("mmu.walks") + n("mmu.merged"));
        CHECK(n("mmu.walks") == n("mmu.walk_cache_hits") + n("mmu.walk_cache_misses"));
        CHECK(n("l2_slice.lookups") ==
              n("l2_slice.home_hits") + n("l2_slice.copy_hits") + n("l2_slice.misses"));
        CHECK(n("l2_slice.requests") ==
              n("l2_slice.lookups") + n("l2_slice.passed_on") + n("l2_slice.faults"));
        CHECK(n("channel.reads") + n("channel.writes") - n("channel.forwarded") - n("channel.combined") ==
              n("channel.row_hits") + n("channel.row_misses") + n("channel.row_conflicts"));
        for (const char* const some : {"gpc.l1_hits", "gpc.mmu.gpc_tlb_hits", "mmu.l3_tlb_misses",
                                       "l2_slice.home_hits", "l2_slice.misses"})
            CHECK(n(some) > 0);
        CHECK((n("gpc.mmu.translation_faults") > 0) == (kind == Run::Fault));
    }
}

TEST_CASE("the bytes of the tenants sum to what was moved, wherever bytes are counted", "[conservation]") {
    const std::uint64_t burst_ps = [] {
        const auto device = rig::device();
        return Clock(device->memory.clock).edge(device->memory.nBL);
    }();
    for (const Run kind : {Run::Instances, Run::Whole}) {
        CAPTURE(static_cast<int>(kind));
        const Counts counts = run(kind);
        for (const char* const tenant : {" 0", " 1", " 2"}) {
            CAPTURE(tenant);
            const auto n = [&](const std::string& name) { return of(counts, name + tenant); };
            CHECK(n("gpc.bytes_read") > 0);
            CHECK(n("gpc.bytes_read") == n("seen.response_bytes"));
            CHECK(n("gpc.bytes_written") == n("l2_slice.bytes_in"));
            // A walk reads a line of the last level, and a sector of each level before.
            const std::uint64_t walked =
                n("mmu.walks") * line_bytes + (n("mmu.walk_reads") - n("mmu.walks")) * sector_bytes;
            CHECK(n("l2_slice.bytes_out") == n("gpc.bytes_read") + walked);
        }
        // The bus is busy for one burst per 32 bytes, whoever they are for.
        const double bursts = static_cast<double>(of(counts, "channel.bytes")) / 32;
        CHECK(static_cast<double>(of(counts, "channel.busy")) ==
              Approx(bursts * static_cast<double>(burst_ps)).epsilon(1e-3));
    }
}
