// SPDX-License-Identifier: Apache-2.0
// The layers that the inference chain runs and the training step trains: a small language model with Llama's
// layer (RMS norm, grouped-query attention, gated feed-forward). The defaults are of our own making, see
// ../README.md.
#pragma once

#include "models/base/config/limits.h"
#include "workloads/operators/attention.h"

namespace migsim {

struct DecoderShape {
    std::uint32_t layers = 2;
    std::uint32_t hidden = 512;
    std::uint32_t query_heads = 8;
    std::uint32_t kv_heads = 4;
    std::uint32_t head_dim = 64;
    std::uint32_t ffn = 1024;

    AttentionHeads heads() const { return {query_heads, kv_heads, head_dim}; }
    std::uint64_t parameters_per_layer() const { // of the four linear layers; norms are not worth counting
        return std::uint64_t{hidden} * (heads().qkv_columns() + heads().query_columns() + 3 * ffn);
    }
};

template <class Visitor>
void describe_decoder(Visitor& v, DecoderShape& s) {
    v.optional("layers", s.layers, "decoder layers", Range{1, 128});
    v.optional("hidden", s.hidden, "width of the residual stream", Range{64, 16384});
    v.optional("query_heads", s.query_heads, "attention heads", Range{1, 256});
    v.optional("kv_heads", s.kv_heads, "key/value heads; each serves as many query heads", Range{1, 256});
    v.optional("head_dim", s.head_dim, "width of a head", Range{16, 256});
    v.optional("ffn", s.ffn, "width of the gated feed-forward part", Range{64, 65536});
    v.rule("kv_heads", s.query_heads % s.kv_heads == 0, "must divide query_heads");
}

} // namespace migsim
