// SPDX-License-Identifier: Apache-2.0
// What every experiment has at hand: the device, a deadline, and where its points go. An experiment runs in a
// process of its own, so one that fails, hangs or breaks its CUDA context takes nothing else along.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <cuda_runtime.h>

#include "bench/silicon/channel.h"
#include "bench/silicon/samples.h"

namespace migsim::silicon {

class CudaError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

void check(cudaError_t status, const char* what, const char* file, int line); // throws CudaError
#define MIGSIM_CUDA(call) ::migsim::silicon::check((call), #call, __FILE__, __LINE__)

// The question cannot be asked on this device; the sentence says why. No value is reported then.
class NotMeasured : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// Device memory, zeroed. cudaMalloc gives whole 2-MiB pages from 2 MiB on, so nothing smaller is asked for.
class Buffer {
public:
    explicit Buffer(std::uint64_t bytes);
    ~Buffer() { cudaFree(data_); }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    template <class T>
    T* as() const {
        return static_cast<T*>(data_);
    }
    std::uint64_t bytes() const { return bytes_; }
    void zero();

private:
    void* data_ = nullptr;
    std::uint64_t bytes_;
};

template <class T>
std::vector<T> copied_back(const Buffer& buffer, std::size_t count) {
    std::vector<T> values(count);
    MIGSIM_CUDA(cudaMemcpy(values.data(), buffer.as<T>(), count * sizeof(T), cudaMemcpyDeviceToHost));
    return values;
}

class Stream {
public:
    Stream() { MIGSIM_CUDA(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking)); }
    ~Stream() { cudaStreamDestroy(stream_); }
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    operator cudaStream_t() const { return stream_; }
    void wait() const { MIGSIM_CUDA(cudaStreamSynchronize(stream_)); }
    bool ended() const { // all that was put into it
        const cudaError_t status = cudaStreamQuery(stream_);
        if (status == cudaErrorNotReady)
            cudaGetLastError(); // so that the next check does not meet it
        else
            MIGSIM_CUDA(status);
        return status == cudaSuccess;
    }

private:
    cudaStream_t stream_ = nullptr;
};

class Event {
public:
    Event() { MIGSIM_CUDA(cudaEventCreate(&event_)); }
    ~Event() { cudaEventDestroy(event_); }
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    operator cudaEvent_t() const { return event_; }

private:
    cudaEvent_t event_ = nullptr;
};

class Bench {
public:
    // Touches no CUDA until open(): an experiment that forks must do so before.
    Bench(Channel& channel, int device, bool quick, double seconds);
    void open();

    bool quick() const { return quick_; }
    unsigned repeats() const { return quick_ ? 3 : 7; }
    int device() const { return device_; }
    // Once the budget is spent: says so in the result, and the experiment ends with the points it has.
    bool out_of_time();

    unsigned sms() const { return static_cast<unsigned>(sm_ids_.size()); }
    // Which SMs take CTAs: their %smid, ascending.
    const std::vector<unsigned>& sm_ids() const { return sm_ids_; }
    unsigned sm_id_limit() const { return sm_ids_.back() + 1; }
    std::uint64_t l2_bytes() const { return l2_bytes_; }
    std::uint64_t free_bytes() const; // of device memory, less a reserve
    int compute_major() const { return compute_major_; }

    // At the highest clock: what a kernel that ends by itself counts.
    std::uint64_t cycles_in(double milliseconds) const;

    // Dynamic shared memory with which exactly so many CTAs of `threads` fit on an SM. Sets the kernel's
    // limit.
    template <class Kernel>
    unsigned shared_bytes_for(Kernel kernel, unsigned ctas_per_sm, unsigned threads) const {
        return shared_bytes_for(reinterpret_cast<const void*>(kernel), ctas_per_sm, threads);
    }
    unsigned shared_bytes_for(const void* kernel, unsigned ctas_per_sm, unsigned threads) const;
    // Leaves to L1 what so many CTAs do not need as shared memory, the driver's part of each included.
    void leave_to_l1(const void* kernel, unsigned ctas_per_sm, unsigned shared_bytes) const;

    // Each point carries the SM clock right after it, which is measured as well.
    void point(const char* question, const char* variant, double at, const std::vector<double>& samples);
    void point(const char* question, const char* variant, const std::string& name,
               const std::vector<double>& samples);
    void note(const std::string& text) const; // on stderr

    // One warm-up that is thrown away, then the samples.
    template <class Measure>
    std::vector<double> samples(Measure&& measure) {
        measure();
        std::vector<double> values;
        for (unsigned i = 0; i < repeats(); ++i) values.push_back(measure());
        return values;
    }
    // Milliseconds between two events around what `launch` puts into the default stream.
    template <class Launch>
    double milliseconds(Launch&& launch) {
        Event before, after;
        MIGSIM_CUDA(cudaEventRecord(before));
        launch();
        MIGSIM_CUDA(cudaGetLastError());
        MIGSIM_CUDA(cudaEventRecord(after));
        MIGSIM_CUDA(cudaEventSynchronize(after));
        float elapsed = 0;
        MIGSIM_CUDA(cudaEventElapsedTime(&elapsed, before, after));
        return elapsed;
    }

    double sm_clock_mhz() const; // what one SM counts in two milliseconds

private:
    std::vector<unsigned> find_sms() const;

    Channel& channel_;
    int device_;
    bool quick_;
    std::chrono::steady_clock::time_point deadline_;
    bool late_ = false;
    std::vector<unsigned> sm_ids_;
    std::uint64_t l2_bytes_ = 0;
    int compute_major_ = 0;
};

} // namespace migsim::silicon
