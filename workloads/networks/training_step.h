// SPDX-License-Identifier: Apache-2.0
// One optimizer step of the same decoder layers, launched as an eager framework does: forward and backward
// for each micro-batch, kernel by kernel, gradients accumulated over the micro-batches, then Adam. Small
// GEMMs alternate with bursts at full memory bandwidth, because Adam's state (16 B a parameter) does not fit
// in L2.
#pragma once

#include "workloads/buffers.h"
#include "workloads/networks/decoder_shape.h"
#include "workloads/operators/gemm.h"
#include "workloads/program.h"

namespace migsim {

struct TrainingShape {
    static constexpr const char* kind = "training";
    DecoderShape decoder;
    std::uint32_t sequences = 2;
    std::uint32_t sequence_tokens = 64;
    std::uint32_t micro_batches = 2;

    std::uint32_t tokens() const { return sequences * sequence_tokens; }
    bool tiles_fit() const; // all its GEMMs in GemmTiles{}
};

template <class Visitor>
void describe(Visitor& v, TrainingShape& s) {
    describe_decoder(v, s.decoder);
    v.optional("sequences", s.sequences, "of a micro-batch", Range{1, 4096});
    v.optional("sequence_tokens", s.sequence_tokens, "of each sequence", Range{16, 256});
    v.optional("micro_batches", s.micro_batches, "forward and backward passes per optimizer step",
               Range{1, 64});
    v.rule("sequences", s.tiles_fit(),
           "times sequence_tokens, like all widths of the layers, must be a multiple of 128, and 64 times a "
           "divisor of 128");
}

Program training_step(const TrainingShape& shape, Buffers& buffers);

} // namespace migsim
