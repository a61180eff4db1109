// SPDX-License-Identifier: Apache-2.0
// Forgeries in a whole machine of two instances. With every enforcement point on, each stops its own instance
// and nobody else notices, bit by bit. With points off, what is left of them stops it or the monitor alone
// reports it.
#include <map>
#include <set>
#include <utility>

#include <catch2/catch.hpp>

#include "partition/isolation/monitor.h"
#include "tests/system/machine_rig.h"

using namespace migsim;

namespace {

constexpr Address gib = Address{1} << 30;
constexpr InstanceId victims{0}, forgers{1};

// What tenant 1, or the wire behind it, does wrong.
enum class Forgery {
    None,
    ForeignPage,    // its page table maps a page of instance 0
    ForeignSpace,   // it runs in the address space of instance 0
    UnownedPage,    // its page table maps memory that no instance has
    ForeignFrame,   // what the walkers answered comes in as a frame of instance 0: the crossbar is next
    UnownedFrame,   // or as one of nobody
    IdAtSlice,      // a request comes in at a slice with the id of instance 0
    AddressAtSlice, // or with an address of instance 0
    IdAtChannel,    // a request comes in at a channel with the id of instance 0
};

// Alters one kind of message on the wire, then lets the monitor see it as the block behind it does.
class Wire final : public LinkObserver {
public:
    Wire(Forgery forgery, LinkObserver& monitor) : forgery_(forgery), monitor_(monitor) {}

private:
    // Observers are shown messages to look at; a wire with a fault changes them. They are no constants.
    template <class Message>
    static Message& wire(const Message& message) {
        return const_cast<Message&>(message);
    }
    // Then the line is there or on its way, and no channel will hear of the request.
    bool asked_lately(std::uint16_t slice, const MemoryRequest& request) {
        const std::uint64_t now = ++arrivals_[slice];
        std::uint64_t& last = asked_[request.address];
        const std::uint64_t before = std::exchange(last, now);
        return before != 0 && now - before < 50;
    }
    static Address foreign(Address address) { return address - 4 * gib; } // the same place in instance 0

    void at_slice(std::uint16_t slice, const MemoryRequest& request) override {
        const bool lately = asked_lately(slice, request);
        if (request.instance == forgers && request.operation == Operation::GpuRead && lately) {
            if (forgery_ == Forgery::IdAtSlice) wire(request).instance = victims;
            if (forgery_ == Forgery::AddressAtSlice) wire(request).address = foreign(request.address);
        }
        monitor_.at_slice(slice, request);
    }
    void at_channel(std::uint16_t channel, const ChannelRequest& request) override {
        if (forgery_ == Forgery::IdAtChannel && request.instance == forgers && !request.write &&
            ++reads_ > 500)
            wire(request).instance = victims;
        monitor_.at_channel(channel, request);
    }
    void at_gpc(std::uint16_t gpc, const TranslationResponse& response) override {
        if (response.instance == forgers && !response.fault) {
            const Address place = response.frame << shift(response.size);
            if (forgery_ == Forgery::ForeignFrame)
                wire(response).frame = foreign(place) >> shift(response.size);
            if (forgery_ == Forgery::UnownedFrame)
                wire(response).frame = (place + 3 * gib) >> shift(response.size);
        }
        monitor_.at_gpc(gpc, response);
    }
    void at_gpc(std::uint16_t gpc, const MemoryResponse& response) override {
        monitor_.at_gpc(gpc, response);
    }
    void at_gpc(std::uint16_t gpc, const CtaLaunch& launch) override { monitor_.at_gpc(gpc, launch); }

