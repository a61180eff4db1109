// SPDX-License-Identifier: Apache-2.0
#include "workloads/operators/attention.h"

namespace migsim {
namespace {

constexpr std::uint64_t bf16 = 2;
constexpr std::uint64_t fp32 = 4;

// What the CTA of (key/value head x, sequence y) touches of a matrix with a row per token: `width` columns
// from `column` on, next to those of the next head.
Access head_columns(const SequenceAttention& attention, Address matrix, std::uint32_t columns,
                    std::uint32_t column, std::uint32_t width) {
    Access access = run(matrix + column * bf16, width * bf16, width * bf16);
    access.rows = attention.sequence_tokens;
    access.pitch = columns * bf16;
    access.cta_y = access.rows * access.pitch;
    return access;
}

struct QkvColumns {
    Access queries, keys, values;
};

QkvColumns qkv_columns(const SequenceAttention& attention, Address qkv) {
    const AttentionHeads& heads = attention.heads;
    const auto part = [&](std::uint32_t column, std::uint32_t width) {
        return head_columns(attention, qkv, heads.qkv_columns(), column, width);
    };
    return {part(0, heads.group() * heads.head_dim), part(heads.query_columns(), heads.head_dim),
            part(heads.query_columns() + heads.kv_heads * heads.head_dim, heads.head_dim)};
}

Access output_columns(const SequenceAttention& attention, Address matrix) {
    const AttentionHeads& heads = attention.heads;
    return head_columns(attention, matrix, heads.query_columns(), 0, heads.group() * heads.head_dim);
}

// Two products per pair of tokens and query head, half of them masked away.
std::uint64_t forward_operations(const SequenceAttention& attention) {
    const std::uint64_t tokens = attention.sequence_tokens;
    return 2 * tokens * tokens * attention.heads.group() * attention.heads.head_dim;
}

Kernel sequence_kernel(const std::string& name, const SequenceAttention& attention,
                       std::uint32_t shared_columns) {
    Kernel kernel;
    kernel.name = name;
    kernel.grid_x = attention.heads.kv_heads;
    kernel.grid_y = attention.sequences;
    kernel.threads = 128;
    kernel.registers = 168;
    kernel.shared_bytes = static_cast<std::uint32_t>(attention.sequence_tokens * shared_columns * bf16);
    return kernel;
}

} // namespace

Kernel attention_decode(const std::string& name, const DecodeAttention& attention) {
    const AttentionHeads& heads = attention.heads;
    const std::uint32_t splits = attention.splits();
    const std::uint64_t row = heads.head_dim * bf16;
    const std::uint64_t group = heads.group();
    require(splits > 0 && attention.context % attention.tokens_per_split == 0, name,
            "context must be a multiple of tokens_per_split");
    require(row % splits == 0, name, "splits must share a row of a head evenly");

    Kernel kernel;
    kernel.name = name;
    kernel.grid_x = splits;
    kernel.grid_y = heads.kv_heads;
    kernel.threads = 128;
    kernel.registers = 128;
    kernel.shared_bytes = static_cast<std::uint32_t>(2 * attention.tokens_per_split * row);

    const auto of_head = [](Address base, std::uint64_t bytes, std::uint64_t next_head,
                            std::uint64_t next_split) {
        Access access = run(base, bytes, next_split);
        access.cta_y = next_head;
        return access;
    };
    const std::uint64_t cache = (attention.context + 1) * row; // of one head
    const std::uint64_t share = attention.tokens_per_split * row;
    const Address new_keys = attention.qkv + heads.query_columns() * bf16;
    const Address new_values = new_keys + heads.kv_heads * row;
    // The splits of a head share the copying of the new token's row into the cache.
    const std::uint64_t piece = row / splits;
    kernel.program.stages = {
        load(of_head(attention.qkv, group * row, group * row, 0)),
        load(of_head(new_keys, row, row, 0)),
        load(of_head(new_values, row, row, 0)),
        load(of_head(attention.keys, share, cache, share)),
        load(of_head(attention.values, share, cache, share)),
        compute(Pipe::Tensor, 4 * group * heads.head_dim * attention.tokens_per_split),
        store(of_head(attention.partial, group * heads.head_dim * fp32, group * heads.head_dim * fp32,
                      heads.query_columns() * fp32)),
        store(
            of_head(attention.statistics, group * 2 * fp32, group * 2 * fp32, heads.query_heads * 2 * fp32)),
        store(of_head(attention.keys + attention.context * row, piece, cache, piece)),
        store(of_head(attention.values + attention.context * row, piece, cache, piece)),
    };
    return kernel;
}

Kernel attention_forward(const std::string& name, const SequenceAttention& attention) {
    const AttentionHeads& heads = attention.heads;
    const QkvColumns qkv = qkv_columns(attention, attention.qkv);
    Kernel kernel = sequence_kernel(name, attention, (heads.group() + 2) * heads.head_dim);
    kernel.program.stages = {
        load(qkv.queries),
        load(qkv.keys),
        load(qkv.values),
        compute(Pipe::Tensor, forward_operations(attention)),
        store(output_columns(attention, attention.output)),
    };
    return kernel;
}

Kernel attention_backward(const std::string& name, const SequenceAttention& attention,
                          Address output_gradient, Address qkv_gradient) {
    const AttentionHeads& heads = attention.heads;
    const QkvColumns qkv = qkv_columns(attention, attention.qkv);
    const QkvColumns gradient = qkv_columns(attention, qkv_gradient);
    Kernel kernel = sequence_kernel(name, attention, (3 * heads.group() + 2) * heads.head_dim);
    kernel.program.stages = {
        load(qkv.queries),
        load(qkv.keys),
        load(qkv.values),
        load(output_columns(attention, attention.output)),
        load(output_columns(attention, output_gradient)),
        compute(Pipe::Tensor, forward_operations(attention) * 5 / 2), // five products instead of two
        store(gradient.queries),
        store(gradient.keys),
        store(gradient.values),
    };
    return kernel;
}

} // namespace migsim
