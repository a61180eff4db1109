// SPDX-License-Identifier: Apache-2.0
#include "workloads/networks/training_step.h"

#include "workloads/operators/optimizer.h"
#include "workloads/operators/row_wise.h"

namespace migsim {
namespace {

// y = x W^T, and all that belongs to W.
struct Linear {
    std::string name;
    std::uint32_t inputs, outputs;
    AdamState state;
};

struct Layer {
    Linear qkv, output, gate_up, down;
    Address attention_norm, ffn_norm; // weights
    Address input, normed, qkv_rows, attended, middle, ffn_normed, gate_up_rows,
        activated; // kept for backward
};

class Builder {
public:
    Builder(const TrainingShape& shape, Buffers& buffers)
        : shape_(shape),
          decoder_(shape.decoder),
          heads_(decoder_.heads()),
          tokens_(shape.tokens()),
          memory_(buffers) {}

    Program build();

private:
    Address rows(const char* name, std::uint32_t width) { // bf16, one row per token
        return memory_.allocate(name, std::uint64_t{tokens_} * width * 2);
    }
    Linear linear(const std::string& name, std::uint32_t inputs, std::uint32_t outputs);
    Layer layer(const std::string& prefix, Address input);

    void forward(const std::string& prefix, const Layer& layer, Address result);
    void backward(const std::string& prefix, const Layer& layer, bool accumulate);

    void forward(const Linear& linear, Address x, Address y);
    void data_gradient(const Linear& linear, Address dy, Address dx);
    void weight_gradient(const Linear& linear, Address dy, Address x, bool accumulate);
    void rotary(const std::string& name, Address qkv);
    void map(const std::string& name, std::uint32_t width, std::vector<ElementOperand> loads,
             std::vector<ElementOperand> stores, std::uint32_t operations) {
        program_.add(elementwise(name, std::uint64_t{tokens_} * width, loads, stores, operations));
    }