    Forgery forgery_;
    LinkObserver& monitor_;
    std::map<std::uint16_t, std::uint64_t> arrivals_; // by slice
    std::map<Address, std::uint64_t> asked_;          // when, counted in those
    std::uint64_t reads_ = 0;
};

// Three GiB each: in the guard behind, the last of its four, nobody has memory.
MachineSetup two_instances(const Device& device) {
    MachineSetup setup;
    setup.device = &device;
    setup.instances.push_back(
        {victims, "left", rig::span(0, 8), rig::span(0, 4), rig::span(0, 4), 1, 0, 3 * gib, 0.5});
    setup.instances.push_back(
        {forgers, "right", rig::span(8, 6), rig::span(4, 4), rig::span(4, 4), 1, 4 * gib, 3 * gib, 0.5});
    return setup;
}

struct Seen {
    std::string victim;  // all that tenant 0 could observe
    std::string forger;  // "stopped" or "unharmed"
    std::string faults;  // "kind instance" of each kind there was
    std::string monitor; // findings
};

Seen run(Forgery forgery, const std::function<void(MachineSetup&)>& change = {}) {
    const std::string text = rig::in_child([&] {
        const auto device = rig::device();
        MachineSetup setup = two_instances(*device);
        if (change) change(setup);
        Machine machine(setup);
        Monitor monitor(setup);
        Wire wire(forgery, monitor);
        machine.watch(wire);
        std::vector<Kernel> kernels;
        kernels.reserve(2);
        for (std::uint8_t i = 0; i < 2; ++i) {
            AddressSpace& space = machine.driver(InstanceId{i}).add_space(SpaceId{i});
            kernels.push_back(rig::busy_kernel(space, i + 1, 60, PageSize::M2));
            const Address stray = Address{1} << 44;
            if (i == 1 && (forgery == Forgery::ForeignPage || forgery == Forgery::UnownedPage)) {
                space.map(stray, PageSize::M2, forgery == Forgery::ForeignPage ? 2 * gib : 7 * gib + gib / 2);
                kernels[1].program.stages.push_back(
                    rig::access(Stage::Kind::Load,
                                {.base = stray, .cta_x = 4096, .row_bytes = 4096, .page = PageSize::M2}));
            }
            const std::uint8_t space_of = forgery == Forgery::ForeignSpace ? 0 : i;
            TenantQueue queue = rig::queue_of(i, InstanceId{i}, space_of, kernels[space_of]);
            queue.requests = 3;
            machine.submit(queue);
        }
        std::ostringstream out;
        if (machine.run(2 * ms) != Machine::End::Finished) out << "hangs " << machine.waits() << '\n';
        bool failed = false;
        for (const RequestRecord& r : machine.records())
            if (r.tenant == TenantId{0})
                out << "victim " << r.number << ' ' << r.arrival << ' ' << r.end << ' ' << r.slot_wait << ' '
                    << r.stalls.unloaded << ' ' << r.stalls.crossbar << ' ' << r.stalls.l2 << ' '
                    << r.stalls.memory << ' ' << r.stalls.mmu << ' ' << r.failed << '\n';
            else
                failed = failed || r.failed;
        out << "forger " << (failed ? "stopped" : "unharmed") << '\n';
        std::set<std::string> faults;
        for (const FaultReport& fault : machine.faults())
            faults.insert(std::to_string(static_cast<int>(fault.kind)) + " of " +
                          std::to_string(index(fault.instance)));
        for (const std::string& fault : faults) out << "fault " << fault << '\n';
        std::istringstream findings(monitor.findings());
        for (std::string line; std::getline(findings, line);) out << "monitor " << line << '\n';
        return out.str();
    });
    INFO(text);
    REQUIRE(text.find("hangs") == std::string::npos);
    REQUIRE(text.find("victim 2 ") != std::string::npos);
    Seen seen;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.rfind("victim", 0) == 0) seen.victim += line + '\n';
        if (line.rfind("forger ", 0) == 0) seen.forger = line.substr(7);
        if (line.rfind("fault ", 0) == 0) seen.faults += line.substr(6) + '\n';
        if (line.rfind("monitor ", 0) == 0) seen.monitor += line.substr(8) + '\n';
    }
    return seen;
}

std::string faults_of_forger(std::initializer_list<FaultReport::Kind> kinds) {
    std::string text;
    for (const FaultReport::Kind kind : kinds) text += std::to_string(static_cast<int>(kind)) + " of 1\n";
    return text;
}

