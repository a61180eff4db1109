// SPDX-License-Identifier: Apache-2.0
// How much more than one SM the SMs of a TPC or a GPC get from L2 together. The members of a GPC show in
// where clusters of CTAs land: the hardware places a cluster in one GPC (compute capability 9.0 and later).
#include <algorithm>
#include <functional>
#include <map>
#include <numeric>

#include "bench/silicon/device.cuh"
#include "bench/silicon/experiments.h"
#include "bench/silicon/sm_stream.h"

namespace migsim::silicon {
namespace {

constexpr unsigned ctas_per_sm = 2, largest_cluster = 8;
constexpr std::uint64_t cta_bytes = 256 * 1024;

__global__ void note_sm(unsigned* ids) {
    ids[blockIdx.x] = sm_id();
    __nanosleep(20'000); // so that the next cluster goes elsewhere
}

// The SMs that were ever in a cluster with this one, or with one of those. Clusters of many sizes overlap in
// many ways, so that they join all SMs of a GPC. Empty where clusters do not exist.
std::vector<unsigned> gpc_of(const Bench& bench, unsigned sm) {
    if (bench.compute_major() < 9) return {};
    const Buffer ids(bench.sms() * sizeof(unsigned));
    std::vector<unsigned> group(bench.sm_id_limit());
    std::iota(group.begin(), group.end(), 0u);
    const std::function<unsigned(unsigned)> root = [&](unsigned i) {
        return group[i] == i ? i : root(group[i]);
    };
    for (unsigned launch = 0; launch < 70; ++launch) {
        const unsigned cluster = 2 + launch % (largest_cluster - 1);
        const unsigned ctas = bench.sms() / cluster * cluster;
        if (ctas == 0) continue;
        cudaLaunchAttribute attribute{};
        attribute.id = cudaLaunchAttributeClusterDimension;
        attribute.val.clusterDim = {cluster, 1, 1};
        cudaLaunchConfig_t config{};
        config.gridDim = ctas;
        config.blockDim = 32;
        config.dynamicSmemBytes = bench.shared_bytes_for(note_sm, 1, 32);
        config.attrs = &attribute;
        config.numAttrs = 1;
        if (cudaLaunchKernelEx(&config, note_sm, ids.as<unsigned>()) != cudaSuccess) {
            cudaGetLastError(); // no GPC here holds a cluster of this size
            continue;
        }
        const std::vector<unsigned> where = copied_back<unsigned>(ids, ctas);
        for (unsigned i = 0; i < ctas; ++i) group[root(where[i])] = root(where[i / cluster * cluster]);
    }
    std::vector<unsigned> members;
    for (const unsigned other : bench.sm_ids())
        if (root(other) == root(sm)) members.push_back(other);
    return members;
}

} // namespace

void port_scaling(Bench& bench) {
    bench.open();
    const Buffer buffer(bench.sms() * ctas_per_sm * cta_bytes);
    SmStream stream(bench);
    const unsigned first = bench.sm_ids()[0];
    const std::vector<unsigned> gpc = gpc_of(bench, first);
    const bool has =
        std::find(bench.sm_ids().begin(), bench.sm_ids().end(), first ^ 1) != bench.sm_ids().end();

    std::map<std::string, std::vector<unsigned>> sets;
    if (has) sets["tpc"] = {std::min(first, first ^ 1), std::max(first, first ^ 1)};
    if (gpc.size() > 2 && gpc.size() < bench.sms()) {
        sets["gpc"] = gpc;
        for (const unsigned sm : gpc) {
            std::vector<unsigned>& one = sets["gpc_one_sm_per_tpc"];
            if (one.empty() || one.back() / 2 != sm / 2) one.push_back(sm);
        }
        bench.note("the GPC of SM " + std::to_string(first) + " has " + std::to_string(gpc.size()) + " SMs");
    } else {
        bench.note("which SMs make a GPC does not show here: only a TPC is measured");
    }
    for (const auto kind : {StreamPlan::Kind::Read, StreamPlan::Kind::Write}) {
        StreamPlan plan;
        plan.kind = kind;
        plan.word_bytes = 8;
        plan.ctas_per_sm = ctas_per_sm;
        const auto rate = [&](const std::vector<unsigned>& sms) {
            plan.sm_ids = sms;
            plan.each_its_own(buffer, cta_bytes);
            return stream.run(plan);
        };
        const double one = median(bench.samples([&] { return rate({first}); }));
        for (const auto& [name, sms] : sets) {
            if (bench.out_of_time()) return;
            bench.point("port_scaling", kind == StreamPlan::Kind::Read ? "read" : "write", name,
                        bench.samples([&] { return rate(sms) / one; }));
        }
    }
}

} // namespace migsim::silicon
