// SPDX-License-Identifier: Apache-2.0
#include "bench/validation/rig.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <string_view>

#include "models/mmu/page_table.h"

namespace migsim {
namespace {

constexpr InstanceId whole_gpu{};
constexpr SpaceId space_id{};
constexpr std::uint64_t longest_pass = 16'000'000; // lines

std::vector<std::uint16_t> numbers(std::uint32_t count) {
    std::vector<std::uint16_t> all(count);
    std::iota(all.begin(), all.end(), std::uint16_t{0});
    return all;
}

InstanceSetup whole(const Device& device, std::vector<std::uint16_t> sms) {
    InstanceSetup setup;
    setup.id = whole_gpu;
    setup.name = "whole";
    setup.sms = std::move(sms);
    setup.slices = numbers(device.chip.l2_slices);
    setup.channels = numbers(device.chip.channels);
    setup.partitions = device.chip.l2_partitions;
    setup.bytes = Address{device.chip.memory_mib} << 20;
    return setup;
}

MachineSetup machine(const Device& device, const InstanceSetup& instance) {
    MachineSetup setup;
    setup.device = &device;
    setup.instances.push_back(instance);
    return setup;
}

// What a kernel asks for, line by line, whatever answers it.
bool asks(std::string_view statistic) {
    return statistic == "l1_lookups" || statistic == "l1_bypasses" || statistic == "stores";
}
// The channels' own.
bool moves(std::string_view path, std::string_view statistic) {
    return statistic == "bytes" && path.find("channel_") != std::string_view::npos;
}

} // namespace

std::vector<std::uint16_t> all_sms(const Device& device) {
    return numbers(device.sm_count());
}

std::uint64_t l2_lines(const Device& device) {
    return std::uint64_t{device.chip.l2_slices} * device.l2.sets * device.l2.ways;
}

Rig::Rig(const Device& device, std::vector<std::uint16_t> sms)
    : device_(device),
      whole_(whole(device, std::move(sms))),
      map_(device.address,
           {{whole_.base, whole_.bytes, std::nullopt, whole_.slices, whole_.channels, whole_.partitions}}),
      machine_(machine(device, whole_)),
      space_(machine_.driver(whole_gpu).add_space(space_id)) {
    machine_.visit([this](const std::string& path, const Statistic& statistic) {
        if (asks(statistic.name)) asked_.push_back(&statistic);
        if (moves(path, statistic.name)) moved_.push_back(&statistic);
    });
}

Buffer Rig::allocate(Address bytes, PageSize page) {
    return space_.allocate(bytes, page);
}

Location Rig::locate(Address virtual_address) const {
    return map_.locate(*space_.page_table().translate(virtual_address));
}

void Rig::submit(std::vector<const Kernel*> chain, Tick arrival, std::uint64_t requests) {
    TenantQueue queue;
    queue.tenant = TenantId{streams_++};
    queue.instance = whole_gpu;
    queue.space = space_id;
    queue.chain = std::move(chain);
    queue.requests = requests;
    queue.first_arrival = arrival;
    machine_.submit(queue);
}

void Rig::run_to_the_end() {
    if (machine_.run(never) != Machine::End::Finished)
        throw std::runtime_error("the twin's machine makes no progress:\n" + machine_.waits());
}

Tick Rig::duration(std::size_t stream, std::uint64_t request) const {
    for (const RequestRecord& record : machine_.records())
        if (index(record.tenant) == stream && record.number == request) return record.end - record.arrival;
    throw std::logic_error("the twin asks for a request that it did not submit");
}

std::uint64_t Rig::lines() const {
    const bool asked = counted_ == Counted::Asked;
    std::uint64_t sum = 0;
    for (const Statistic* statistic : asked ? asked_ : moved_)
        for (const Statistic::Column& column : statistic->columns()) sum += column.value;
    return asked ? sum : sum / line_bytes;
}

Rig::Moment Rig::run_until(std::uint64_t wanted) {
    constexpr Tick shortest = 200 * ns; // a few windows
    Tick step = shortest;
    for (std::uint64_t before = lines(), now = before; now < wanted; before = now) {
        horizon_ += step;
        const Machine::End end = machine_.run(horizon_);
        if (end == Machine::End::Finished)
            throw std::logic_error("the twin's kernel ended before two passes agreed");
        if (end == Machine::End::NoProgress)
            throw std::runtime_error("the twin's machine makes no progress:\n" + machine_.waits());
        now = lines();
        if (now >= wanted) break;
        // As far as the rate so far says that it is, but never all the way at a rate that still grows.
        const Tick longest = 4 * step;
        step =
            now == before ? longest : std::clamp((wanted - now) * step / (now - before), shortest, longest);
    }
    return {machine_.now(), lines()};
}

Answer Rig::ps_per_line(const Kernel& kernel, std::uint64_t warm, std::uint64_t pass,
                        const std::vector<Buffer>& touched, Counted counted) {
    counted_ = counted;
    std::vector<const Kernel*> chain{&kernel};
    if (!touched.empty()) {
        touch_ = touch(touched);
        chain.insert(chain.begin(), &*touch_);
        for (const Stage& stage : touch_->program.stages)
            warm += std::uint64_t{touch_->grid_x} * stage.access.rows;
    }
    submit(std::move(chain));

    Answer answer;
    const Moment start = run_until(warm);
    for (; pass <= longest_pass; pass *= 2) { // a rate that swings evens out over longer passes
        const Moment end = run_until(start.lines + pass);
        const double value =
            static_cast<double>(end.time - start.time) / static_cast<double>(end.lines - start.lines);
        answer.change_percent = answer.passes == 0 ? 100 : 100 * std::fabs(value / answer.value - 1);
        answer.value = value;
        ++answer.passes;
        if (answer.change_percent <= passes_agree_percent) break;
    }
    return answer;
}

// A CTA on each SM reads one sector of each group of pages whose entries one walk brings.
Kernel Rig::touch(const std::vector<Buffer>& buffers) const {
    Kernel kernel;
    kernel.name = "touch";
    kernel.grid_x = static_cast<std::uint32_t>(whole_.sms.size());
    kernel.shared_bytes = device_.sm.shared_bytes; // one CTA on each SM
    for (const Buffer& buffer : buffers) {
        const Address pitch = pages_per_line(buffer.page) * bytes_of(buffer.page);
        Stage stage;
        stage.kind = Stage::Kind::Load;
        stage.access.base = buffer.base;
        stage.access.rows = static_cast<std::uint32_t>((buffer.bytes + pitch - 1) / pitch);
        stage.access.pitch = pitch;
        stage.access.row_bytes = sector_bytes;
        stage.access.page = buffer.page;
        kernel.program.stages.push_back(stage);
    }
    return kernel;
}

std::uint32_t shared_bytes_for(const Device& device, std::uint32_t ctas_per_sm) {
    return device.sm.shared_bytes / ctas_per_sm / 1024 * 1024;
}

} // namespace migsim
