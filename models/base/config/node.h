// SPDX-License-Identifier: Apache-2.0
// An input file as a plain tree in which every key and value knows where it was
// written. This is all the rest of the project sees of YAML: what the YAML library
// accepts too gladly (duplicate keys, aliases into themselves, several documents,
// tags, odd encodings, octal) has been refused before a Node exists, see load.cpp.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/config/place.h"

namespace migsim {

struct Node {
    enum class Kind { Null, Scalar, Sequence, Map };
    struct Entry;

    Kind kind = Kind::Null;
    bool quoted = false;        // "16" in quotes is a text, 16 is a number
    bool flow = false;          // print `{a: 1}` rather than one line per key; never read back
    std::string scalar;         // the text of a scalar
    std::vector<Node> items;    // the values of a sequence
    std::vector<Entry> entries; // the keys of a map, in file order
    Place place;
    std::string path; // `tenants[2].name`; empty for the root

    const Node* find(std::string_view key) const; // in a map; nullptr if absent (or not a map)
    Node* find(std::string_view key);
    std::string child_path(std::string_view key) const;
    std::string child_path(std::size_t index) const;
    std::string_view kind_name() const; // "a text", "a list", …: for sentences

    static Node text(std::string value);  // a string
    static Node plain(std::string value); // a number, a bool or an enum name
    static Node sequence();
    static Node map();
    Node& add(std::string key, Node value); // appends to a map; returns the new value
};

struct Node::Entry {
    std::string key;
    Place key_place;
    Node value;
};

struct Document {
    Node root;

    // The node at `tenants[2].name`, for complaints about it after reading; nullptr if there is none.
    const Node* find(std::string_view path) const;
};

struct RelativePath;

// Both throw InputError with one clear sentence (file and line) for whatever is wrong with the file as such.
Document load_document(const std::filesystem::path& file);
Document parse_document(std::string_view text, const std::string& name);
// For a file that another file names: if it cannot be read, the complaint points at the naming line.
Document load_document(const RelativePath& named);

// `--set tenants[2].period_us=60`: the value is read as YAML, missing map keys are made. Throws InputError
// for an impossible path. Index n of a list of n items appends.
void apply_set(Document& document, std::string_view assignment);

} // namespace migsim
