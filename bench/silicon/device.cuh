// SPDX-License-Identifier: Apache-2.0
// Device-side words of all experiments: special registers, loads of a stated cache level. A load written in
// assembly is still dropped where nothing uses its value: use it.
#pragma once

#include <cstdint>

#include <cuda_runtime.h>

namespace migsim::silicon {

__device__ inline unsigned sm_id() {
    unsigned id;
    asm volatile("mov.u32 %0, %%smid;" : "=r"(id));
    return id;
}

// Nanoseconds that all SMs, and all processes, agree on. It ticks in steps of up to a microsecond.
__device__ inline std::uint64_t global_ns() {
    std::uint64_t time;
    asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(time)::"memory");
    return time;
}

__device__ inline std::uint64_t load_l1(std::uint64_t address) {
    std::uint64_t value;
    asm volatile("ld.global.ca.u64 %0, [%1];" : "=l"(value) : "l"(address) : "memory");
    return value;
}
__device__ inline std::uint64_t load_l2(std::uint64_t address) {
    std::uint64_t value;
    asm volatile("ld.global.cg.u64 %0, [%1];" : "=l"(value) : "l"(address) : "memory");
    return value;
}

// Nothing after this is issued before the value is there: whether the thread ends here depends on it. It
// never does, since no value is all ones. A clock read without it may be moved to before the load has come
// back.
__device__ inline void wait_for(std::uint64_t value) {
    asm volatile("{\n\t.reg .pred ends;\n\tsetp.eq.u64 ends, %0, 0xffffffffffffffff;\n\t@ends exit;\n\t}"
                 :
                 : "l"(value)
                 : "memory");
}

__device__ inline void load_l2(const char* from, std::uint64_t& value) {
    asm volatile("ld.global.cg.u64 %0, [%1];" : "=l"(value) : "l"(from) : "memory");
}
__device__ inline void load_l2(const char* from, uint4& value) {
    asm volatile("ld.global.cg.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
                 : "l"(from)
                 : "memory");
}
__device__ inline unsigned folded(std::uint64_t value) {
    return static_cast<unsigned>(value ^ (value >> 32));
}
__device__ inline unsigned folded(const uint4& value) {
    return value.x ^ value.y ^ value.z ^ value.w;
}

// Keeps the SMs of CTAs that have nothing to do occupied until every CTA of the grid has a place, so that
// none lands where another has just left. The grid must fit on the device at once; gives up after 20 million
// cycles.
__device__ inline void wait_for_all(unsigned* arrived) {
    atomicAdd(arrived, 1u);
    const long long start = clock64();
    while (*static_cast<volatile unsigned*>(arrived) < gridDim.x && clock64() - start < 20'000'000)
        __nanosleep(200);
}

} // namespace migsim::silicon
