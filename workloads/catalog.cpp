// SPDX-License-Identifier: Apache-2.0
#include "workloads/catalog.h"

namespace migsim {
namespace {

template <class... Makers>
struct Overloaded : Makers... {
    using Makers::operator()...;
};
template <class... Makers>
Overloaded(Makers...) -> Overloaded<Makers...>;

Program one_kernel(Kernel kernel) {
    Program program;
    program.add(std::move(kernel));
    return program;
}

} // namespace

Program make_program(const Work& work, Buffers& buffers, std::uint32_t sms) {
    return std::visit(
        Overloaded{
            [&](const StreamShape& shape) { return one_kernel(stream(shape, buffers, sms)); },
            [&](const ChaseShape& shape) { return one_kernel(pointer_chase(shape, buffers)); },
            [&](const RandomAccessShape& shape) { return one_kernel(random_access(shape, buffers, sms)); },
            [&](const TlbHostileShape& shape) { return one_kernel(tlb_hostile(shape, buffers, sms)); },
            [&](const GemmShape& shape) { return one_kernel(gemm(shape, buffers)); },
            [&](const InferenceShape& shape) { return inference_chain(shape, buffers); },
            [&](const TrainingShape& shape) { return training_step(shape, buffers); },
        },
        work);
}

} // namespace migsim
