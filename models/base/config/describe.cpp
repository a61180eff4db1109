// SPDX-License-Identifier: Apache-2.0
#include "models/base/config/describe.h"

#include <algorithm>
#include <cassert>

namespace migsim {

const Node* Reader::take(const char* key) {
    assert(std::find(known_.begin(), known_.end(), key) == known_.end() && "a key is declared twice");
    known_.emplace_back(key);
    return map_.find(key);
}

void Reader::complain_missing(const char* key, const char* meaning) {
    errors_.add(map_.place, map_.child_path(key), "is missing; it is " + std::string(meaning));
}

void Reader::rule(const char* key, bool holds, std::string_view sentence) {
    if (holds || errors_.count() > errors_before_) return;
    const Node* node = map_.find(key);
    if (!node)
        errors_.add(map_.place, map_.child_path(key), sentence);
    else if (node->kind == Node::Kind::Scalar)
        errors_.add(*node, shown(node->scalar) + " " + std::string(sentence));
    else
        errors_.add(*node, sentence);
}

void Reader::finish() {
    for (const Node::Entry& entry : map_.entries)
        if (std::find(known_.begin(), known_.end(), entry.key) == known_.end())
            errors_.add(entry.key_place, map_.path, not_legal(entry.key, "a key here", known_));
}

} // namespace migsim
