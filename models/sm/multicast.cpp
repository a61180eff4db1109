// SPDX-License-Identifier: Apache-2.0
// Loads that a cluster of CTAs shares. Every CTA waits for all lines of an iteration, whoever asks for them,
// and asks for its share once all of the cluster have a free buffer for the iteration: what the pairs of
// barriers of real kernels do. What is not free yet waits here, not in the load/store unit, where it could
// hold up just the CTA that it waits for.
#include <tuple>

#include "models/sm/sm.h"

namespace migsim {

// The access as the first CTA of the cluster would make it.
LineCursor Sm::shared_lines(const Strand& strand, const Access& access, std::uint32_t iteration) {
    const std::uint32_t iterations = strand.launch.kernel->program.iterations;
    if (!strand.launch.cluster) return LineCursor(access, strand.launch, iteration, iterations);
    CtaLaunch first = strand.launch;
    const Kernel::Place place = first.kernel->place(first.first);
    first.x = place.x;
    first.y = place.y;
    first.z = place.z;
    return LineCursor(access, first, iteration, iterations);
}

Sm::Member* Sm::member(std::uint32_t cluster, std::uint16_t rank) {
    for (Member& member : members_)
        if (member.cluster == cluster && member.rank == rank) return &member;
    return nullptr;
}

// Hands on what every CTA of the cluster has a buffer for.
void Sm::hand_multicasts(std::uint8_t slot, Cycle now) {
    Strand& strand = strands_[slot];
    if (strand.stopped) return;
    const Kernel& kernel = *strand.launch.kernel;
    const CtaProgram& program = kernel.program;
    std::uint32_t free = strand.front;
    if (strand.launch.cluster) {
        const Member& own = *member(strand.launch.cluster, strand.launch.rank);
        for (std::uint16_t rank = 0; rank < kernel.cluster; ++rank)
            if (rank != own.rank) free = std::min(free, own.free[rank]);
    }
    for (; strand.shared < free; ++strand.shared)
        for (std::uint16_t stage = 0; stage < program.stages.size(); ++stage) {
            if (program.stages[stage].kind != Stage::Kind::MulticastLoad) continue;
            queue_.push(
                {now, strand.shared, stage, slot, static_cast<std::uint8_t>(strand.shared % program.depth)});
            ++strand.accesses;
        }
}

FromPeer Sm::multicast(std::uint32_t tag) const {
    const Record& record = records_[tag & 0xffff];
    const CtaLaunch& cta = strands_[record.strand].launch;
    return {0, cta.cluster, 0, cta.rank, true, record.flight, 0, record.issued, {}};
}

// In an order of what they are, not of when this SM was told.
void Sm::from_peer(const FromPeer& message) {
    const auto order = [](const FromPeer& m) {
        return std::tuple(m.at, !m.line, m.issued, m.cluster, m.from, m.to, m.iteration);
    };
    from_peers_.push(message);
    std::vector<FromPeer>& items = from_peers_.items;
    for (std::size_t i = items.size() - 1; i > from_peers_.head && order(items[i - 1]) > order(message); --i)
        std::swap(items[i - 1], items[i]);
}

void Sm::take_from_peer(const FromPeer& message) {
    Member* const to = member(message.cluster, message.to);
    if (!to) return; // stopped, and gone
    if (message.line) {
        line_ready(to->slot, message.flight, message.at + params_.fill_latency, message.issued,
                   message.waits);
        part_done(to->slot, message.flight);
    } else {
        to->free[message.from] = message.iteration;
        hand_multicasts(to->slot, message.at);
    }
}

} // namespace migsim
