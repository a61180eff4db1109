// SPDX-License-Identifier: Apache-2.0
#include "workloads/networks/inference_chain.h"

#include "workloads/operators/feed_forward.h"

namespace migsim {

bool InferenceShape::outputs_fit() const {
    return decoder.hidden % outputs_per_cta == 0 && decoder.ffn % outputs_per_cta == 0 &&
           decoder.heads().qkv_columns() % outputs_per_cta == 0;
}

bool InferenceShape::splits_fit() const {
    return context_tokens % tokens_per_split == 0 &&
           decoder.head_dim * 2 % (context_tokens / tokens_per_split) == 0;
}

Program inference_chain(const InferenceShape& shape, Buffers& buffers) {
    const DecoderShape& decoder = shape.decoder;
    const AttentionHeads heads = decoder.heads();
    const std::uint64_t hidden = decoder.hidden;
    TensorMemory memory(buffers);
    const auto vector = [&](const char* name, std::uint64_t elements) -> Span {
        return {memory.allocate(name, elements * 2), elements * 2};
    };
    const auto weights = [&](const char* name, std::uint64_t outputs, std::uint64_t inputs) {
        return memory.allocate(name, outputs * inputs * 2);
    };
    // A layer's input is x plus the sums of the feed-forward part before it; its attention output joins them
    // in x.
    const Span x = vector("residual stream", hidden);
    const Span sums{memory.allocate("feed-forward sums", hidden * 4), hidden * 4};
    const Span qkv = vector("qkv", heads.qkv_columns());
    DecodeAttention attention{.heads = heads,
                              .context = shape.context_tokens,
                              .tokens_per_split = shape.tokens_per_split,
                              .qkv = qkv.base};
    const Span partial{memory.allocate("attention partials", attention.partial_bytes()),
                       attention.partial_bytes()};
    const Span statistics{memory.allocate("attention statistics", attention.statistics_bytes()),
                          attention.statistics_bytes()};
    attention.partial = partial.base;
    attention.statistics = statistics.base;

    Program program;
    for (std::uint32_t layer = 0; layer < decoder.layers; ++layer) {
        const std::string prefix = "layer" + std::to_string(layer) + ".";
        program.add(
            linear(prefix + "norm_qkv", {.inputs = decoder.hidden,
                                         .outputs = heads.qkv_columns(),
                                         .outputs_per_cta = shape.outputs_per_cta,
                                         .weights = weights("qkv weights", heads.qkv_columns(), hidden),
                                         .read_by_all = {x, sums},
                                         .output = qkv.base}));
        attention.keys = memory.allocate("key cache", attention.cache_bytes());
        attention.values = memory.allocate("value cache", attention.cache_bytes());
        program.add(attention_decode(prefix + "attention", attention));
        program.add(linear(prefix + "output_add",
                           {.inputs = heads.query_columns(),
                            .outputs = decoder.hidden,
                            .outputs_per_cta = shape.outputs_per_cta,
                            .weights = weights("output weights", hidden, heads.query_columns()),
                            .read_by_all = {partial, statistics},
                            .residual = x.base,
                            .sums = sums.base,
                            .output = x.base}));
        program.add(feed_forward(prefix + "norm_feed_forward",
                                 {.hidden = decoder.hidden,
                                  .inner = decoder.ffn,
                                  .neurons_per_cta = shape.outputs_per_cta,
                                  .gate_up = weights("gate and up weights", 2 * decoder.ffn, hidden),
                                  .down = weights("down weights", decoder.ffn, hidden),
                                  .read_by_all = {x},
                                  .sums = sums.base}));
    }
    return program;
}

} // namespace migsim
