// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <stdexcept>
#include <vector>

#include "models/mmu/page_table.h"

using namespace migsim;

namespace {

struct Tables {
    explicit Tables(PageTableFormat format)
        : table(format, [this](Address bytes) {
              sizes.push_back(bytes);
              const Address at = next;
              next += 4096;
              return at;
          }) {}
    std::vector<Address> sizes;
    Address next = 0x10'0000;
    PageTable table;
};

constexpr Address m2 = bytes_of(PageSize::M2), k64 = bytes_of(PageSize::K64);

} // namespace

TEST_CASE("a GA100 walk reads four entries for a 2-MiB page and five for a 64-KiB page", "[mmu][fast]") {
    Tables t(PageTableFormat::Ga100);
    const Address large = Address{1} << 40, small = large + m2;
    t.table.map(large, PageSize::M2, 7 * m2);
    t.table.map(small, PageSize::K64, 9 * k64);
    const WalkPath a = t.table.walk(large >> 21, PageSize::M2);
    REQUIRE(a.mapped);
    REQUIRE(a.count == 4);
    const WalkPath b = t.table.walk(small >> 16, PageSize::K64);
    REQUIRE(b.mapped);
    REQUIRE(b.count == 5);
    for (unsigned step = 0; step < 3; ++step) REQUIRE(a.entries[step] == b.entries[step]);
    REQUIRE(b.entries[3] == a.entries[3] + 16); // the next dual entry of the same table
}

TEST_CASE("a GH100 walk reads one entry more", "[mmu][fast]") {
    Tables t(PageTableFormat::Gh100);
    const Address high = Address{1} << 56; // only 57 bits reach it
    t.table.map(high, PageSize::M2, 0);
    t.table.map(high + m2, PageSize::K64, 0);
    REQUIRE(t.table.walk(high >> 21, PageSize::M2).count == 5);
    REQUIRE(t.table.walk((high + m2) >> 16, PageSize::K64).count == 6);
}

TEST_CASE("each level takes its own bits of the virtual address", "[mmu][fast]") {
    Tables t(PageTableFormat::Ga100);
    const Address address = Address{2} << 47 | Address{5} << 38 | Address{7} << 29 | Address{11} << 21;
    t.table.map(address, PageSize::K64, 0);
    t.table.map(address + 13 * k64, PageSize::K64, 0);
    const WalkPath path = t.table.walk((address + 13 * k64) >> 16, PageSize::K64);
    const std::vector<Address> tables = t.table.tables();
    REQUIRE(tables.size() == 5);
    const Address offsets[] = {2 * 8, 5 * 8, 7 * 8, 11 * 16, 13 * 8};
    const unsigned shifts[] = {47, 38, 29, 21, 16};
    for (unsigned step = 0; step < 5; ++step) {
        REQUIRE(path.entries[step] == tables[step] + offsets[step]);
        REQUIRE(path.shift[step] == shifts[step]);
    }
    REQUIRE(t.sizes == std::vector<Address>{4096, 4096, 4096, 4096, 256});
}

TEST_CASE("one read of the last level brings 8 pages of 2 MiB or 16 of 64 KiB", "[mmu][fast]") {
    REQUIRE(pages_per_line(PageSize::M2) == 8);
    REQUIRE(pages_per_line(PageSize::K64) == 16);
    Tables t(PageTableFormat::Ga100);
    for (Address page = 0; page < 32; ++page) {
        t.table.map(page * m2, PageSize::M2, 0);
        t.table.map(Address{1} << 40 | page * k64, PageSize::K64, 0);
    }
    const auto line = [&](Address page, PageSize size) {
        const WalkPath path = t.table.walk(page, size);
        return path.entries[path.count - 1] / line_bytes;
    };
    for (Address page = 0; page < 32; ++page) {
        REQUIRE((line(page, PageSize::M2) == line(8, PageSize::M2)) == (page / 8 == 1));
        const Address small = (Address{1} << 24) + page;
        REQUIRE((line(small, PageSize::K64) == line(Address{1} << 24, PageSize::K64)) == (page < 16));
    }
}

TEST_CASE("a page table translates what is mapped and nothing else", "[mmu][fast]") {
    Tables t(PageTableFormat::Ga100);
    t.table.map(4 * m2, PageSize::M2, 9 * m2);
    t.table.map(5 * m2 + k64, PageSize::K64, 3 * k64);
    REQUIRE(t.table.translate(4 * m2 + 12345) == 9 * m2 + 12345);
    REQUIRE(t.table.translate(5 * m2 + k64 + 77) == 3 * k64 + 77);
    REQUIRE(t.table.frame(4, PageSize::M2) == 9);
    REQUIRE_FALSE(t.table.translate(3 * m2));
    REQUIRE_FALSE(t.table.translate(5 * m2));
    REQUIRE_FALSE(t.table.translate(6 * m2));
    REQUIRE_FALSE(t.table.translate(Address{1} << 49));  // beyond the format
    REQUIRE_FALSE(t.table.frame(4 * 32, PageSize::K64)); // mapped, but as a page of 2 MiB
    REQUIRE_FALSE(t.table.frame(5, PageSize::M2));       // mapped, but as pages of 64 KiB
    REQUIRE(t.table.mapped(4 * m2));
    REQUIRE_FALSE(t.table.mapped(0));
}

TEST_CASE("a walk of what is not mapped ends at the first entry that says so", "[mmu][fast]") {
    Tables t(PageTableFormat::Ga100);
    REQUIRE(t.table.walk(0, PageSize::M2).count == 1);
    t.table.map(0, PageSize::M2, 0);
    const auto reads = [&](Address address, PageSize size) {
        const WalkPath path = t.table.walk(address >> shift(size), size);
        REQUIRE_FALSE(path.mapped);
        return path.count;
    };
    REQUIRE(reads(Address{1} << 47, PageSize::M2) == 1);
    REQUIRE(reads(Address{1} << 38, PageSize::M2) == 2);
    REQUIRE(reads(Address{1} << 29, PageSize::M2) == 3);
    REQUIRE(reads(m2, PageSize::M2) == 4);
    REQUIRE(reads(m2, PageSize::K64) == 4);
    REQUIRE(reads(0, PageSize::K64) == 4); // a 2-MiB page stands there
    REQUIRE(reads(Address{1} << 49, PageSize::M2) == 0);
}

TEST_CASE("a mapping that cannot be is refused with a reason", "[mmu][fast]") {
    Tables t(PageTableFormat::Ga100);
    t.table.map(0, PageSize::M2, 0);
    t.table.map(m2, PageSize::K64, 0);
    const auto refusal = [&](Address address, PageSize size, Address physical) -> std::string {
        try {
            t.table.map(address, size, physical);
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return "";
    };
    REQUIRE(refusal(0, PageSize::M2, 0) == "virtual address 0x0 is mapped already");
    REQUIRE(refusal(k64, PageSize::K64, 0) == "virtual address 0x10000 is mapped already");
    REQUIRE(refusal(m2, PageSize::M2, 0) == "virtual address 0x200000 is mapped already");
    REQUIRE(refusal(k64, PageSize::M2, 0) ==
            "a page at 0x10000 -> 0x0 does not begin at a multiple of its size");
    REQUIRE(refusal(4 * m2, PageSize::M2, k64) ==
            "a page at 0x800000 -> 0x10000 does not begin at a multiple of its size");
    REQUIRE(refusal(Address{1} << 49, PageSize::M2, 0) ==
            "a page at 0x2000000000000 -> 0x0 has more address bits than the page table");
}
