// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/workload_brute_force.h"

#include "models/base/config/describe.h"
#include "workloads/catalog.h"

namespace migsim {
namespace {

Work read(const std::string& text, InputErrors& errors) {
    const Document document = parse_document(text, "test.yaml");
    Work work;
    Codec<Work>::read(document.root, work, {}, errors);
    return work;
}

std::string complaints(const std::string& text) {
    InputErrors errors;
    read(text, errors);
    return errors.text();
}

Program made(const std::string& text, TestBuffers& buffers, std::uint32_t sms) {
    InputErrors errors;
    const Work work = read(text, errors);
    REQUIRE(errors.text() == "");
    return make_program(work, buffers, sms);
}

TEST_CASE("every kind of work is made from its keys, and stays inside its memory", "[fast]") {
    for (const auto& [text, kernels, lines] : {
             std::tuple{"{kind: stream, pattern: triad, array_kib: 64, bytes_per_access: 8}", 1, 3 * 512},
             std::tuple{"{kind: stream, array_kib: 256, persistent_ctas_per_sm: 2, threads_per_cta: 512}", 1,
                        2048},
             std::tuple{"{kind: chase, footprint_kib: 4, hops: 100}", 1, 100},
             std::tuple{
                 "{kind: random, range_kib: 64, run_bytes: 512, accesses_per_thread: 1, ctas_per_sm: 1}", 1,
                 128},
             std::tuple{"{kind: tlb_hostile, range_mib: 40, laps: 2}", 1, 2 * 32},
             std::tuple{"{kind: gemm, m: 128, n: 128, k: 128}", 1, 2 * 128 * 2 + 256},
             std::tuple{"{kind: inference}", 8, 82'320},
             std::tuple{"{kind: training, layers: 1, micro_batches: 1, hidden: 128, query_heads: 2, "
                        "kv_heads: 1, ffn: 128}",
                        26 + 1 + 4, 48'128},
         }) {
        TestBuffers buffers;
        INFO(text);
        const Program program = made(text, buffers, 4);
        CHECK(program.kernels.size() == static_cast<std::size_t>(kernels));
        CHECK(traffic(program).lines() == static_cast<std::uint64_t>(lines));
        for (const Kernel& kernel : program.kernels) CHECK(lines_outside(kernel, buffers) == 0);
    }
}

TEST_CASE("persistent grids follow the number of SMs that the program sees", "[fast]") {
    for (const std::uint32_t sms : {60u, 132u}) {
        TestBuffers buffers;
        const std::string persistent = "{kind: stream, array_kib: 65536, persistent_ctas_per_sm: 1}";
        REQUIRE(made(persistent, buffers, sms).kernels.at(0).grid_x == sms);
        REQUIRE(made("{kind: random, range_kib: 1024}", buffers, sms).kernels.at(0).grid_x == 8 * sms);
        REQUIRE(made("{kind: stream, array_kib: 65536}", buffers, sms).kernels.at(0).grid_x == 4096);
    }
}

TEST_CASE("work that cannot be is refused with the key that is to blame", "[fast]") {
    using Catch::Contains;
    CHECK_THAT(complaints("{kind: streem, array_kib: 1}"),
               Contains("'streem'") && Contains("did you mean 'stream'"));
    CHECK_THAT(complaints("{kind: stream}"), Contains("array_kib"));
    CHECK_THAT(complaints("{kind: stream, array_kib: 64, bytes_per_access: 12}"),
               Contains("must be 8 or 16"));
    CHECK_THAT(complaints("{kind: stream, array_kib: 64, page_kib: 4}"), Contains("must be 64 or 2048"));
    CHECK_THAT(complaints("{kind: chase, footprint_kib: 0, hops: 1}"), Contains("footprint_kib"));
    CHECK_THAT(complaints("{kind: random, range_kib: 64, run_bytes: 48}"), Contains("power of two"));
    CHECK_THAT(complaints("{kind: random, range_kib: 64, threads_per_cta: 40}"), Contains("multiple of 32"));
    CHECK_THAT(complaints("{kind: gemm, m: 100, n: 128, k: 128}"), Contains("multiples of tile_m"));
    CHECK_THAT(complaints("{kind: inference, kv_heads: 3}"), Contains("must divide query_heads"));
    CHECK_THAT(complaints("{kind: inference, outputs_per_cta: 7}"), Contains("outputs_per_cta"));
    CHECK_THAT(complaints("{kind: inference, tokens_per_split: 100}"), Contains("tokens_per_split"));
    CHECK_THAT(complaints("{kind: training, sequence_tokens: 63}"), Contains("multiple of 128"));
    CHECK_THAT(complaints("{kind: training, hidden: 500}"), Contains("multiple of 128"));
    CHECK(complaints("{kind: training, sequences: 4}") == "");
}

} // namespace
} // namespace migsim
