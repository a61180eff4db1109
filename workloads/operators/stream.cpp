// SPDX-License-Identifier: Apache-2.0
#include "workloads/operators/stream.h"

namespace migsim {
namespace {

struct Recipe {
    std::uint32_t reads, writes, operations; // arrays, arrays, FP64 operations per 8-byte element
};

constexpr Recipe recipe(StreamPattern pattern) {
    switch (pattern) {
    case StreamPattern::Read:
        return {1, 0, 1};
    case StreamPattern::Write:
        return {0, 1, 0};
    case StreamPattern::Copy:
        return {1, 1, 0};
    case StreamPattern::Scale:
        return {1, 1, 1};
    case StreamPattern::Triad:
        return {2, 1, 2};
    }
    return {};
}

} // namespace

Kernel stream(const StreamShape& shape, Buffers& buffers, std::uint32_t sms) {
    const Recipe recipe = migsim::recipe(shape.pattern);
    const PageSize page = page_of(shape.page_kib);
    const std::uint64_t bytes = shape.array_kib * 1024;
    const std::uint64_t block = std::uint64_t{shape.threads_per_cta} * shape.bytes_per_access;

    Kernel kernel;
    kernel.name = "stream_" + std::string(enum_name(shape.pattern));
    kernel.grid_x = shape.persistent_ctas_per_sm ? *shape.persistent_ctas_per_sm * sms
                                                 : static_cast<std::uint32_t>(bytes / block);
    kernel.threads = shape.threads_per_cta;
    kernel.registers = 32; // so that 2048 threads fit an SM
    kernel.shared_bytes = shape.shared_kib_per_cta * 1024;
    const std::uint64_t pass = kernel.grid_x * block;
    require(pass > 0 && bytes >= pass, kernel.name,
            "array_kib is less than one access per thread of the grid");
    kernel.program.iterations = static_cast<std::uint32_t>(bytes / pass);
    kernel.program.depth = shape.persistent_ctas_per_sm ? shape.depth : 1;
    kernel.program.warps_apart = true;

    std::vector<Stage>& stages = kernel.program.stages;
    const auto array = [&](const char* name) {
        Access access = run(buffers.allocate(name, bytes, page), block, block);
        access.step = pass;
        access.page = page;
        return access;
    };
    for (std::uint32_t read = 0; read < recipe.reads; ++read) stages.push_back(load(array(read ? "c" : "b")));
    if (recipe.operations) stages.push_back(compute(Pipe::Fp64, block / 8 * recipe.operations));
    if (shape.operations_per_byte)
        stages.push_back(
            compute(Pipe::Fp32, block * (recipe.reads + recipe.writes) * shape.operations_per_byte));
    if (recipe.writes) stages.push_back(store(array("a")));
    return kernel;
}

} // namespace migsim