using Kind = FaultReport::Kind;

} // namespace

TEST_CASE("whatever is forged, enforcement stops the forger's instance, and its neighbour sees nothing",
          "[isolation]") {
    const Seen honest = run(Forgery::None);
    CHECK(honest.forger == "unharmed");
    CHECK(honest.faults.empty());
    CHECK(honest.monitor.empty());
    const std::vector<std::pair<Forgery, Kind>> forgeries = {
        {Forgery::ForeignPage, Kind::OutsideWindow},   {Forgery::ForeignSpace, Kind::OutsideWindow},
        {Forgery::UnownedPage, Kind::OutsideWindow},   {Forgery::ForeignFrame, Kind::NoRoute},
        {Forgery::UnownedFrame, Kind::NoRoute},        {Forgery::IdAtSlice, Kind::ForeignSlice},
        {Forgery::AddressAtSlice, Kind::ForeignSlice}, {Forgery::IdAtChannel, Kind::ForeignSlice}};
    for (const auto& [forgery, kind] : forgeries) {
        CAPTURE(static_cast<int>(forgery));
        const Seen forged = run(forgery);
        CHECK(forged.forger == "stopped");
        CHECK(forged.faults == faults_of_forger({kind}));
        CHECK(forged.victim == honest.victim);
        // What is forged before the first link never gets onto one; what is forged on a link is seen there.
        CHECK(forged.monitor.empty() == (kind == Kind::OutsideWindow));
    }
}

TEST_CASE("where one enforcement point is off and no other is in the way, the monitor alone reports",
          "[isolation]") {
    const auto alone = [](Forgery forgery, const char* where, const std::function<void(MachineSetup&)>& off) {
        const Seen seen = run(forgery, off);
        INFO(seen.faults << seen.monitor);
        CHECK(seen.forger == "unharmed");
        CHECK(seen.faults.empty());
        CHECK(seen.monitor.find(where) != std::string::npos);
    };
    // Without walls in L2 and memory, routes and owners let everybody pass: the walker is all there is.
    const auto shared = [](MachineSetup& s) { s.walls.l2 = s.walls.dram = false; };
    CHECK(run(Forgery::ForeignPage, shared).faults == faults_of_forger({Kind::OutsideWindow}));
    alone(Forgery::ForeignPage, "GPC TLB", [&](MachineSetup& s) {
        shared(s);
        s.enforcement.walker = false;
    });
    alone(Forgery::IdAtSlice, "L2 slice", [](MachineSetup& s) { s.enforcement.slice = false; });
    alone(Forgery::IdAtChannel, "memory channel", [](MachineSetup& s) { s.enforcement.channel = false; });
}

TEST_CASE("enforcement points stand behind one another, and behind the last the monitor sees the touch",
          "[isolation]") {
    struct Step {
        MachineEnforcement on;
        std::string faults;
        const char* reached; // the monitor's furthest finding
    };
    const std::vector<Step> steps = {
        {{}, faults_of_forger({Kind::OutsideWindow}), ""},
        {{.walker = false}, faults_of_forger({Kind::NoRoute}), "GPC TLB"},
        {{.walker = false, .crossbar = false}, faults_of_forger({Kind::ForeignSlice}), "L2 slice"},
        {{.walker = false, .crossbar = false, .slice = false},
         faults_of_forger({Kind::ForeignSlice}),
         "memory channel"},
        {{.walker = false, .crossbar = false, .slice = false, .channel = false}, "", "memory channel"}};
    for (const Step& step : steps) {
        const Seen seen = run(Forgery::ForeignPage, [&](MachineSetup& s) { s.enforcement = step.on; });
        INFO(seen.faults << seen.monitor);
        CHECK(seen.faults == step.faults);
        CHECK(seen.forger == (step.faults.empty() ? "unharmed" : "stopped"));
        CHECK(seen.monitor.empty() == (*step.reached == 0));
        CHECK(seen.monitor.find(step.reached) != std::string::npos);
    }
}
