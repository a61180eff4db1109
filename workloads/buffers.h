// SPDX-License-Identifier: Apache-2.0
// Where the memory of a workload comes from: whoever joins it with a machine maps its buffers there. A
// workload sees virtual addresses only, so the lines it touches do not depend on which part of which GPU it
// was given.
#pragma once

#include <cstdint>
#include <string>

#include "models/messages/translation.h"

namespace migsim {

struct Buffers {
    virtual ~Buffers() = default;
    // The virtual address of `bytes` of new memory, at a multiple of the page size. `name` is for complaints.
    virtual Address allocate(const std::string& name, std::uint64_t bytes, PageSize page) = 0;
};

// A framework's allocator: small tensors share 2 MiB pages, as PyTorch's caching allocator has it (blocks of
// up to 1 MiB come out of 2 MiB segments, at multiples of 512 B). One page per tensor would thrash the
// first-level TLBs.
class TensorMemory {
public:
    explicit TensorMemory(Buffers& buffers) : buffers_(buffers) {}

    Address allocate(const std::string& name, std::uint64_t bytes) {
        bytes = (bytes + 511) / 512 * 512;
        if (bytes > segment / 2) return buffers_.allocate(name, bytes, PageSize::M2);
        if (bytes > left_) {
            next_ = buffers_.allocate("small tensors", segment, PageSize::M2);
            left_ = segment;
        }
        const Address address = next_;
        next_ += bytes;
        left_ -= bytes;
        return address;
    }

private:
    static constexpr std::uint64_t segment = std::uint64_t{2} << 20;

    Buffers& buffers_;
    Address next_ = 0;
    std::uint64_t left_ = 0;
};

// The key `page_kib`, and what it stands for.
template <class Visitor>
void describe_page(Visitor& v, std::uint32_t& page_kib) {
    v.optional("page_kib", page_kib, "size of the pages of its memory: 64 or 2048");
    v.rule("page_kib", page_kib == 64 || page_kib == 2048, "must be 64 or 2048");
}
constexpr PageSize page_of(std::uint32_t page_kib) {
    return page_kib == 64 ? PageSize::K64 : PageSize::M2;
}

} // namespace migsim
