// SPDX-License-Identifier: Apache-2.0
#include "models/mmu/walker_hub.h"

#include <algorithm>
#include <utility>

namespace migsim {

namespace {

// An upper-level entry in the walk cache. Levels are told apart by how many address bits they leave open.
TlbPlace cached_entry(const TranslationRequest& request, unsigned level_shift) {
    const Address number = request.page << shift(request.size) >> level_shift;
    return {tlb_key(request.space, request.instance, level_shift / 9 + 1, number), number, 0};
}

TlbPlace place_of(const TranslationRequest& request) {
    return place_of(request.space, request.instance, request.size, request.page);
}

bool is_valid(std::uint16_t valid, const TranslationRequest& request) {
    return valid >> (request.page % pages_per_entry) & 1;
}

} // namespace

Mmu::Mmu(Windows& windows, const MmuSetup& setup)
    : id(windows.add(*this)),
      clock_changes(windows, id),
      instance_changes(windows, id),
      from_l2(windows, id),
      from_clusters(windows, id),
      params_(setup.params),
      map_(&setup.map),
      tables_(setup.tables),
      clock_(setup.clock),
      slices_(setup.slices),
      windows_(setup.windows),
      walls_(setup.walls),
      enforce_(setup.enforce),
      later_(setup.later),
      unsent_(setup.slices.size()) {
    const Split l3(walls_.l3_tlb, setup.shares), walkers(walls_.page_walker, setup.shares);
    for (unsigned part = 0; part < l3.parts(); ++part) add_l3_part(l3, part);
    for (unsigned part = 0; part < walkers.parts(); ++part) add_pool(walkers, part);
    for (const InstanceShare& share : setup.shares) {
        l3_part_[index(share.instance)] = static_cast<std::uint8_t>(l3.part(share.instance));
        pool_part_[index(share.instance)] = static_cast<std::uint8_t>(walkers.part(share.instance));
    }
    for (const auto& [instance, later] : later_) { // so that what cannot be split is refused before the run
        const Split l3_then(walls_.l3_tlb, later.shares), walkers_then(walls_.page_walker, later.shares);
        l3_sets(l3_then, l3_then.part(instance));
        cache_sets(walkers_then, walkers_then.part(instance));
        walker_count(walkers_then, walkers_then.part(instance));
    }
}

std::uint32_t Mmu::l3_sets(const Split& split, unsigned part) const {
    return split.of(params_.l3_sets, part, "sets of the L3 TLB");
}

std::uint32_t Mmu::cache_sets(const Split& split, unsigned part) const {
    return split.of(params_.walk_cache_sets, part, "sets of the walk cache");
}

std::uint32_t Mmu::walker_count(const Split& split, unsigned part) const {
    return split.of(params_.walkers, part, "page walkers");
}

void Mmu::add_l3_part(const Split& split, unsigned part) {
    l3_.push_back({TlbArray(l3_sets(split, part), params_.l3_ways)});
}

void Mmu::add_pool(const Split& split, unsigned part) {
    const auto number = static_cast<std::uint16_t>(pools_.size());
    pools_.push_back({.cache = TlbArray(cache_sets(split, part), params_.walk_cache_ways)});
    for (std::uint32_t n = walker_count(split, part); n > 0; --n) {
        pools_.back().free.push_back(static_cast<std::uint16_t>(walkers_.size()));
        walkers_.push_back({.pool = number});
    }
}

Tick Mmu::turn(Tick end) {
    end_ = end;
    retry_sends();
    const auto changes = clock_changes.take();
    const auto instances = instance_changes.take();
    const auto answers = from_l2.take();
    const auto requests = from_clusters.take();
    std::size_t change = 0, instance = 0, answer = 0, request = 0;
    for (Tick now = 0;;) {
        const Tick at_change = change < changes.size() ? changes[change].time : never;
        const Tick at_instance = instance < instances.size() ? instances[instance].time : never;
        const Tick at_answer = answer < answers.size() ? answers[answer].time : never;
        const Tick at_request = request < requests.size() ? requests[request].time : never;
        Tick at_start = never;
        Pool* starting = nullptr;
        for (Pool& pool : pools_)
            if (pool.start(now) < at_start) {
                at_start = pool.start(now);
                starting = &pool;
            }
        const Tick next = std::min({at_change, at_instance, at_answer, at_start, at_request});
        if (next >= end) return at_start;
        now = next;
        if (at_change == now) {
            clock_.change(changes[change].message.at, changes[change].message.mhz);
            ++change;
        } else if (at_instance == now) {
            take_change(now, instances[instance++].message);
        } else if (at_answer == now) {
            take_answer(now, answers[answer++].message);
        } else if (at_start == now) {
            begin_walk(*starting, now);
        } else {
            look_up(now, requests[request++].message);
        }
    }
}

// The clusters of an instance are quiet before it ends, so nothing of it is under way here.
void Mmu::take_change(Tick at, const InstanceChange& change) {
    if (change.kind == InstanceChange::Kind::Create) return create(change.instance);
    windows_[index(change.instance)] = {};
    l3_of(change.instance).tags.drop(change.instance);
    pool_of(change.instance).cache.drop(change.instance);
    to_gsp->send(at, {change.instance});
}

// The others keep what they have, also where walls split the TLB and the walkers.
void Mmu::create(InstanceId instance) {
    const InstanceInMmu& later = later_.at(instance);
    map_ = later.map;
    windows_[index(instance)] = later.window;
    if (walls_.l3_tlb) {
        const Split split(true, later.shares);
        l3_part_[index(instance)] = static_cast<std::uint8_t>(l3_.size());
        add_l3_part(split, split.part(instance));
    }
    if (walls_.page_walker) {
        const Split split(true, later.shares);
        pool_part_[index(instance)] = static_cast<std::uint8_t>(pools_.size());
        add_pool(split, split.part(instance));
    }
}

// One lookup per clock, in order of arrival. Requests see the tags as they are on arrival.
void Mmu::look_up(Tick at, const TranslationRequest& request) {
    L3& l3 = l3_of(request.instance);
    const Cycle arrival = clock_.at_or_after(at);
    const Cycle start = std::max(arrival, l3.port_free);
    l3.port_free = start + 1;
    l3_wait[request.tenant] += clock_.edge(start) - clock_.edge(arrival);
    const Tick looked_up = clock_.edge(start + params_.l3_latency);
    if (const std::uint16_t valid = l3.tags.lookup(place_of(request))) {
        l3_hits[request.tenant] += 1;
        respond(request, looked_up, valid);
        return;
    }
    l3_misses[request.tenant] += 1;
    enqueue(request, looked_up);
}

// Pages whose entries one walk reads together are one walk. Lookups of several L3 shares may finish out of
// order.
void Mmu::enqueue(const TranslationRequest& request, Tick looked_up) {
    Pool& pool = pool_of(request.instance);
    const TlbKey key =
        tlb_key(request.space, request.instance, request.size, request.page / pages_per_line(request.size));
    if (const auto miss = pool.misses.find(key)) {
        merged[request.tenant] += 1;
        waiters_.push(pool.asked[*miss], {request, looked_up});
        return;
    }
    const std::uint16_t miss = pool.misses.open(key);
    if (pool.asked.size() <= miss) pool.asked.resize(miss + 1u);
    waiters_.push(pool.asked[miss], {request, looked_up});
    auto place = pool.queue.end();
    while (place != pool.queue.begin() + static_cast<std::ptrdiff_t>(pool.head) &&
           place[-1].ready > looked_up)
        --place;
    pool.queue.insert(place, {looked_up, miss});
}

void Mmu::begin_walk(Pool& pool, Tick at) {
    const Queued queued = pool.queue[pool.head++];
    if (2 * pool.head >= pool.queue.size()) { // moves at most what was taken out since the last time
        pool.queue.erase(pool.queue.begin(), pool.queue.begin() + static_cast<std::ptrdiff_t>(pool.head));
        pool.head = 0;
    }
    const std::uint16_t number = pool.free.back();
    pool.free.pop_back();
    Walker& walker = walkers_[number];
    const TranslationRequest& request = waiters_.front(pool.asked[queued.miss]).request;
    const PageTable* table = tables_[request.space];
    walker.miss = queued.miss;
    walker.request = request;
    walker.path = table ? table->walk(request.page, request.size) : WalkPath{{}, {}, 0, false};
    walker.walking = true;
    walker_wait[request.tenant] += at - queued.ready;
    walks[request.tenant] += 1;

    walker.step = walker.path.count > 0 ? walker.path.count - 1 : 0;
    while (walker.step > 0 && !pool.cache.lookup(cached_entry(request, walker.path.shift[walker.step - 1])))
        --walker.step;
    (walker.step > 0 ? walk_cache_hits : walk_cache_misses)[request.tenant] += 1;
    read(number, at);
}

// Simplified: a walk that is refused here keeps its walker for no time; only its answer takes a step.
void Mmu::read(std::uint16_t number, Tick at) {
    Walker& walker = walkers_[number];
    if (walker.path.count == 0) return finish(number, at, End::Read); // no table covers this address
    const Address entry = walker.path.entries[walker.step];
    if (!allowed(walker.request.instance, entry, 1)) return finish(number, at, End::Outside);
    walker.ready = clock_.after(at, params_.walk_step);
    walk_reads[walker.request.tenant] += 1;
    Sends::List& unsent = unsent_[slice_of(walker)];
    if (unsent.empty() && depart(number)) return;
    if (unsent.empty()) blocked_.push_back(slice_of(walker));
    sends_.push(unsent, number);
    walker.unsent = true;
}

bool Mmu::depart(std::uint16_t number) {
    const Walker& walker = walkers_[number];
    const BlockId slice = slices_[slice_of(walker)];
    Tick departure = walker.ready;
    if (Credits* credits = to_l2.credits(slice)) {
        if (credits->next() >= end_) return false;
        departure = std::max(departure, credits->next());
        credits->take();
    }
    // Of the last level the whole line is wanted, of the others one entry.
    const Address entry = walker.path.entries[walker.step];
    const bool last = walker.step + 1 == walker.path.count;
    const auto sector = static_cast<SectorMask>(1u << (entry % line_bytes / sector_bytes));
    to_l2[slice].send(departure, {.address = entry / line_bytes * line_bytes,
                                  .tag = number,
                                  .requester = id,
                                  .sectors = last ? all_sectors : sector,
                                  .operation = Operation::Read,
                                  .instance = walker.request.instance,
                                  .tenant = walker.request.tenant});
    return true;
}

// Credits came back: reads leave in the order in which they blocked.
void Mmu::retry_sends() {
    std::erase_if(blocked_, [&](std::uint16_t slice) {
        Sends::List& unsent = unsent_[slice];
        while (!unsent.empty() && depart(sends_.front(unsent))) walkers_[sends_.pop(unsent)].unsent = false;
        return unsent.empty();
    });
}

void Mmu::take_answer(Tick at, const MemoryResponse& response) {
    const auto number = static_cast<std::uint16_t>(response.tag);
    Walker& walker = walkers_[number];
    if (response.outcome == Outcome::Fault) return finish(number, at, End::Refused);
    if (walker.step + 1 == walker.path.count) return finish(number, at, End::Read);
    pools_[walker.pool].cache.fill(cached_entry(walker.request, walker.path.shift[walker.step]), 1);
    ++walker.step;
    read(number, at);
}

void Mmu::finish(std::uint16_t number, Tick at, End end) {
    Walker& walker = walkers_[number];
    Pool& pool = pools_[walker.pool];
    const Tick finished = clock_.after(at, params_.walk_step);
    const std::uint16_t valid = end == End::Read ? valid_line(walker.request) : std::uint16_t{0};
    if (valid) l3_of(walker.request.instance).tags.fill(place_of(walker.request), valid);
    for (Waiters::List& asked = pool.asked[walker.miss]; !asked.empty();) {
        const Waiter waiter = waiters_.pop(asked);
        const Tick answered = std::max(finished, waiter.looked_up);
        if (!is_valid(valid, waiter.request)) report(waiter.request, answered, end);
        respond(waiter.request, answered, valid);
    }
    pool.misses.close(walker.miss);
    walker.walking = false;
    pool.free.push_back(number);
}

void Mmu::respond(const TranslationRequest& request, Tick at, std::uint16_t valid) {
    const bool fault = !is_valid(valid, request);
    to_clusters[request.requester].send(at, {.page = request.page,
                                             .frame = fault ? 0 : *frame(request),
                                             .tag = request.tag,
                                             .valid = valid,
                                             .space = request.space,
                                             .size = request.size,
                                             .instance = request.instance,
                                             .fault = fault});
}

void Mmu::report(const TranslationRequest& request, Tick at, End end) {
    faults[request.tenant] += 1;
    const bool outside = end == End::Outside || frame(request);
    to_front_end->send(at, {.kind = end == End::Refused ? FaultReport::Kind::ForeignSlice
                                    : outside           ? FaultReport::Kind::OutsideWindow
                                                        : FaultReport::Kind::Unmapped,
                            .instance = request.instance,
                            .tenant = request.tenant,
                            .address = request.page << shift(request.size)});
}

std::optional<Address> Mmu::frame(const TranslationRequest& request) const {
    const PageTable* table = tables_[request.space];
    return table ? table->frame(request.page, request.size) : std::nullopt;
}

// The pages of the line of entries that are mapped to where the instance may go.
std::uint16_t Mmu::valid_line(const TranslationRequest& request) const {
    TranslationRequest page = request;
    page.page -= page.page % pages_per_line(request.size);
    unsigned valid = 0;
    for (unsigned left = pages_per_line(request.size); left > 0; --left, ++page.page)
        if (const auto found = frame(page);
            found && allowed(page.instance, *found << shift(page.size), bytes_of(page.size)))
            valid |= 1u << (page.page % pages_per_entry);
    return static_cast<std::uint16_t>(valid);
}

bool Mmu::allowed(InstanceId instance, Address first, Address bytes) const {
    const PhysicalRange& window = windows_[index(instance)];
    return map_->contains(first) &&
           (!enforce_ || (window.contains(first) && window.contains(first + bytes - 1)));
}

std::uint16_t Mmu::slice_of(const Walker& walker) const {
    return map_->locate(walker.path.entries[walker.step]).slice;
}

std::vector<Wait> Mmu::waits() const {
    std::vector<Wait> waits;
    const auto add = [&](const char* who, const char* what, TenantId tenant) {
        for (Wait& wait : waits)
            if (wait.who == who && wait.what == what && wait.tenant == tenant) {
                ++wait.count;
                return;
            }
        waits.push_back({who, what, tenant, 1});
    };
    for (const Walker& walker : walkers_)
        if (walker.walking)
            add("page walker", walker.unsent ? "credits of an L2 slice" : "an L2 slice",
                walker.request.tenant);
    for (const Pool& pool : pools_)
        for (std::size_t place = pool.head; place < pool.queue.size(); ++place)
            add("page walk queue", "a free page walker",
                waiters_.front(pool.asked[pool.queue[place].miss]).request.tenant);
    return waits;
}

} // namespace migsim
