// SPDX-License-Identifier: Apache-2.0
#include "bench/silicon/gemm.h"

#include <cuda_bf16.h>
#include <mma.h>

#include "bench/silicon/device.cuh"

namespace migsim::silicon {
namespace {

using namespace nvcuda;

constexpr unsigned tile_m = 128, tile_n = 128, tile_k = 32, threads = 256, fragment = 16;
constexpr unsigned warp_m = 32, warp_n = 64; // of the tile, of each of eight warps
constexpr unsigned skew = 8;                 // elements between rows, so that they lie in different banks
constexpr unsigned a_row = tile_k + skew, b_row = tile_n + skew;

// What stands in A and B, so that the product is known exactly: C(i, j) = k x (i mod 3) x (j mod 5).
__global__ void fill(__nv_bfloat16* to, std::uint64_t rows, std::uint64_t columns, bool by_row) {
    for (std::uint64_t at = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x; at < rows * columns;
         at += std::uint64_t{gridDim.x} * blockDim.x)
        to[at] = __float2bfloat16(static_cast<float>(by_row ? at / columns % 3 : at % columns % 5));
}

__device__ void load_tiles(const __nv_bfloat16* a, const __nv_bfloat16* b, GemmShape shape, unsigned k,
                           uint4 (&into)[4]) {
    // A: 128 rows of 4 times 8 elements; B: 32 rows of 16 times 8. Two of each a thread.
    for (unsigned i = 0; i < 2; ++i) {
        const unsigned piece = threadIdx.x + i * threads;
        into[i] = *reinterpret_cast<const uint4*>(a + std::uint64_t{piece / 4} * shape.k + k + piece % 4 * 8);
        into[2 + i] =
            *reinterpret_cast<const uint4*>(b + (std::uint64_t{k} + piece / 16) * shape.n + piece % 16 * 8);
    }
}

__device__ void keep_tiles(__nv_bfloat16* a, __nv_bfloat16* b, const uint4 (&from)[4]) {
    for (unsigned i = 0; i < 2; ++i) {
        const unsigned piece = threadIdx.x + i * threads;
        *reinterpret_cast<uint4*>(a + piece / 4 * a_row + piece % 4 * 8) = from[i];
        *reinterpret_cast<uint4*>(b + piece / 16 * b_row + piece % 16 * 8) = from[2 + i];
    }
}

__global__ void __launch_bounds__(threads)
    multiply(const __nv_bfloat16* a, const __nv_bfloat16* b, float* c, GemmShape shape,
             const unsigned char* chosen, unsigned* arrived, unsigned* next_tile) {
    __shared__ __align__(32) __nv_bfloat16 a_tile[tile_m * a_row];
    __shared__ __align__(32) __nv_bfloat16 b_tile[tile_k * b_row];
    __shared__ unsigned tile;
    if (threadIdx.x == 0) wait_for_all(arrived);
    if (!chosen[sm_id()]) return;

    const unsigned columns = shape.n / tile_n, tiles = shape.m / tile_m * columns;
    const unsigned warp = threadIdx.x / 32, row = warp % 4 * warp_m, column = warp / 4 * warp_n;
    for (;;) {
        __syncthreads();
        if (threadIdx.x == 0) tile = atomicAdd(next_tile, 1u);
        __syncthreads();
        if (tile >= tiles) return;
        const unsigned first_row = tile / columns * tile_m, first_column = tile % columns * tile_n;
        const __nv_bfloat16* const a_from = a + std::uint64_t{first_row} * shape.k;
        const __nv_bfloat16* const b_from = b + first_column;

        wmma::fragment<wmma::accumulator, fragment, fragment, fragment, float> sums[2][4];
        for (auto& line : sums)
            for (auto& sum : line) wmma::fill_fragment(sum, 0.0f);
        uint4 ahead[4];
        load_tiles(a_from, b_from, shape, 0, ahead);
        for (unsigned k = 0; k < shape.k; k += tile_k) {
            __syncthreads();
            keep_tiles(a_tile, b_tile, ahead);
            __syncthreads();
            if (k + tile_k < shape.k) load_tiles(a_from, b_from, shape, k + tile_k, ahead);
#pragma unroll
            for (unsigned inner = 0; inner < tile_k; inner += fragment) {
                wmma::fragment<wmma::matrix_a, fragment, fragment, fragment, __nv_bfloat16, wmma::row_major>
                    left[2];
                wmma::fragment<wmma::matrix_b, fragment, fragment, fragment, __nv_bfloat16, wmma::row_major>
                    right[4];
#pragma unroll
                for (unsigned i = 0; i < 2; ++i)
                    wmma::load_matrix_sync(left[i], a_tile + (row + i * fragment) * a_row + inner, a_row);
#pragma unroll
                for (unsigned j = 0; j < 4; ++j)
                    wmma::load_matrix_sync(right[j], b_tile + inner * b_row + column + j * fragment, b_row);
#pragma unroll
                for (unsigned i = 0; i < 2; ++i)
#pragma unroll
                    for (unsigned j = 0; j < 4; ++j)
                        wmma::mma_sync(sums[i][j], left[i], right[j], sums[i][j]);
            }
        }
        for (unsigned i = 0; i < 2; ++i)
            for (unsigned j = 0; j < 4; ++j)
                wmma::store_matrix_sync(c + std::uint64_t{first_row + row + i * fragment} * shape.n +
                                            first_column + column + j * fragment,
                                        sums[i][j], shape.n, wmma::mem_row_major);
    }
}

} // namespace

Gemm::Gemm(const Bench& bench, GemmShape shape)
    : bench_(bench),
      shape_(shape),
      shared_(bench.shared_bytes_for(multiply, 1, threads)),
      a_(std::uint64_t{shape.m} * shape.k * sizeof(__nv_bfloat16)),
      b_(std::uint64_t{shape.k} * shape.n * sizeof(__nv_bfloat16)),
      c_(std::uint64_t{shape.m} * shape.n * sizeof(float)),
      chosen_(bench.sm_id_limit()),
      state_(2 * sizeof(unsigned)) {
    fill<<<1024, 256>>>(a_.as<__nv_bfloat16>(), shape.m, shape.k, true);
    fill<<<1024, 256>>>(b_.as<__nv_bfloat16>(), shape.k, shape.n, false);
    MIGSIM_CUDA(cudaGetLastError());
    MIGSIM_CUDA(cudaDeviceSynchronize());
}

void Gemm::use(const std::vector<unsigned>& sm_ids) {
    std::vector<unsigned char> chosen(bench_.sm_id_limit(), 0);
    for (const unsigned sm : sm_ids) chosen[sm] = 1;
    MIGSIM_CUDA(cudaMemcpy(chosen_.as<void>(), chosen.data(), chosen.size(), cudaMemcpyHostToDevice));
}

void Gemm::launch() {
    MIGSIM_CUDA(cudaMemsetAsync(state_.as<void>(), 0, 2 * sizeof(unsigned)));
    multiply<<<bench_.sms(), threads, shared_>>>(a_.as<__nv_bfloat16>(), b_.as<__nv_bfloat16>(),
                                                 c_.as<float>(), shape_, chosen_.as<unsigned char>(),
                                                 state_.as<unsigned>(), state_.as<unsigned>() + 1);
    MIGSIM_CUDA(cudaGetLastError());
}

void Gemm::verify() const {
    const std::vector<float> c = copied_back<float>(c_, std::uint64_t{shape_.m} * shape_.n);
    for (std::uint64_t at = 0; at < c.size(); at += 1009) {
        const auto expected = static_cast<float>(shape_.k * (at / shape_.n % 3) * (at % shape_.n % 5));
        if (c[at] != expected)
            throw std::runtime_error("the matrix product is wrong at element " + std::to_string(at) + ": " +
                                     std::to_string(c[at]) + ", not " + std::to_string(expected));
    }
}

} // namespace migsim::silicon
