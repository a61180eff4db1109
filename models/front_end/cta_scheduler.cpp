// SPDX-License-Identifier: Apache-2.0
// The CTA scheduler: which SM the next CTA, or which SMs of one GPC the next cluster of CTAs, goes to.
#include <algorithm>
#include <bit>
#include <stdexcept>

#include "models/front_end/front_end.h"
#include "models/messages/cta_cluster.h"

namespace migsim {

// Of one CTA, rounded as the hardware allocates.
SmSlots FrontEnd::needs_of(const Kernel& kernel) {
    constexpr std::uint32_t warp = 32,
                            register_unit = 256; // registers are allocated per warp in units of 256
    SmSlots needs{0, BlockId{0}, 1, (kernel.threads + warp - 1) / warp * warp, 0, kernel.shared_bytes};
    needs.registers = needs.threads / warp *
                      ((kernel.registers * warp + register_unit - 1) / register_unit * register_unit);
    return needs;
}

// What can never run is refused before anything does.
void FrontEnd::check_cluster(const Kernel& kernel, const Scheduler& scheduler) const {
    if (const auto complaint = cluster_complaint(kernel, clusters_)) throw std::invalid_argument(*complaint);
    if (kernel.cluster > 1 && !roomiest(needs_of(kernel), scheduler, kernel.cluster, true))
        throw std::invalid_argument(kernel.name + ": no GPC of its instance has room for a cluster of " +
                                    std::to_string(kernel.cluster) + " CTAs");
}

// One CTA, or cluster of CTAs, of the first kernel that has one left and finds room.
void FrontEnd::dispatch(std::size_t index_of_scheduler) {
    Scheduler& scheduler = schedulers_[index_of_scheduler];
    for (Launch& launch : launches_) {
        if (scheduler.stopped) break;
        if (tenants_[launch.tenant].scheduler != index_of_scheduler ||
            launch.dispatched == launch.kernel->ctas())
            continue;
        if (!place(launch, scheduler.at)) {
            if (launch.kernel->cluster > 1) break; // or others would take, one by one, the room it waits for
            continue;
        }
        scheduler.at += Cycle{params_.dispatch_interval} * launch.kernel->cluster;
        return;
    }
    scheduler.pending = false;
}

// CTAs of this kernel that still find room on an SM.
std::uint32_t FrontEnd::room_for(const SmSlots& needs, const SmSlots& free) {
    std::uint32_t room = free.ctas / needs.ctas;
    if (needs.threads) room = std::min(room, free.threads / needs.threads);
    if (needs.registers) room = std::min(room, free.registers / needs.registers);
    if (needs.shared_bytes) room = std::min(room, free.shared_bytes / needs.shared_bytes);
    return room;
}

// The emptiest SM with room, of one GPC or of all; among equals the first in order of preference.
FrontEnd::Book* FrontEnd::emptiest(Launch& launch, const BlockId* gpc) {
    Book* best = nullptr;
    for (std::size_t word = 0; word < launch.room.size(); ++word)
        for (std::uint64_t bits = launch.room[word]; bits; bits &= bits - 1) {
            Book& book = books_[word * 64 + static_cast<std::size_t>(std::countr_zero(bits))];
            if (gpc && book.free.cluster != *gpc) continue;
            const SmSlots &free = book.free, &needs = launch.needs;
            const bool fits = free.ctas >= needs.ctas && free.threads >= needs.threads &&
                              free.registers >= needs.registers && free.shared_bytes >= needs.shared_bytes;
            if (!fits)
                launch.room[word] &= ~(bits & -bits);
            else if (!best || book.resident < best->resident)
                best = &book;
        }
    return best;
}

// The GPC with room for the most CTAs of a kernel, if for a whole cluster of them; among equals the first in
// order of preference. Where `empty`, of what the GPC has room for when nothing runs.
std::optional<BlockId> FrontEnd::roomiest(const SmSlots& needs, const Scheduler& scheduler,
                                          std::uint32_t cluster, bool empty) const {
    std::vector<std::pair<BlockId, std::uint32_t>> rooms;
    for (std::size_t i = 0; i < books_.size(); ++i) {
        if (!(scheduler.may[i / 64] >> (i % 64) & 1)) continue;
        const BlockId gpc = books_[i].free.cluster;
        auto room = std::find_if(rooms.begin(), rooms.end(), [&](const auto& r) { return r.first == gpc; });
        if (room == rooms.end()) room = rooms.insert(rooms.end(), {gpc, 0});
        room->second += room_for(needs, empty ? books_[i].all : books_[i].free);
    }
    const auto most = std::max_element(rooms.begin(), rooms.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    if (most == rooms.end() || most->second < cluster) return std::nullopt;
    return most->first;
}

// The CTAs of a cluster go out together, all into one GPC; other CTAs one by one.
bool FrontEnd::place(Launch& launch, Cycle now) {
    const std::uint32_t cluster = launch.kernel->cluster;
    if (cluster == 1) {
        Book* const book = emptiest(launch, nullptr);
        if (book) send(launch, *book, now, 0);
        return book;
    }
    const auto gpc = roomiest(launch.needs, schedulers_[tenants_[launch.tenant].scheduler], cluster, false);
    if (!gpc) return false;
    ++clusters_sent_;
    for (std::uint16_t rank = 0; rank < cluster; ++rank) send(launch, *emptiest(launch, &*gpc), now, rank);
    return true;
}

void FrontEnd::send(Launch& launch, Book& book, Cycle now, std::uint16_t rank) {
    book.free.ctas -= launch.needs.ctas;
    book.free.threads -= launch.needs.threads;
    book.free.registers -= launch.needs.registers;
    book.free.shared_bytes -= launch.needs.shared_bytes;
    ++book.resident;
    const TenantQueue& queue = tenants_[launch.tenant].queue;
    const Kernel& kernel = *launch.kernel;
    const Kernel::Place place = kernel.place(launch.dispatched);
    CtaLaunch cta{&kernel,      place.x,          place.y,     place.z,        launch.handle,
                  book.free.sm, clock_.edge(now), queue.space, queue.instance, queue.tenant};
    if (kernel.cluster > 1) {
        cta.cluster = clusters_sent_;
        cta.rank = rank;
        cta.first = launch.dispatched - rank;
    }
    ++launch.dispatched;
    ctas[queue.tenant] += 1;
    to_clusters[book.free.cluster].send(cta.dispatched, cta);
}

} // namespace migsim
