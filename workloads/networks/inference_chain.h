// SPDX-License-Identifier: Apache-2.0
// One token of one user through a few decoder layers, as engines run it: four fused kernels a layer (norm and
// QKV; attention; output projection and residual; norm and the whole feed-forward part), each a few
// microseconds at most, so that latency is launch, a few dependent memory accesses, and whatever the
// neighbours add to these.
#pragma once

#include "workloads/buffers.h"
#include "workloads/networks/decoder_shape.h"
#include "workloads/program.h"

namespace migsim {

struct InferenceShape {
    static constexpr const char* kind = "inference";
    DecoderShape decoder;
    std::uint32_t context_tokens = 256;
    std::uint32_t tokens_per_split = 128;
    std::uint32_t outputs_per_cta = 32;

    bool outputs_fit() const;
    bool splits_fit() const;
};

template <class Visitor>
void describe(Visitor& v, InferenceShape& s) {
    describe_decoder(v, s.decoder);
    v.optional("context_tokens", s.context_tokens, "tokens in the key/value cache", Range{1, 1 << 20});
    v.optional("tokens_per_split", s.tokens_per_split, "of the context, that one attention CTA reads",
               Range{1, 512});
    v.optional("outputs_per_cta", s.outputs_per_cta, "of a linear layer", Range{1, 256});
    v.rule("outputs_per_cta", s.outputs_fit(),
           "must divide hidden, ffn and the width of queries, keys and values");
    v.rule("tokens_per_split", s.splits_fit(),
           "must divide context_tokens, into a number of splits that divides the bytes of a head");
}

Program inference_chain(const InferenceShape& shape, Buffers& buffers);

} // namespace migsim