    const TrainingShape& shape_;
    const DecoderShape& decoder_;
    const AttentionHeads heads_;
    const std::uint32_t tokens_;
    const GemmTiles tiles_{};
    TensorMemory memory_;
    Program program_;
    // Scratch that one kernel fills for the next, and the gradient of the residual stream.
    Address gradient_{}, projected_{}, d_normed_{}, d_activated_{}, d_gate_up_{}, d_attended_{}, d_qkv_{};
};

Linear Builder::linear(const std::string& name, std::uint32_t inputs, std::uint32_t outputs) {
    const std::uint64_t parameters = std::uint64_t{inputs} * outputs;
    return {name,
            inputs,
            outputs,
            {.parameters = parameters,
             .weights = memory_.allocate(name + " weights", parameters * 2),
             .gradients = memory_.allocate(name + " gradients", parameters * 2),
             .master_weights = memory_.allocate(name + " master weights", parameters * 4),
             .first_moment = memory_.allocate(name + " first moment", parameters * 4),
             .second_moment = memory_.allocate(name + " second moment", parameters * 4)}};
}

Layer Builder::layer(const std::string& prefix, Address input) {
    return {.qkv = linear(prefix + "qkv", decoder_.hidden, heads_.qkv_columns()),
            .output = linear(prefix + "output", heads_.query_columns(), decoder_.hidden),
            .gate_up = linear(prefix + "gate_up", decoder_.hidden, 2 * decoder_.ffn),
            .down = linear(prefix + "down", decoder_.ffn, decoder_.hidden),
            .attention_norm = memory_.allocate("norm weights", decoder_.hidden * 2),
            .ffn_norm = memory_.allocate("norm weights", decoder_.hidden * 2),
            .input = input,
            .normed = rows("normed", decoder_.hidden),
            .qkv_rows = rows("qkv", heads_.qkv_columns()),
            .attended = rows("attended", heads_.query_columns()),
            .middle = rows("middle", decoder_.hidden),
            .ffn_normed = rows("normed", decoder_.hidden),
            .gate_up_rows = rows("gate and up", 2 * decoder_.ffn),
            .activated = rows("activated", decoder_.ffn)};
}

void Builder::forward(const Linear& linear, Address x, Address y) {
    program_.add(gemm(linear.name, tiles_,
                      {.m = tokens_,
                       .n = linear.outputs,
                       .k = linear.inputs,
                       .a = {x, true},
                       .b = {linear.state.weights, true},
                       .c = y}));
}

void Builder::data_gradient(const Linear& linear, Address dy, Address dx) {
    program_.add(gemm(linear.name + ".data_gradient", tiles_,
                      {.m = tokens_,
                       .n = linear.inputs,
                       .k = linear.outputs,
                       .a = {dy, true},
                       .b = {linear.state.weights, false},
                       .c = dx}));
}

void Builder::weight_gradient(const Linear& linear, Address dy, Address x, bool accumulate) {
    program_.add(gemm(linear.name + ".weight_gradient", tiles_,
                      {.m = linear.outputs,
                       .n = linear.inputs,
                       .k = tokens_,
                       .a = {dy, false},
                       .b = {x, false},
                       .c = linear.state.gradients,
                       .accumulate = accumulate}));
}

// In place, on the queries and keys of each token.
void Builder::rotary(const std::string& name, Address qkv) {
    const std::uint32_t width = (heads_.query_heads + heads_.kv_heads) * heads_.head_dim;
    const RowOperand row{qkv, std::uint64_t{width} * 2, std::uint64_t{heads_.qkv_columns()} * 2};
    program_.add(row_wise(name, tokens_, {row}, {row}, std::uint64_t{width} * 3));
}

void Builder::forward(const std::string& prefix, const Layer& layer, Address result) {
    const std::uint32_t hidden = decoder_.hidden;
    const SequenceAttention attention{heads_, shape_.sequences, shape_.sequence_tokens, layer.qkv_rows,
                                      layer.attended};
    program_.add(
        norm(prefix + "attention_norm", tokens_, hidden, {layer.input}, layer.attention_norm, layer.normed));
    forward(layer.qkv, layer.normed, layer.qkv_rows);
    rotary(prefix + "rotary", layer.qkv_rows);
    program_.add(attention_forward(prefix + "attention", attention));
    forward(layer.output, layer.attended, projected_);
    map(prefix + "attention_add", hidden, {{layer.input, 2}, {projected_, 2}}, {{layer.middle, 2}}, 1);
    program_.add(
        norm(prefix + "ffn_norm", tokens_, hidden, {layer.middle}, layer.ffn_norm, layer.ffn_normed));
    forward(layer.gate_up, layer.ffn_normed, layer.gate_up_rows);
    map(prefix + "activation", decoder_.ffn, {{layer.gate_up_rows, 4}}, {{layer.activated, 2}},
        6); // gate and up: 4 B
    forward(layer.down, layer.activated, projected_);
    map(prefix + "ffn_add", hidden, {{layer.middle, 2}, {projected_, 2}}, {{result, 2}}, 1);
}

// `gradient_` is that of the layer's result, and afterwards that of its input.
void Builder::backward(const std::string& prefix, const Layer& layer, bool accumulate) {
    const std::uint32_t hidden = decoder_.hidden;
    const SequenceAttention attention{heads_, shape_.sequences, shape_.sequence_tokens, layer.qkv_rows,
                                      layer.attended};
    data_gradient(layer.down, gradient_, d_activated_);
    weight_gradient(layer.down, gradient_, layer.activated, accumulate);
    map(prefix + "activation_backward", decoder_.ffn, {{d_activated_, 2}, {layer.gate_up_rows, 4}},
        {{d_gate_up_, 4}}, 12);
    data_gradient(layer.gate_up, d_gate_up_, d_normed_);
    weight_gradient(layer.gate_up, d_gate_up_, layer.ffn_normed, accumulate);
    program_.add(norm(prefix + "ffn_norm_backward", tokens_, hidden, {d_normed_, layer.middle},
                      layer.ffn_norm, projected_));
    map(prefix + "ffn_add_backward", hidden, {{gradient_, 2}, {projected_, 2}}, {{gradient_, 2}}, 1);
    data_gradient(layer.output, gradient_, d_attended_);
    weight_gradient(layer.output, gradient_, layer.attended, accumulate);
    program_.add(attention_backward(prefix + "attention_backward", attention, d_attended_, d_qkv_));
    rotary(prefix + "rotary_backward", d_qkv_);
    data_gradient(layer.qkv, d_qkv_, d_normed_);
    weight_gradient(layer.qkv, d_qkv_, layer.normed, accumulate);
    program_.add(norm(prefix + "attention_norm_backward", tokens_, hidden, {d_normed_, layer.input},
                      layer.attention_norm, projected_));
    map(prefix + "attention_add_backward", hidden, {{gradient_, 2}, {projected_, 2}}, {{gradient_, 2}}, 1);
}

Program Builder::build() {
    const auto prefix = [](std::size_t layer) { return "layer" + std::to_string(layer) + "."; };
    std::vector<Layer> layers;
    std::vector<Address> residual{rows("embedded batch", decoder_.hidden)};
    for (std::uint32_t i = 0; i < decoder_.layers; ++i) {
        layers.push_back(layer(prefix(i), residual.back()));
        residual.push_back(rows("residual stream", decoder_.hidden));
    }
    const Address target = rows("target", decoder_.hidden);
    gradient_ = rows("gradient", decoder_.hidden);
    projected_ = rows("projected", decoder_.hidden);
    d_normed_ = rows("gradient of normed", decoder_.hidden);
    d_activated_ = rows("gradient of activated", decoder_.ffn);
    d_gate_up_ = rows("gradient of gate and up", 2 * decoder_.ffn);
    d_attended_ = rows("gradient of attended", heads_.query_columns());
    d_qkv_ = rows("gradient of qkv", heads_.qkv_columns());

    for (std::uint32_t batch = 0; batch < shape_.micro_batches; ++batch) {
        for (std::size_t i = 0; i < layers.size(); ++i) forward(prefix(i), layers[i], residual[i + 1]);
        map("loss_backward", decoder_.hidden, {{residual.back(), 2}, {target, 2}}, {{gradient_, 2}}, 2);
        for (std::size_t i = layers.size(); i-- > 0;) backward(prefix(i), layers[i], batch > 0);
    }
    for (const Layer& layer : layers)
        for (const Linear* linear : {&layer.qkv, &layer.output, &layer.gate_up, &layer.down})
            program_.add(adam_step(linear->name + ".adam", linear->state));
    return std::move(program_);
}

} // namespace

bool TrainingShape::tiles_fit() const {
    const AttentionHeads heads = decoder.heads();
    const GemmTiles tiles;
    const auto layer_fits = [&](std::uint32_t inputs, std::uint32_t outputs) {
        return !tiles.complaint(tokens(), outputs, inputs) && !tiles.complaint(tokens(), inputs, outputs) &&
               !tiles.complaint(outputs, inputs, tokens());
    };
    return layer_fits(decoder.hidden, heads.qkv_columns()) &&
           layer_fits(heads.query_columns(), decoder.hidden) && layer_fits(decoder.hidden, 2 * decoder.ffn) &&
           layer_fits(decoder.ffn, decoder.hidden);
}

Program training_step(const TrainingShape& shape, Buffers& buffers) {
    return Builder(shape, buffers).build();
}

} // namespace migsim
