// SPDX-License-Identifier: Apache-2.0
// Attention with grouped queries: several query heads share a key/value head, and one CTA serves a whole
// group, so that keys and values are read once. Decoding splits the context over CTAs, whose partial results
// the next kernel combines; in training one CTA holds a short sequence, and no score ever leaves it (as in
// FlashAttention).
#pragma once

#include "workloads/operators/stages.h"

namespace migsim {

struct AttentionHeads {
    std::uint32_t query_heads, kv_heads, head_dim;

    std::uint32_t group() const { return query_heads / kv_heads; }
    std::uint32_t query_columns() const { return query_heads * head_dim; }
    std::uint32_t qkv_columns() const {
        return (query_heads + 2 * kv_heads) * head_dim;
    } // queries, keys, values
};

// One new token of one sequence.
struct DecodeAttention {
    AttentionHeads heads;
    std::uint32_t context;          // tokens in the cache, before the new one
    std::uint32_t tokens_per_split; // of one CTA
    Address qkv;                    // bf16, the new token's queries, keys and values
    Address keys = 0, values = 0; // bf16, kv_heads x (context + 1) x head_dim; the new token's row is written
    Address partial = 0;          // fp32, splits x query_columns
    Address statistics = 0;       // fp32 maximum and sum, splits x query_heads x 2

    std::uint32_t splits() const { return context / tokens_per_split; }
    std::uint64_t cache_bytes() const {
        return std::uint64_t{heads.kv_heads} * (context + 1) * heads.head_dim * 2;
    }
    std::uint64_t partial_bytes() const { return std::uint64_t{splits()} * heads.query_columns() * 4; }
    std::uint64_t statistics_bytes() const { return std::uint64_t{splits()} * heads.query_heads * 8; }
};

Kernel attention_decode(const std::string& name, const DecodeAttention& attention);

// Causal, over whole short sequences; all matrices bf16 with one row per token.
struct SequenceAttention {
    AttentionHeads heads;
    std::uint32_t sequences, sequence_tokens;
    Address qkv;    // qkv_columns wide
    Address output; // query_columns wide
};

Kernel attention_forward(const std::string& name, const SequenceAttention& attention);
// Reads qkv, output and its gradient; writes the gradient of qkv.
Kernel attention_backward(const std::string& name, const SequenceAttention& attention,
                          Address output_gradient, Address qkv_gradient);

} // namespace migsim
