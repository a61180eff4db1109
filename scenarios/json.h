// SPDX-License-Identifier: Apache-2.0
// Described values as JSON and back: what crosses the pipe from a simulation, and what --resume reads.
#pragma once

#include <string>
#include <string_view>

#include "models/base/config/describe.h"

namespace migsim {

// The document as one line without a newline.
std::string json_line(const Node& node);
// Throws a std::exception for what is no JSON. `name` stands in complaints about what it holds.
Node node_of_json(std::string_view text, const std::string& name);

template <class T>
Node document_node(const T& value, const Format& format) {
    Node root = Node::map();
    root.add("format", Node::text(format.text()));
    Codec<T>::append(value, Origin(nullptr, {}), root);
    return root;
}

// Throws InputError where the text is JSON but no such document.
template <class T>
T from_json(std::string_view text, const Format& format, const std::string& name) {
    T value{};
    InputErrors errors;
    read_document(Document{node_of_json(text, name)}, format, value, errors);
    errors.throw_if_any();
    return value;
}

} // namespace migsim
