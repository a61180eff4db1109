// SPDX-License-Identifier: Apache-2.0
// Everything that is wrong with the user's input, collected so that one run
// reports all of it. Each error is one line, `FILE:LINE:COL: key.path: 'value'
// is not …; legal: …; did you mean '…'?`, and the program exits with 2.
#pragma once

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/config/place.h"

namespace migsim {

struct Node;

// The user asked for something that cannot be done; what()
// is one line per error, without a newline at the end.
class InputError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

class InputErrors {
public:
    void add(const Place& place, std::string_view path, std::string_view sentence);
    // The usual form: complains about the value (or key path) that this node is.
    void add(const Node& node, std::string_view sentence);

    bool empty() const { return errors_.empty(); }
    std::size_t count() const { return errors_.size(); }
    std::string text() const; // one line per error, in the order of the input within each file
    void throw_if_any() const;

private:
    struct Error {
        Place place;
        std::string line;
    };
    std::vector<Error> errors_;
};

// For what cannot be one of many: throws at once.
[[noreturn]] void refuse(const Place& place, std::string_view path, std::string_view sentence);

// `'value'`, on one line whatever it holds: control characters escaped, long texts cut.
std::string shown(std::string_view value);

std::string legal_list(std::span<const std::string> legal); // `legal: a, b`

// `'got' is not WHAT; legal: a, b; did you mean 'a'?` The
// last part only where one legal value is near enough.
std::string not_legal(std::string_view got, std::string_view what, std::span<const std::string> legal);

} // namespace migsim
