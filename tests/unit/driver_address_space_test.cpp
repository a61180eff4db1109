// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <set>
#include <stdexcept>
#include <vector>

#include "models/driver/driver.h"

using namespace migsim;

namespace {

constexpr Address m2 = bytes_of(PageSize::M2), k64 = bytes_of(PageSize::K64);
constexpr Address base = 10 * m2, bytes = 64 * m2;

struct OneDriver {
    explicit OneDriver(std::optional<std::uint64_t> shuffle = std::nullopt, Address window = bytes)
        : driver(tables, PageTableFormat::Ga100, base, window, shuffle) {}
    PageTables tables;
    Driver driver;
};

std::vector<Address> frames(const AddressSpace& space, const Buffer& buffer) {
    std::vector<Address> found;
    for (Address offset = 0; offset < buffer.bytes; offset += bytes_of(buffer.page)) {
        const auto physical = space.page_table().translate(buffer.base + offset);
        REQUIRE(physical);
        found.push_back(*physical);
    }
    return found;
}

} // namespace

TEST_CASE("a buffer is mapped in full, and nothing beyond its last page", "[driver][fast]") {
    for (const PageSize size : {PageSize::K64, PageSize::M2}) {
        OneDriver one;
        AddressSpace& space = one.driver.add_space(SpaceId{1});
        const Buffer buffer = space.allocate(5 * m2 + 1, size);
        const PageTable& table = space.page_table();
        const Address end = (buffer.bytes + bytes_of(size) - 1) / bytes_of(size) * bytes_of(size);
        REQUIRE(table.mapped(buffer.base));
        REQUIRE(table.mapped(buffer.base + end - 1));
        REQUIRE_FALSE(table.mapped(buffer.base + end));
        REQUIRE_FALSE(table.mapped(buffer.base - 1));
        REQUIRE(one.tables[SpaceId{1}] == &table);
    }
}

TEST_CASE("all pages and page tables lie in the window and none lies on another", "[driver][fast]") {
    for (const auto shuffle : {std::optional<std::uint64_t>{}, std::optional<std::uint64_t>{7}}) {
        OneDriver one(shuffle);
        AddressSpace& a = one.driver.add_space(SpaceId{0});
        AddressSpace& b = one.driver.add_space(SpaceId{1});
        std::set<Address> chunks; // of 256 bytes
        const auto claim = [&](Address at, Address size) {
            REQUIRE(at >= base);
            REQUIRE(at + size <= base + bytes);
            for (Address chunk = at; chunk < at + size; chunk += 256) REQUIRE(chunks.insert(chunk).second);
        };
        for (AddressSpace* space : {&a, &b, &a}) {
            for (const Address frame : frames(*space, space->allocate(3 * m2, PageSize::K64)))
                claim(frame, k64);
            for (const Address frame : frames(*space, space->allocate(4 * m2, PageSize::M2)))
                claim(frame, m2);
        }
        for (const AddressSpace* space : {&a, &b})
            for (const Address table : space->page_table().tables()) claim(table, 256);
    }
}

TEST_CASE("pages are contiguous by default and shuffled by seed", "[driver][fast]") {
    const auto layout = [](std::optional<std::uint64_t> shuffle, PageSize size) {
        OneDriver one(shuffle);
        AddressSpace& space = one.driver.add_space(SpaceId{0});
        return frames(space, space.allocate(16 * m2, size));
    };
    for (const PageSize size : {PageSize::K64, PageSize::M2}) {
        const std::vector<Address> plain = layout(std::nullopt, size);
        for (std::size_t i = 0; i < plain.size(); ++i) REQUIRE(plain[i] == base + i * bytes_of(size));
        REQUIRE(layout(1, size) == layout(1, size));
        REQUIRE(layout(1, size) != layout(2, size));
        REQUIRE(layout(1, size) != plain);
    }
}

TEST_CASE("a tenant's virtual addresses do not depend on its neighbours", "[driver][fast]") {
    OneDriver alone, shared;
    AddressSpace& a = alone.driver.add_space(SpaceId{0});
    AddressSpace& neighbour = shared.driver.add_space(SpaceId{1});
    AddressSpace& b = shared.driver.add_space(SpaceId{0});
    for (const Address size : {Address{1}, m2, 3 * m2 + 5}) {
        neighbour.allocate(2 * size, PageSize::M2);
        REQUIRE(a.allocate(size, PageSize::K64).base == b.allocate(size, PageSize::K64).base);
    }
}

TEST_CASE("a window can be filled to its last frame, which page tables take from the other end",
          "[driver][fast]") {
    OneDriver one(std::nullopt, 8 * m2);
    AddressSpace& space = one.driver.add_space(SpaceId{0});
    const Buffer buffer = space.allocate(7 * m2, PageSize::M2);
    REQUIRE(frames(space, buffer).back() == base + 6 * m2);
    REQUIRE(one.driver.bytes_left() == 0);
    for (const Address table : space.page_table().tables()) REQUIRE(table >= base + 7 * m2);
    REQUIRE_THROWS_WITH(space.allocate(1, PageSize::K64),
                        "a buffer of 1 bytes does not fit into the 0 bytes that its instance has left");
}

TEST_CASE("what cannot be allocated is refused with a reason", "[driver][fast]") {
    OneDriver one(std::nullopt, 4 * m2);
    AddressSpace& space = one.driver.add_space(SpaceId{0});
    REQUIRE_THROWS_WITH(space.allocate(0, PageSize::M2), "a buffer of 0 bytes cannot be allocated");
    REQUIRE_THROWS_WITH(
        space.allocate(4 * m2, PageSize::M2),
        "a buffer of 8388608 bytes does not fit into the 6291456 bytes that its instance has left");
    REQUIRE_THROWS_WITH(one.driver.add_space(SpaceId{0}), "address space 0 exists already");
    REQUIRE_THROWS_WITH(PhysicalWindow(m2 / 2, m2 + m2 / 2 - 1),
                        "a physical window of 3145727 bytes holds no whole frame of 2 MiB");
    PhysicalWindow window(0, m2);
    window.take_page(PageSize::M2);
    REQUIRE_THROWS_WITH(window.take_page(PageSize::K64),
                        "the instance has no physical memory left for pages");
    REQUIRE_THROWS_WITH(window.take_table(256), "the instance has no physical memory left for page tables");
}
