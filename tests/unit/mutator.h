// SPDX-License-Identifier: Apache-2.0
// Spoils valid texts in the ways in which files get spoilt: bytes flipped, pieces lost, doubled, exchanged or
// mixed in from another text, numbers driven to extremes. The same seed gives the same text on every machine.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/base/random.h"

namespace migsim::test {

class Mutator {
public:
    // `words` are what the format knows: keys, names, punctuation.
    Mutator(std::vector<std::string> valid, std::vector<std::string> words)
        : valid_(std::move(valid)), words_(std::move(words)) {}

    std::string text(std::uint64_t seed) const {
        RandomStream random(seed, "mutator");
        std::string text = pick(valid_, random);
        for (std::uint64_t changes = random.between(1, 6); changes > 0; --changes) change(text, random);
        return text;
    }

private:
    template <class List>
    static typename List::const_reference pick(const List& list, RandomStream& random) {
        return list[random.below(list.size())];
    }

    void change(std::string& text, RandomStream& random) const {
        const std::size_t at = random.below(text.size() + 1);
        const std::size_t length = random.below(random.chance(Probability::ratio(1, 4)) ? 400 : 12);
        switch (random.below(8)) {
        case 0:
            if (at < text.size()) text[at] = static_cast<char>(random.bits());
            return;
        case 1:
            text.erase(at, length);
            return;
        case 2:
            text.insert(random.below(text.size() + 1), std::string(text.substr(at, length)));
            return;
        case 3:
            text.insert(at, pick(words_, random));
            return;
        case 4:
            replace_number(text, at, random);
            return;
        case 5: {                                               // a line elsewhere, or twice
            const std::size_t begin = text.rfind('\n', at) + 1; // npos + 1 is 0
            const std::string line = text.substr(begin, text.find('\n', begin) - begin + 1);
            if (random.chance(Probability::ratio(1, 2))) text.erase(begin, line.size());
            const std::size_t target = text.find('\n', random.below(text.size() + 1));
            text.insert(target == std::string::npos ? text.size() : target + 1, line);
            return;
        }
        case 6: {
            const std::string& other = pick(valid_, random);
            text.insert(at, other.substr(random.below(other.size()), 4 * length));
            return;
        }
        default:
            text.resize(at);
        }
    }

    static void replace_number(std::string& text, std::size_t at, RandomStream& random) {
        static constexpr std::array<std::string_view, 12> extremes{
            "0",  "-1", "1",          "7",          "8",     "9",
            "64", "65", "4294967295", "4294967296", "1e308", "99999999999999999999"};
        const auto is_digit = [](unsigned char c) { return std::isdigit(c) != 0; };
        const auto begin = std::find_if(text.begin() + static_cast<std::ptrdiff_t>(at), text.end(), is_digit);
        text.replace(begin, std::find_if_not(begin, text.end(), is_digit), pick(extremes, random));
    }

    std::vector<std::string> valid_, words_;
};

} // namespace migsim::test
