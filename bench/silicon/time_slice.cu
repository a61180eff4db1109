// SPDX-License-Identifier: Apache-2.0
// Two processes on one GPU: how long each runs, and how long it waits, while both have work. Each watches the
// global timer; where it jumps, the other one ran.
#include <algorithm>

#include <csignal>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/silicon/bench.h"
#include "bench/silicon/device.cuh"
#include "bench/silicon/experiments.h"

namespace migsim::silicon {
namespace {

constexpr unsigned most_gaps = 4096;
constexpr std::uint64_t watched_ns = 300'000'000, shortest_gap_ns = 50'000;

struct Gap {
    std::uint64_t begin, end;
};

__global__ void watch(std::uint64_t duration, Gap* gaps, unsigned* count) {
    const std::uint64_t start = global_ns();
    std::uint64_t before = start;
    for (unsigned found = 0; before - start < duration;) {
        const std::uint64_t now = global_ns();
        if (blockIdx.x == 0 && now - before > shortest_gap_ns && found < most_gaps) {
            gaps[found] = {before, now};
            *count = ++found;
        }
        before = now;
    }
}

struct Meeting { // in memory that both processes share
    unsigned ready[2];
    double run_us[2], gap_us[2];
    bool told[2];
};

void watch_from_a_process_of_its_own(Meeting* meeting, int who, int device) {
    MIGSIM_CUDA(cudaSetDevice(device));
    int sms = 0;
    MIGSIM_CUDA(cudaDeviceGetAttribute(&sms, cudaDevAttrMultiProcessorCount, device));
    const Buffer gaps(most_gaps * sizeof(Gap)), count(sizeof(unsigned));
    const auto launch = [&](std::uint64_t ns) {
        MIGSIM_CUDA(cudaMemset(count.as<void>(), 0, sizeof(unsigned)));
        watch<<<static_cast<unsigned>(sms), 1>>>(ns, gaps.as<Gap>(), count.as<unsigned>());
        MIGSIM_CUDA(cudaGetLastError());
        MIGSIM_CUDA(cudaDeviceSynchronize());
    };
    launch(1'000'000);
    __atomic_store_n(&meeting->ready[who], 1u, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&meeting->ready[1 - who], __ATOMIC_SEQ_CST) == 0) usleep(100);
    launch(watched_ns);
    const unsigned found = copied_back<unsigned>(count, 1)[0];
    if (found < 3) return; // the two ran side by side, or the other was late: nothing to tell
    const std::vector<Gap> all = copied_back<Gap>(gaps, found);
    std::vector<double> waits, runs;
    for (unsigned i = 0; i < found; ++i) {
        waits.push_back(static_cast<double>(all[i].end - all[i].begin) / 1e3);
        if (i > 0) runs.push_back(static_cast<double>(all[i].begin - all[i - 1].end) / 1e3);
    }
    meeting->gap_us[who] = median(waits);
    meeting->run_us[who] = median(runs);
    meeting->told[who] = true;
}

} // namespace

void time_slice(Bench& bench) { // never opens the bench: a CUDA context does not survive a fork
    void* const shared =
        mmap(nullptr, sizeof(Meeting), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) throw std::runtime_error("mmap failed");
    auto* const meeting = new (shared) Meeting{};
    pid_t children[2];
    for (int who = 0; who < 2; ++who) {
        children[who] = fork();
        if (children[who] < 0) throw std::runtime_error("fork failed");
        if (children[who] > 0) continue;
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        try {
            watch_from_a_process_of_its_own(meeting, who, bench.device());
            _exit(0);
        } catch (const std::exception& error) {
            bench.note(error.what());
            _exit(1);
        }
    }
    bool well = true;
    for (int ended = 0; ended < 2; ++ended) {
        int status = 0;
        const pid_t child = waitpid(-1, &status, 0);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
        well = false;
        kill(child == children[0] ? children[1] : children[0], SIGKILL); // it would wait for ever
    }
    if (!well) throw NotMeasured("two processes could not use this GPU at once");
    if (!meeting->told[0] || !meeting->told[1])
        throw NotMeasured("neither process was interrupted: they share the GPU in some other way");
    bench.point("time_slice", "", std::string("run"), {meeting->run_us[0], meeting->run_us[1]});
    bench.point("time_slice", "", std::string("gap"), {meeting->gap_us[0], meeting->gap_us[1]});
}

} // namespace migsim::silicon
