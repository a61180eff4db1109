// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/workload_brute_force.h"

#include <set>

#include "workloads/operators/attention.h"
#include "workloads/operators/feed_forward.h"
#include "workloads/operators/linear.h"
#include "workloads/operators/optimizer.h"
#include "workloads/operators/pointer_chase.h"
#include "workloads/operators/random_access.h"
#include "workloads/operators/row_wise.h"
#include "workloads/operators/stream.h"
#include "workloads/operators/tlb_hostile.h"

namespace migsim {
namespace {

constexpr std::uint32_t sms = 5;

StreamShape stream_shape(StreamPattern pattern, std::optional<std::uint32_t> persistent) {
    StreamShape shape;
    shape.pattern = pattern;
    shape.array_kib = 320; // 4 passes of 5 persistent CTAs
    shape.persistent_ctas_per_sm = persistent;
    return shape;
}

TEST_CASE("a stream touches every byte of its arrays once, in either shape of grid", "[fast]") {
    struct Expected {
        StreamPattern pattern;
        std::uint64_t loads, stores, operations_per_element;
    };
    for (const Expected& expected :
         {Expected{StreamPattern::Read, 1, 0, 1}, Expected{StreamPattern::Write, 0, 1, 0},
          Expected{StreamPattern::Copy, 1, 1, 0}, Expected{StreamPattern::Scale, 1, 1, 1},
          Expected{StreamPattern::Triad, 2, 1, 2}})
        for (const auto persistent : {std::optional<std::uint32_t>{}, std::optional<std::uint32_t>{1}}) {
            TestBuffers buffers;
            const Kernel kernel = stream(stream_shape(expected.pattern, persistent), buffers, sms);
            const Traffic total = traffic(kernel);
            const std::uint64_t bytes = 320 * 1024;
            INFO(kernel.name << (persistent ? ", persistent" : ", one access per thread"));
            REQUIRE(total.loads == Flow{expected.loads * bytes / 128, expected.loads * bytes});
            REQUIRE(total.stores == Flow{expected.stores * bytes / 128, expected.stores * bytes});
            REQUIRE(total.operations_on(Pipe::Fp64) == bytes / 8 * expected.operations_per_element);
            REQUIRE(buffers.all.size() == expected.loads + expected.stores);
            for (const auto& buffer : buffers.all) {
                Coverage coverage(buffer.base, buffer.bytes);
                for (const Stage& stage : kernel.program.stages)
                    if (is_access(stage) && stage.access.base == buffer.base)
                        coverage.add(kernel, stage.access);
                REQUIRE(coverage.everywhere(1));
                REQUIRE(coverage.outside() == 0);
            }
            REQUIRE(kernel.grid_x == (persistent ? sms : bytes / (1024 * 16)));
            REQUIRE(kernel.program.iterations == (persistent ? 4u : 1u));
        }
}

TEST_CASE("a stream whose array is not a whole number of passes leaves the rest alone", "[fast]") {
    StreamShape shape = stream_shape(StreamPattern::Copy, 1);
    shape.array_kib = 399;
    TestBuffers buffers;
    const Kernel kernel = stream(shape, buffers, sms);
    REQUIRE(traffic(kernel).loads.bytes == 320 * 1024);
    REQUIRE(lines_outside(kernel, buffers) == 0);
    shape.array_kib = 79; // one pass is 80
    REQUIRE_THROWS_WITH(stream(shape, buffers, sms), Catch::Contains("array_kib"));
}

TEST_CASE("one memory hog leaves half of every SM free, the other fills it", "[fast]") {
    TestBuffers buffers;
    StreamShape shape = stream_shape(StreamPattern::Read, 1);
    const Kernel half = stream(shape, buffers, sms);
    REQUIRE(half.ctas() == sms); // one for each SM, however the scheduler spreads them evenly
    REQUIRE(half.threads == 1024);
    REQUIRE(half.threads * half.registers == 65536 / 2);
    REQUIRE(half.shared_bytes == 0);

    shape.persistent_ctas_per_sm.reset();
    shape.array_kib = 1 << 20;
    const Kernel full = stream(shape, buffers, 132);
    REQUIRE(ctas_that_fit(full) == 2); // all 2048 threads
    REQUIRE(full.ctas() > 100 * 132 * 2);
}

TEST_CASE("a stream is throttled by operations per byte it moves, and its occupancy by shared memory",
          "[fast]") {
    TestBuffers buffers;
    StreamShape shape = stream_shape(StreamPattern::Triad, 1);
    shape.operations_per_byte = 40;
    shape.shared_kib_per_cta = 100;
    shape.threads_per_cta = 32;
    shape.array_kib = 320;
    shape.page_kib = 64;
    const Kernel kernel = stream(shape, buffers, sms);
    const Traffic total = traffic(kernel);
    REQUIRE(total.operations_on(Pipe::Fp32) == 40 * (total.loads.bytes + total.stores.bytes));
    REQUIRE(ctas_that_fit(kernel) == 2);
    REQUIRE(lines_outside(kernel, buffers) == 0); // pages of 64 KiB as well
}

TEST_CASE("a pointer chase follows one cycle: each element once per lap, in the same order every lap",
          "[fast]") {
    TestBuffers buffers;
    ChaseShape shape;
    shape.footprint_kib = 16;
    shape.hops = 3 * 256;
    const Kernel kernel = pointer_chase(shape, buffers);
    std::vector<Address> hops;
    const Access& access = kernel.program.stages.at(0).access;
    for_each_line(kernel, access, [&](const Line& line) {
        REQUIRE((line.sectors == 0x3 || line.sectors == 0xc)); // one aligned element of 64 bytes
        hops.push_back(line.address + (line.sectors == 0xc ? 64 : 0));
    });
    REQUIRE(hops.size() == 3 * 256);
    REQUIRE(std::set<Address>(hops.begin(), hops.begin() + 256).size() == 256);
    REQUIRE(std::equal(hops.begin(), hops.begin() + 512, hops.begin() + 256));
    REQUIRE(lines_outside(kernel, buffers) == 0);
    REQUIRE(kernel.ctas() == 1);
    REQUIRE(kernel.program.depth == 1); // dependent
    REQUIRE(access.rows == 1);
}

TEST_CASE("random access draws aligned runs inside its table, and an update writes what it read", "[fast]") {
    for (const std::uint32_t run_bytes : {8u, 64u, 512u}) {
        TestBuffers buffers;
        RandomAccessShape shape;
        shape.operation = RandomOperation::Update;
        shape.range_kib = 100;
        shape.run_bytes = run_bytes;
        shape.accesses_per_thread = 4;
        shape.ctas_per_sm = 2;
        const Kernel kernel = random_access(shape, buffers, sms);
        const std::uint64_t runs = 2 * sms * 4 * 256 / (run_bytes == 8 ? 1 : run_bytes / 16);
        const Traffic total = traffic(kernel);
        REQUIRE(total.loads == Flow{runs * std::max(run_bytes / 128, 1u), runs * run_bytes});
        REQUIRE(total.stores == total.loads);
        REQUIRE(lines_outside(kernel, buffers) == 0);
        std::vector<Address> read, written;
        for_each_line(kernel, kernel.program.stages[0].access,
                      [&](const Line& line) { read.push_back(line.address); });
        for_each_line(kernel, kernel.program.stages[2].access,
                      [&](const Line& line) { written.push_back(line.address); });
        REQUIRE(read == written);
        REQUIRE(std::set<Address>(read.begin(), read.end()).size() > 600); // of 800 lines: all over the table

        shape.operation = RandomOperation::Atomic;
        const Traffic atomics = traffic(random_access(shape, buffers, sms));
        REQUIRE(atomics.atomics == total.loads);
        REQUIRE(atomics.loads == Flow{});
    }
}

TEST_CASE("TLB-hostile access needs a TLB entry per access and never the same line twice", "[fast]") {
    TestBuffers buffers;
    TlbHostileShape shape;
    shape.range_mib = 200;
    shape.laps = 3;
    const Kernel kernel = tlb_hostile(shape, buffers, 2); // 199 entries of 1 MiB: room for 4 CTAs of 32, once
    REQUIRE(lines_outside(kernel, buffers) == 0);
    const Address entry = pages_per_entry * bytes_of(PageSize::K64);
    std::set<Address> lines;
    std::map<Address, int> entries;
    for_each_line(kernel, kernel.program.stages.at(0).access, [&](const Line& line) {
        lines.insert(line.address);
        ++entries[line.address / entry];
        REQUIRE(bytes_of(line.sectors) == sector_bytes);
    });
    REQUIRE(kernel.grid_x == 4);
    REQUIRE(lines.size() == 3 * 4 * 32);
    REQUIRE(entries.size() == 4 * 32);
    REQUIRE(std::all_of(entries.begin(), entries.end(), [](const auto& count) { return count.second == 3; }));

    shape.range_mib = 8192;
    const Kernel large = tlb_hostile(shape, buffers, 132);
    REQUIRE(traffic(large).loads.lines > 3 * 8000); // nearly all of its 8190 entries
    shape.range_mib = 31;
    REQUIRE_THROWS_WITH(tlb_hostile(shape, buffers, 132), Catch::Contains("range_mib"));
}

TEST_CASE("a linear layer streams its weights once and writes each output once", "[fast]") {
    LinearLayer layer{.inputs = 96,
                      .outputs = 64,
                      .batch = 3,
                      .outputs_per_cta = 8,
                      .weights = 1 << 20,
                      .read_by_all = {{2 << 20, 3 * 192}, {3 << 20, 192}},
                      .residual = 4 << 20,
                      .output = 4 << 20};
    const Kernel kernel = linear("linear", layer);
    const auto& stages = kernel.program.stages;
    REQUIRE(stages.size() == 6);
    Coverage all_read(2 << 20, 3 * 192), weights(1 << 20, 64 * 96 * 2), read(4 << 20, 3 * 64 * 2),
        written(4 << 20, 3 * 64 * 2);
    all_read.add(kernel, stages[0].access);
    weights.add(kernel, stages[2].access);
    read.add(kernel, stages[3].access);
    written.add(kernel, Stage::Kind::Store);
    REQUIRE(all_read.everywhere(8)); // CTAs
    REQUIRE(weights.everywhere(1));
    REQUIRE(read.everywhere(1));
    REQUIRE(written.everywhere(1));
    REQUIRE(all_read.outside() + weights.outside() + read.outside() + written.outside() == 0);
    REQUIRE(traffic(kernel).operations_on(Pipe::Fp32) == 2 * 3 * 64 * 96);
    layer.batch = 8;
    REQUIRE(traffic(linear("linear", layer)).operations_on(Pipe::Tensor) == 2 * 8 * 64 * 96);
    layer.outputs = 65;
    REQUIRE_THROWS_AS(linear("linear", layer), std::invalid_argument);
}

TEST_CASE("a linear layer that adds sums reads and clears each of them once", "[fast]") {
    const LinearLayer layer{.inputs = 96,
                            .outputs = 64,
                            .outputs_per_cta = 16,
                            .weights = 1 << 20,
                            .read_by_all = {{2 << 20, 192}},
                            .sums = 3 << 20,
                            .output = 4 << 20};
    const Kernel kernel = linear("linear", layer);
    Coverage read(3 << 20, 64 * 4), cleared(3 << 20, 64 * 4);
    read.add(kernel, kernel.program.stages[2].access);
    cleared.add(kernel, kernel.program.stages[5].access);
    REQUIRE(kernel.program.stages[5].kind == Stage::Kind::Store);
    REQUIRE(read.everywhere(1));
    REQUIRE(cleared.everywhere(1));
}

TEST_CASE(
    "the fused feed-forward part streams both weight matrices once and adds every CTA's share to all sums",
    "[fast]") {
    const FeedForward layer{.hidden = 64,
                            .inner = 96,
                            .neurons_per_cta = 16,
                            .gate_up = 1 << 20,
                            .down = 2 << 20,
                            .read_by_all = {{3 << 20, 128}},
                            .sums = 4 << 20};
    const Kernel kernel = feed_forward("feed_forward", layer);
    Coverage gate_up(1 << 20, 2 * 96 * 64 * 2), down(2 << 20, 96 * 64 * 2), sums(4 << 20, 64 * 4);
    gate_up.add(kernel, kernel.program.stages[1].access);
    down.add(kernel, kernel.program.stages[2].access);
    sums.add(kernel, kernel.program.stages[4].access);
    REQUIRE(kernel.program.stages[4].kind == Stage::Kind::Atomic);
    REQUIRE(gate_up.everywhere(1));
    REQUIRE(down.everywhere(1));
    REQUIRE(sums.everywhere(6)); // CTAs
    REQUIRE(gate_up.outside() + down.outside() + sums.outside() == 0);
    REQUIRE(traffic(kernel).operations_on(Pipe::Fp32) == 2 * 3 * 96 * 64);
}

TEST_CASE(
    "decoding reads each cached key and value once, and writes the new token and every partial result once",
    "[fast]") {
    const AttentionHeads heads{8, 2, 64};
    const DecodeAttention attention{.heads = heads,
                                    .context = 96,
                                    .tokens_per_split = 24,
                                    .qkv = 1 << 20,
                                    .keys = 2 << 20,
                                    .values = 3 << 20,
                                    .partial = 4 << 20,
                                    .statistics = 5 << 20};
    const Kernel kernel = attention_decode("attention", attention);
    const auto& stages = kernel.program.stages;
    REQUIRE(kernel.ctas() == 4 * 2);
    REQUIRE(traffic(kernel).operations_on(Pipe::Tensor) == 4 * 8 * 64 * 96);

    Coverage qkv(1 << 20, heads.qkv_columns() * 2);
    for (const std::size_t part : {0, 1, 2}) qkv.add(kernel, stages[part].access);
    REQUIRE(qkv.everywhere(4)); // splits
    REQUIRE(qkv.outside() == 0);
    for (const auto& [base, load, store] : {std::tuple{2 << 20, 3, 8}, std::tuple{3 << 20, 4, 9}}) {
        Coverage cache(static_cast<Address>(base),
                       attention.cache_bytes()); // context read, new row written: all, once
        cache.add(kernel, stages[static_cast<std::size_t>(load)].access);
        cache.add(kernel, stages[static_cast<std::size_t>(store)].access);
        REQUIRE(cache.everywhere(1));
        REQUIRE(cache.outside() == 0);
    }
    Coverage partial(4 << 20, attention.partial_bytes()), statistics(5 << 20, attention.statistics_bytes());
    partial.add(kernel, stages[6].access);
    statistics.add(kernel, stages[7].access);
    REQUIRE(partial.everywhere(1));
    REQUIRE(statistics.everywhere(1));
    REQUIRE(partial.outside() + statistics.outside() == 0);
}

TEST_CASE("attention over sequences reads its inputs once and writes its results once, forward and backward",
          "[fast]") {
    const AttentionHeads heads{4, 2, 32};
    const SequenceAttention attention{heads, 3, 16, 1 << 20, 2 << 20};
    const Kernel forward = attention_forward("forward", attention);
    const Kernel backward = attention_backward("backward", attention, 3 << 20, 4 << 20);
    const std::uint64_t qkv_bytes = 48 * heads.qkv_columns() * 2,
                        output_bytes = 48 * heads.query_columns() * 2;
    for (const Kernel* kernel : {&forward, &backward}) {
        Coverage qkv(1 << 20, qkv_bytes), outputs(2 << 20, output_bytes);
        for (const std::size_t part : {0, 1, 2}) qkv.add(*kernel, kernel->program.stages[part].access);
        outputs.add(*kernel, kernel->program.stages[kernel == &forward ? 4 : 3].access);
        REQUIRE(qkv.everywhere(1));
        REQUIRE(outputs.everywhere(1));
        REQUIRE(qkv.outside() + outputs.outside() == 0);
    }
    Coverage gradient(4 << 20, qkv_bytes);
    gradient.add(backward, Stage::Kind::Store);
    REQUIRE(gradient.everywhere(1));
    REQUIRE(gradient.outside() == 0);
    // Causal: two products over half of the pairs; backward has five.
    REQUIRE(traffic(forward).operations_on(Pipe::Tensor) == 3 * 4 * (2 * 2 * 16 * 16 * 32 / 2));
    REQUIRE(2 * traffic(backward).operations_on(Pipe::Tensor) ==
            5 * traffic(forward).operations_on(Pipe::Tensor));
}

TEST_CASE("an Adam step reads 14 and writes 14 bytes per parameter, each once", "[fast]") {
    AdamState state{.parameters = 6144,
                    .weights = 1 << 20,
                    .gradients = 2 << 20,
                    .master_weights = 3 << 20,
                    .first_moment = 4 << 20,
                    .second_moment = 5 << 20};
    const Kernel kernel = adam_step("adam", state);
    REQUIRE(traffic(kernel).loads.bytes == 14 * 6144);
    REQUIRE(traffic(kernel).stores.bytes == 14 * 6144);
    for (const auto& [base, bytes, kind] :
         {std::tuple{1 << 20, 2, Stage::Kind::Store}, std::tuple{2 << 20, 2, Stage::Kind::Load},
          std::tuple{3 << 20, 4, Stage::Kind::Load}, std::tuple{3 << 20, 4, Stage::Kind::Store},
          std::tuple{4 << 20, 4, Stage::Kind::Load}, std::tuple{4 << 20, 4, Stage::Kind::Store},
          std::tuple{5 << 20, 4, Stage::Kind::Load}, std::tuple{5 << 20, 4, Stage::Kind::Store}}) {
        Coverage coverage(static_cast<Address>(base), static_cast<std::uint64_t>(bytes) * 6144);
        coverage.add(kernel, kind);
        REQUIRE(coverage.everywhere(1));
    }
    state.parameters = 100;
    REQUIRE_THROWS_AS(adam_step("adam", state), std::invalid_argument);
}

TEST_CASE("a norm reads its weights in every row and all else once", "[fast]") {
    const Kernel kernel = norm("norm", 7, 96, {1 << 20, 2 << 20}, 3 << 20, 4 << 20);
    Coverage gradient(1 << 20, 7 * 192), input(2 << 20, 7 * 192), weights(3 << 20, 192),
        output(4 << 20, 7 * 192);
    for (Coverage* coverage : {&gradient, &input, &weights}) coverage->add(kernel, Stage::Kind::Load);
    output.add(kernel, Stage::Kind::Store);
    REQUIRE(gradient.everywhere(1));
    REQUIRE(input.everywhere(1));
    REQUIRE(weights.everywhere(7));
    REQUIRE(output.everywhere(1));
    REQUIRE(output.outside() == 0);
}

} // namespace
} // namespace migsim
