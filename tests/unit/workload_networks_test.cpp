// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/workload_brute_force.h"

#include <set>

#include "workloads/networks/inference_chain.h"
#include "workloads/networks/training_step.h"

namespace migsim {
namespace {

struct Touched {
    std::set<Address> loaded, stored; // lines
    std::uint64_t only_loaded() const {
        return static_cast<std::uint64_t>(
            std::count_if(loaded.begin(), loaded.end(), [&](Address line) { return !stored.count(line); }));
    }
    std::uint64_t only_stored() const {
        return static_cast<std::uint64_t>(
            std::count_if(stored.begin(), stored.end(), [&](Address line) { return !loaded.count(line); }));
    }
};

void touch(Touched& touched, const Kernel& kernel) {
    for (const Stage& stage : kernel.program.stages)
        if (is_access(stage))
            for_each_line(kernel, stage.access, [&](const Line& line) {
                (stage.kind == Stage::Kind::Load ? touched.loaded : touched.stored).insert(line.address);
            });
}

Touched touch(const Program& program) {
    Touched touched;
    for (const Kernel& kernel : program.kernels) touch(touched, kernel);
    return touched;
}

TrainingShape small_training() {
    TrainingShape shape;
    shape.decoder = {.layers = 2, .hidden = 128, .query_heads = 2, .kv_heads = 1, .head_dim = 64, .ffn = 128};
    return shape;
}

TEST_CASE("small tensors share 2 MiB segments without overlapping, large ones have pages of their own",
          "[fast]") {
    TestBuffers buffers;
    TensorMemory memory(buffers);
    RandomStream random(1, "tensors");
    std::map<Address, std::uint64_t> tensors;
    std::uint64_t small = 0;
    for (int i = 0; i < 200; ++i) {
        const std::uint64_t bytes = 1 + random.below(i % 10 ? 100'000 : 3'000'000);
        const Address base = memory.allocate("tensor", bytes);
        REQUIRE(base % 512 == 0);
        REQUIRE(buffers.holds(base, bytes, PageSize::M2));
        REQUIRE(tensors.emplace(base, bytes).second);
        if (bytes <= 1 << 20) small += bytes;
    }
    for (auto tensor = tensors.begin(); std::next(tensor) != tensors.end(); ++tensor)
        REQUIRE(tensor->first + tensor->second <= std::next(tensor)->first);
    const auto segments = std::count_if(buffers.all.begin(), buffers.all.end(),
                                        [](const auto& buffer) { return buffer.name == "small tensors"; });
    REQUIRE(static_cast<std::uint64_t>(segments) < 2 * small / (2 << 20) + 2);
}

TEST_CASE("a request of the inference chain is eight kernels and 82,320 line transactions", "[fast]") {
    TestBuffers buffers;
    const InferenceShape shape;
    const Program program = inference_chain(shape, buffers);
    const Traffic total = traffic(program);
    REQUIRE(program.kernels.size() == 8);
    REQUIRE(shape.decoder.parameters_per_layer() == 512 * 1024 + 512 * 512 + 2048 * 512 + 512 * 1024);
    REQUIRE(total.lines() == 82'320);
    const std::uint64_t weights = 2 * shape.decoder.parameters_per_layer(); // multiplied once each
    REQUIRE(total.operations_on(Pipe::Fp32) == 2 * weights);
    REQUIRE(total.operations_on(Pipe::Tensor) == 2 * 4 * 512 * 256); // 2 layers, 8 heads of 64, 256 tokens
}

TEST_CASE("what a request reads and nobody writes are weights and the cached context, exactly", "[fast]") {
    TestBuffers buffers;
    const InferenceShape shape;
    const Program program = inference_chain(shape, buffers);
    const Touched touched = touch(program);
    const std::uint64_t weights = 2 * shape.decoder.parameters_per_layer() * 2;
    const std::uint64_t context = 2 * 2 * 4 * 256 * 64 * 2; // layers, keys and values, heads, tokens, row
    REQUIRE(weights == 9'437'184);
    REQUIRE(touched.only_loaded() * line_bytes == weights + context);
    REQUIRE(touched.only_stored() == 2 * 2 * 4); // the new token's row of each cache and head
    for (const Kernel& kernel : program.kernels) {
        INFO(kernel.name);
        REQUIRE(lines_outside(kernel, buffers) == 0);
        REQUIRE(ctas_that_fit(kernel) >= 1);
    }
}

TEST_CASE("each kernel of the inference chain reads what the one before it wrote", "[fast]") {
    TestBuffers buffers;
    const Program program = inference_chain({}, buffers);
    for (std::size_t i = 0; i < program.kernels.size(); ++i) {
        Touched before, after;
        touch(before, program.kernels[i]);
        touch(after,
              program.kernels[(i + 1) % program.kernels.size()]); // the next request's first kernel, too
        INFO(program.kernels[i].name);
        REQUIRE(std::any_of(before.stored.begin(), before.stored.end(),
                            [&](Address line) { return after.loaded.count(line); }));
    }
}

TEST_CASE("a training step is 114 kernels and 2,430,976 line transactions", "[fast]") {
    TestBuffers buffers;
    const TrainingShape shape;
    const Program program = training_step(shape, buffers);
    const Traffic total = traffic(program);
    REQUIRE(program.kernels.size() == 2 * (2 * 26 + 1) + 8);
    REQUIRE(total.lines() == 2'430'976);

    const std::uint64_t parameters = 2 * shape.decoder.parameters_per_layer();
    Traffic gemms, adam;
    for (const Kernel& kernel : program.kernels) {
        REQUIRE(ctas_that_fit(kernel) >= 1);
        if (kernel.name.ends_with(".adam")) adam += traffic(kernel);
        if (kernel.group_y) gemms += traffic(kernel);
    }
    // Forward and two gradients, each 2 operations per parameter and token: 6 P, of 2 micro-batches of 128
    // tokens.
    REQUIRE(gemms.operations_on(Pipe::Tensor) == 6 * parameters * 2 * 128);
    REQUIRE(adam.loads.bytes + adam.stores.bytes == 28 * parameters);
    REQUIRE(adam.lines() == 28 * parameters / 128);
    std::uint64_t memory = 0;
    for (const auto& buffer : buffers.all) memory += buffer.bytes;
    REQUIRE(memory > 75'000'000); // state and activations exceed the 50 MB of an H100's L2 by far
}

// The sizes of the main job: 200 requests 60 us apart after 10 of warm-up, in four simulations with a victim
// (alone on the GPU, alone on its slice, shared, split) and two beside it in which the neighbour takes at
// least 0.5 ms a step; two baselines of the neighbour, of one step each.
TEST_CASE("all arms of the main job together stay under 250 million line transactions", "[fast]") {
    TestBuffers buffers;
    const std::uint64_t request = traffic(inference_chain({}, buffers)).lines();
    const std::uint64_t step = traffic(training_step({}, buffers)).lines();
    const std::uint64_t steps_beside_victim = 210 * 60 / 500 + 1;
    REQUIRE(4 * 210 * request + (2 * steps_beside_victim + 2) * step < 250'000'000);
}

TEST_CASE(
    "training writes nothing in vain, and reads only norm weights, batch and targets that nobody writes",
    "[fast]") {
    TestBuffers buffers;
    const TrainingShape shape = small_training();
    const Program program = training_step(shape, buffers);
    const Touched touched = touch(program);
    REQUIRE(touched.only_stored() == 0);
    const std::uint64_t norms = 2 * 2 * 128 * 2, batch = 128 * 128 * 2, targets = batch;
    REQUIRE(touched.only_loaded() * line_bytes == norms + batch + targets);
    for (const Kernel& kernel : program.kernels) {
        INFO(kernel.name);
        REQUIRE(lines_outside(kernel, buffers) == 0);
    }
}

TEST_CASE("backward multiplies by the weights, and by the inputs, that forward used", "[fast]") {
    TestBuffers buffers;
    std::map<std::string, const Kernel*> named;
    const Program program = training_step(small_training(), buffers);
    for (const Kernel& kernel : program.kernels) named[kernel.name] = &kernel;
    const auto operand = [&](const std::string& name, std::size_t stage) {
        return named.at(name)->program.stages.at(stage).access.base;
    };
    for (const std::string layer : {"layer0.", "layer1."})
        for (const std::string linear : {"qkv", "output", "gate_up", "down"}) {
            const std::string name = layer + linear;
            INFO(name);
            REQUIRE(operand(name + ".data_gradient", 1) == operand(name, 1));
            REQUIRE(operand(name + ".weight_gradient", 1) == operand(name, 0));
            REQUIRE(operand(name + ".weight_gradient", 0) == operand(name + ".data_gradient", 0));
        }
}

TEST_CASE("gradients are overwritten by the first micro-batch and added to by the others", "[fast]") {
    TestBuffers buffers;
    TrainingShape shape = small_training();
    shape.micro_batches = 3;
    std::map<std::string, std::vector<bool>> reads_gradients;
    for (const Kernel& kernel : training_step(shape, buffers).kernels) {
        if (!kernel.name.ends_with(".weight_gradient")) continue;
        const Stage& stored = kernel.program.stages.back();
        Coverage written(stored.access.base, traffic(kernel).stores.bytes);
        written.add(kernel, stored.access);
        REQUIRE(written.everywhere(1));
        reads_gradients[kernel.name].push_back(std::any_of(
            kernel.program.stages.begin(), kernel.program.stages.end() - 1,
            [&](const Stage& stage) { return is_access(stage) && stage.access.base == stored.access.base; }));
    }
    REQUIRE(reads_gradients.size() == 2 * 4);
    for (const auto& [name, reads] : reads_gradients) REQUIRE(reads == std::vector<bool>{false, true, true});
}

} // namespace
} // namespace migsim
