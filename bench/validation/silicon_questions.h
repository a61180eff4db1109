// SPDX-License-Identifier: Apache-2.0
// All that bench/silicon asks a real GPU, in one table. Where a twin answers the same question the pattern is
// the twin's word for word (a test holds the two together), and what the CUDA program does otherwise stands
// beside it.
#pragma once

#include <string_view>

namespace migsim {

struct SiliconQuestion {
    const char* name;
    const char* unit;
    const char* at_unit; // of positions; empty: asked by name
    const char* pattern; // grid, block, stride, element, reuse, page size
    const char* here;    // what differs from the twin's
};

inline constexpr SiliconQuestion silicon_questions[] = {
    {"latency_vs_footprint", "cycles", "KiB",
     "1 CTA of 1 thread; one fixed random cycle over 64-byte elements, lap after lap; 2-MiB"
     " pages",
     "L1 is warmed by a lap inside the launch up to 1 MiB; samples are 100,000 hops at "
     "most, further and further round the cycle"},
    {"level_latency", "cycles", "",
     "1 CTA of 1 thread on an SM of GPC 0; dependent loads of one sector, one to each slice"
     " of an 8-KiB run that is homed near (far); 640 launches, each on another run; hits: a"
     " launch before has stored the run, so it lies in L2 at home and nowhere else; misses:"
     " first touch, rows closed; 2-MiB pages in the uTLB",
     "near and far lines are found by their own latency, which falls into two clusters: a "
     "chain is all near (far) ones of 4,096 lines picked at random from 8 MiB, in random "
     "order, followed once a launch; hits: the launch before stored them; misses: then a "
     "stream of four times the L2 pushed them out"},
    {"utlb_miss", "cycles", "",
     "1 CTA of 1 thread; 512 dependent loads a launch, one line each, all in L2 and none in"
     " L1; 512 pages of 2 MiB, one load in each, against the same number of lines in two "
     "pages",
     ""},
    {"loaded_latency", "cycles", "chases at once",
     "CTAs of 1 thread, as many as chases, up to 32 on an SM; each an own random walk over "
     "the same 1 GiB, 64-byte elements; 2-MiB pages (footprint and element size are not "
     "published: assumed)",
     "the walks go round one random cycle from starting points of their own"},
    {"stream_vs_occupancy", "GB/s", "threads per CTA",
     "1 GiB / (8 B x threads) CTAs, two on an SM at a time by their shared memory, replaced"
     " as they retire; one 8-byte access per thread and buffer; read: 1 buffer, write: 1, "
     "scale: 1 read and 1 written, triad: 2 read and 1 written; between reading and writing"
     " one FP64 operation per thread, as the names say (read: a comparison, without which a"
     " compiler drops the load; assumed); buffers of 1 GiB, 2-MiB pages",
     "four launches in a sample, from the first one's start to the last one's end"},
    {"l2_bandwidth_vs_footprint", "GB/s", "KiB",
     "200,000 CTAs of 1024 threads, one on an SM (assumed: the unrolled loop takes 64 "
     "registers a thread; 108 CTAs at a time also are what the published fall from 28 to 55"
     " MB looks like); each reads 512 KiB in 32 steps of 16 KiB, 8 bytes a thread twice; "
     "step i of CTA b reads chunk i x R + b mod R of the footprint, R = footprint / 512 "
     "KiB, so the same bytes are read again R CTAs later, mostly by another SM; each "
     "warp issues the loads of four steps, waits for all and goes on (assumed: a loop unrolled "
     "by four); 2-MiB pages",
     "8,192 CTAs, whose start and end are part of the time"},
    {"random_bandwidth", "GB/s", "bytes of a read",
     "CTAs of 1024 threads, two on an SM; each step of a CTA reads 8 KiB as random elements"
     " anywhere in 64 GiB, two steps in flight (assumed); 2-MiB pages",
     "the element is read by threads of 8 bytes each; a sample is 3 ms"},
    {"port_scaling", "x", "",
     "two CTAs of 1024 threads on each SM; each goes over 256 KiB of its own, resident in "
     "L2 and too much for L1, 8 bytes a thread, four steps in flight of each warp, again and again "
     "(grid, footprint and unrolling are assumed); 2-MiB pages",
     "loads bypass L1; a sample is 3 ms; the SMs of TPC k are taken to be 2k and 2k + 1, "
     "those of a GPC are found by where clusters of CTAs land (compute capability 9.0 and "
     "later); CPCs are not found"},
    {"latency_vs_load", "cycles", "GB/s delivered",
     "one CTA of 1 thread chases a random cycle over 1 GiB of 64-byte elements; one CTA of "
     "512 threads on each other SM reads 2 GiB in turn, 16 bytes a thread, four in flight, "
     "with a pause after each; the position is what they get meanwhile; 2-MiB pages",
     ""},
    {"shared_bandwidth_vs_footprint", "GB/s", "KiB",
     "one CTA of 1024 threads on each SM; all read the same buffer round and round, each "
     "from its own starting point, 16 bytes a thread, four in flight, past L1; 2-MiB pages",
     ""},
    {"bandwidth_vs_sms", "GB/s", "SMs",
     "one CTA of 1024 threads on each of the SMs with the lowest numbers, the others idle; "
     "16 bytes a thread, four in flight, past L1; l2: each goes round a part of its own of "
     "a quarter of L2, rounded up to 64 KiB; dram: all go through 4 GiB in turn, never the "
     "same bytes twice within four times L2; 2-MiB pages",
     ""},
    {"bandwidth_vs_in_flight", "GB/s", "bytes in flight on an SM",
     "one CTA on each SM; 1 to 32 warps with 1, 2 or 4 loads of 16 bytes a thread; the next"
     " address depends on what was loaded, so no more is in flight; buffers as in "
     "bandwidth_vs_sms; 2-MiB pages",
     ""},
    {"l2_latency_by_sm", "cycles", "SM",
     "1 CTA of 1 thread on the SM; 256 random lines of 8 MiB, stored by the launch before "
     "and loaded once; median of those in the lower (near) and the upper (far) cluster of "
     "latencies, or of all where they are not two; 2-MiB pages",
     ""},
    {"l2_latency_correlation", "r", "SM",
     "the same latencies, line by line, against those that SM 0 sees: Pearson; near 1: the "
     "same side of L2, near -1: the other",
     ""},
    {"random_bandwidth_vs_footprint", "GB/s", "MiB",
     "as random_bandwidth, elements of 32, 128 and 512 bytes, anywhere in the footprint", ""},
    {"gemm_rate_vs_sms", "TFLOP/s", "SMs",
     "BF16 in, FP32 out, 4096 x 4096 x 1024; mma of 16 x 16 x 16 by warps of 32 x 64 of a "
     "tile of 128 x 128; one CTA of 256 threads on each of the SMs with the lowest numbers,"
     " which take tiles in turn",
     ""},
    {"gemm_rate_vs_shape", "TFLOP/s", "", "the same on all SMs; M x N x K", ""},
    {"launch_latency", "us", "",
     "an empty kernel of 1 CTA of 32 threads; round_trip: launch and wait; stream: each of "
     "1000 launches in a row; graph: each of 100 nodes in a chain; graph_round_trip: one "
     "node, launch and wait",
     ""},
    {"host_copy", "GB/s", "bytes",
     "cudaMemcpyAsync of one buffer and wait, as often as makes 64 MiB, at most 200 times; "
     "both_pinned: both directions at once, their sum",
     ""},
    {"fence_latency", "cycles", "SMs that fence",
     "1 CTA of 1 thread stores and fences 1000 times; one CTA of 256 threads on each of so "
     "many other SMs does the same to lines of its own",
     ""},
    {"noisy_neighbour_p50", "us", "% of the hog's SMs that stream",
     "victim: a graph of 8 kernels in a chain, each 2 CTAs of 256 threads per SM of its "
     "share that together read 1 MiB that stays in L2 and 1 MiB of 1 GiB in turn, and of "
     "one that counts; a batch is 300 requests one after the other; hog: one CTA of 1024 "
     "threads on each other SM, reading 4 GiB in turn, four loads of 16 bytes a thread in "
     "flight; p50 of a batch, by events within the graph",
     ""},
    {"noisy_neighbour_p99", "us", "% of the hog's SMs that stream", "p99 of the same batches", ""},
    {"noisy_neighbour_hog", "GB/s", "% of the hog's SMs that stream", "what the hog reads meanwhile", ""},
    {"time_slice", "us", "",
     "two processes, each with a kernel of one thread per SM that watches the global timer "
     "for 300 ms; run: from one gap of over 50 us to the next; gap: the gap itself; "
     "medians, one sample per process",
     ""},
    {"power", "W", "",
     "board power by NVML, once settled, under each load: idle; dram_read and l2_read as in"
     " bandwidth_vs_sms on all SMs; gemm as in gemm_rate_vs_shape, 4096 x 4096 x 4096",
     ""},
    {"clock_under_load", "MHz", "", "SM clock by NVML under the same loads", ""},
};

constexpr const SiliconQuestion* find_silicon_question(std::string_view name) { // null: it asks no such thing
    for (const SiliconQuestion& question : silicon_questions)
        if (question.name == name) return &question;
    return nullptr;
}

} // namespace migsim
