// SPDX-License-Identifier: Apache-2.0
// What it takes to launch an empty kernel, by stream and by graph. Host time, by the steady clock.
#include "bench/silicon/bench.h"
#include "bench/silicon/experiments.h"

namespace migsim::silicon {
namespace {

__global__ void empty() {}

template <class Work>
double microseconds(Work&& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count();
}

class Graph { // a chain of empty kernels
public:
    explicit Graph(unsigned nodes) {
        const Stream stream;
        cudaGraph_t graph = nullptr;
        MIGSIM_CUDA(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
        for (unsigned i = 0; i < nodes; ++i) empty<<<1, 32, 0, stream>>>();
        MIGSIM_CUDA(cudaStreamEndCapture(stream, &graph));
        MIGSIM_CUDA(cudaGraphInstantiate(&executable_, graph, 0));
        MIGSIM_CUDA(cudaGraphDestroy(graph));
    }
    ~Graph() { cudaGraphExecDestroy(executable_); }
    Graph(const Graph&) = delete;
    Graph& operator=(const Graph&) = delete;
    void launch(const Stream& stream) const { MIGSIM_CUDA(cudaGraphLaunch(executable_, stream)); }

private:
    cudaGraphExec_t executable_ = nullptr;
};

} // namespace

void launch_latency(Bench& bench) {
    bench.open();
    constexpr unsigned launches = 1000, nodes = 100, round_trips = 200;
    const Stream stream;
    const Graph one(1), chain(nodes);
    const auto launch = [&] {
        empty<<<1, 32, 0, stream>>>();
        MIGSIM_CUDA(cudaGetLastError());
    };
    // So many times, and what one takes of it.
    const auto report = [&](const char* name, unsigned times, unsigned parts, auto&& work) {
        bench.point("launch_latency", "", std::string(name), bench.samples([&] {
            stream.wait();
            return microseconds([&] {
                       for (unsigned i = 0; i < times; ++i) work();
                       stream.wait();
                   }) /
                   times / parts;
        }));
    };
    report("round_trip", round_trips, 1, [&] {
        launch();
        stream.wait();
    });
    report("stream", launches, 1, launch);
    report("graph", 20, nodes, [&] { chain.launch(stream); });
    report("graph_round_trip", round_trips, 1, [&] {
        one.launch(stream);
        stream.wait();
    });
}

} // namespace migsim::silicon
