// SPDX-License-Identifier: Apache-2.0
// Compute instances in a whole machine: SMs of their own, everything behind the SMs in common.
#include <map>
#include <set>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include "tests/system/machine_rig.h"

using namespace migsim;

namespace {

constexpr Address gib = Address{1} << 30;
constexpr std::uint32_t ctas = 200; // of a kernel: more than fit on the SMs at once

// Instance 0 is divided into SMs 0 to 3 and SMs 4 to 7; instance 1 has the rest.
MachineSetup divided(const Device& device) {
    MachineSetup setup;
    setup.device = &device;
    setup.instances.push_back(
        {InstanceId{0}, "left", rig::span(0, 8), rig::span(0, 4), rig::span(0, 4), 1, 0, 4 * gib, 0.5});
    setup.instances.back().compute_instances = {{"first", rig::span(0, 4)}, {"second", rig::span(4, 4)}};
    setup.instances.push_back({InstanceId{1}, "right", rig::span(8, 6), rig::span(4, 4), rig::span(4, 4), 1,
                               4 * gib, 4 * gib, 0.5});
    return setup;
}

// The SMs that each tenant's CTAs are sent to.
class SmsByTenant final : public LinkObserver {
public:
    std::map<int, std::set<std::uint16_t>> seen;

private:
    void at_slice(std::uint16_t, const MemoryRequest&) override {}
    void at_channel(std::uint16_t, const ChannelRequest&) override {}
    void at_gpc(std::uint16_t, const TranslationResponse&) override {}
    void at_gpc(std::uint16_t, const MemoryResponse&) override {}
    void at_gpc(std::uint16_t, const CtaLaunch& launch) override {
        seen[static_cast<int>(index(launch.tenant))].insert(launch.sm);
    }
};

struct Seat {
    InstanceId instance;
    std::uint8_t compute_instance;
};
const std::vector<Seat> everybody{{InstanceId{0}, 0}, {InstanceId{0}, 1}, {InstanceId{1}, 0}};

// Tenant i sits on seats[i] and has work of its own; what `see` makes of the finished machine.
std::string run(const MachineSetup& setup, const std::vector<Seat>& seats,
                const std::function<std::string(const Machine&)>& see, bool stray = false,
                LinkObserver* observer = nullptr) {
    return rig::in_child([&] {
        Machine machine(setup);
        if (observer) machine.watch(*observer);
        std::vector<Kernel> kernels;
        kernels.reserve(seats.size());
        for (std::uint8_t i = 0; i < seats.size(); ++i) {
            AddressSpace& space = machine.driver(seats[i].instance).add_space(SpaceId{i});
            kernels.push_back(rig::busy_kernel(space, i + 1, ctas, PageSize::M2));
            if (stray && i == 0) kernels.back().program.stages[1].access.base += gib; // mapped to nothing
            TenantQueue queue = rig::queue_of(i, seats[i].instance, i, kernels.back());
            queue.compute_instance = seats[i].compute_instance;
            queue.requests = 2;
            machine.submit(queue);
        }
        machine.run(never);
        return see(machine);
    });
}

// "tenant channel" for every channel that moved data for the tenant.
std::string channels(const Machine& machine) {
    std::string text;
    machine.visit([&](const std::string& path, const Statistic& statistic) {
        const auto* per_tenant = dynamic_cast<const PerTenant*>(&statistic);
        if (!per_tenant || statistic.name != "bytes" || path.find("channel") == std::string::npos) return;
        for (std::uint8_t i = 0; i < everybody.size(); ++i)
            if ((*per_tenant)[TenantId{i}]) text += std::to_string(i) + " " + path + "\n";
    });
    return text;
}

std::set<std::string> common(const std::set<std::string>& a, const std::set<std::string>& b) {
    std::set<std::string> both;
    std::ranges::set_intersection(a, b, std::inserter(both, both.end()));
    return both;
}

} // namespace

