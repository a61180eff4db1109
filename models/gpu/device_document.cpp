// SPDX-License-Identifier: Apache-2.0
#include "models/gpu/device_document.h"

#include <algorithm>
#include <string>
#include <vector>

#include "models/base/config/input_errors.h"

namespace migsim {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> devices_beside(const fs::path& file) {
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(fs::absolute(file).parent_path()))
        if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem());
    std::sort(names.begin(), names.end());
    return names;
}

// `{value, kind, source}` as another device has it.
void take_over(Node& parameter, const std::string& from) {
    Node* kind = parameter.find("kind");
    Node* source = parameter.find("source");
    if (!kind || !source) return; // for the reader to complain about
    source->scalar = "as " + from + " (" + kind->scalar + "): " + source->scalar;
    kind->scalar = "assumed";
}

// What `own` gives, and what `other` has beyond that.
void merge(Node& own, Node other, const std::string& from) {
    for (Node::Entry& theirs : other.entries) {
        Node* const ours = own.find(theirs.key);
        if (theirs.value.kind != Node::Kind::Map) {
            if (!ours) own.add(theirs.key, std::move(theirs.value));
            continue;
        }
        Node& group = ours ? *ours : own.add(theirs.key, Node::map());
        if (!ours) group.place = theirs.value.place;
        if (group.kind != Node::Kind::Map) continue; // for the reader to complain about
        group.path = theirs.value.path;
        for (Node::Entry& parameter : theirs.value.entries) {
            if (group.find(parameter.key)) continue;
            take_over(parameter.value, from);
            group.add(parameter.key, std::move(parameter.value));
        }
    }
}

Document load(const fs::path& file, std::vector<std::string> before) {
    Document document = load_document(file);
    const Node* const like = document.root.find("like");
    if (!like) return document;
    before.push_back(file.stem());
    std::vector<std::string> legal = devices_beside(file);
    std::erase_if(legal, [&](const std::string& name) {
        return std::find(before.begin(), before.end(), name) != before.end();
    });
    const std::string from = like->scalar;
    if (std::find(legal.begin(), legal.end(), from) == legal.end())
        refuse(like->place, like->path, not_legal(from, "another device", legal));
    std::erase_if(document.root.entries, [](const Node::Entry& entry) { return entry.key == "like"; });
    merge(document.root, load(file.parent_path() / (from + ".yaml"), before).root, from);
    return document;
}

} // namespace

Document load_device_document(const fs::path& file) {
    return load(file, {});
}

} // namespace migsim
