// SPDX-License-Identifier: Apache-2.0
#include "models/driver/physical_window.h"

#include <stdexcept>
#include <string>

namespace migsim {

namespace {

constexpr Address frame_bytes = bytes_of(PageSize::M2);
constexpr std::uint64_t pages_per_frame = frame_bytes / bytes_of(PageSize::K64);

} // namespace

PhysicalWindow::PhysicalWindow(Address base, Address bytes, std::optional<std::uint64_t> shuffle)
    : base_((base + frame_bytes - 1) / frame_bytes * frame_bytes) {
    const Address end = (base + bytes) / frame_bytes * frame_bytes;
    if (end <= base_)
        throw std::invalid_argument("a physical window of " + std::to_string(bytes) +
                                    " bytes holds no whole frame of 2 MiB");
    end_ = (end - base_) / frame_bytes;
    if (!shuffle) return;
    frames_.emplace(end_, mix64(*shuffle));
    pages_.emplace(pages_per_frame, mix64(*shuffle + 1));
}

Address PhysicalWindow::frame(std::uint64_t number) const {
    return base_ + (frames_ ? (*frames_)(number) : number) * frame_bytes;
}

Address PhysicalWindow::take_page(PageSize size) {
    if (size == PageSize::K64 && small_left_ > 0) {
        const std::uint64_t number = pages_per_frame - small_left_--;
        return small_frame_ + (pages_ ? (*pages_)(number) : number) * bytes_of(size);
    }
    if (next_ == end_) throw std::invalid_argument("the instance has no physical memory left for pages");
    const Address taken = frame(next_++);
    if (size == PageSize::M2) return taken;
    small_frame_ = taken;
    small_left_ = pages_per_frame;
    return take_page(size);
}

Address PhysicalWindow::take_table(Address bytes) {
    table_left_ -= table_left_ % bytes; // the frame's end is aligned, and tables lie from its end down
    if (table_left_ == 0) {
        if (next_ == end_)
            throw std::invalid_argument("the instance has no physical memory left for page tables");
        table_frame_ = frame(--end_);
        table_left_ = frame_bytes;
    }
    table_left_ -= bytes;
    return table_frame_ + table_left_;
}

} // namespace migsim