TEST_CASE("tenants of two compute instances never share an SM, and share the memory of their GPU instance",
          "[system][fast]") {
    const auto device = rig::device();
    SmsByTenant observer;
    const std::string text = run(
        divided(*device), everybody,
        [&](const Machine& machine) {
            std::string lines;
            for (const auto& [tenant, sms] : observer.seen)
                for (const std::uint16_t sm : sms) lines += fmt::format("{} sm_{}\n", tenant, sm);
            return lines + channels(machine);
        },
        false, &observer);
    std::map<int, std::set<std::string>> sms, memory;
    std::istringstream lines(text);
    int tenant = 0;
    for (std::string unit; lines >> tenant >> unit;)
        (unit.starts_with("sm_") ? sms : memory)[tenant].insert(unit);

    CHECK(sms[0] == std::set<std::string>{"sm_0", "sm_1", "sm_2", "sm_3"}); // each uses all that it has
    CHECK(sms[1] == std::set<std::string>{"sm_4", "sm_5", "sm_6", "sm_7"});
    CHECK(sms[2].size() == 6);
    CHECK(common(sms[1], sms[2]).empty());
    CHECK(memory[0].size() == 4);
    CHECK(memory[0] == memory[1]);
    CHECK(common(memory[0], memory[2]).empty());
}

TEST_CASE("a compute instance notices its neighbour in the same GPU instance, another GPU instance does not",
          "[system][fast]") {
    const auto device = rig::device();
    const auto requests_of = [&](std::uint8_t tenant, const std::vector<Seat>& seats) {
        return run(divided(*device), seats, [&](const Machine& machine) {
            std::ostringstream text;
            for (const RequestRecord& r : machine.records())
                if (index(r.tenant) == tenant)
                    text << r.arrival << ' ' << r.end << ' ' << r.stalls.memory << '\n';
            return text.str();
        });
    };
    MachineSetup setup = divided(*device);
    const std::string alone = requests_of(0, {everybody[0]});
    CHECK(alone == requests_of(0, {everybody[0], everybody[2]}));
    CHECK(alone != requests_of(0, {everybody[0], everybody[1]}));
}

TEST_CASE("a fault stops all compute instances of its GPU instance and nobody else", "[system][fast]") {
    const auto device = rig::device();
    const std::string text = run(
        divided(*device), everybody,
        [](const Machine& machine) {
            std::ostringstream seen;
            for (const RequestRecord& r : machine.records())
                seen << index(r.tenant) << (r.failed ? " failed\n" : " ended\n");
            machine.visit([&](const std::string&, const Statistic& statistic) {
                if (statistic.name != "ctas_dispatched") return;
                const auto& sent = dynamic_cast<const PerTenant&>(statistic);
                for (std::uint8_t i = 0; i < everybody.size(); ++i)
                    seen << int{i} << (sent[TenantId{i}] < ctas ? " cut short\n" : " all sent\n");
            });
            return seen.str();
        },
        true);
    CHECK_THAT(text, Catch::Contains("0 failed") && Catch::Contains("0 cut short"));
    CHECK_THAT(text, Catch::Contains("1 failed") && Catch::Contains("1 cut short"));
    CHECK_THAT(text,
               Catch::Contains("2 ended") && !Catch::Contains("2 failed") && Catch::Contains("2 all sent"));
}

TEST_CASE("one compute instance that fills its GPU instance changes nothing at all", "[system][fast]") {
    const auto device = rig::device();
    MachineSetup plain = divided(*device);
    plain.instances[0].compute_instances.clear();
    MachineSetup filled = plain;
    filled.instances[0].compute_instances = {{"all", filled.instances[0].sms}};
    const std::vector<Seat> seats{{InstanceId{0}, 0}, {InstanceId{1}, 0}};
    CHECK(run(plain, seats, rig::digest) == run(filled, seats, rig::digest));
    CHECK(run(plain, seats, rig::digest) != run(divided(*device), seats, rig::digest));
}
