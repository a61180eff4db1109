// SPDX-License-Identifier: Apache-2.0
#include "models/base/config/relative_path.h"

#include "models/base/config/codec.h"

namespace migsim {

void Codec<RelativePath>::read(const Node& node, RelativePath& path, const Limits&, InputErrors& errors) {
    const auto written = read_text(node, Limits::of(NonEmpty{}), errors);
    if (!written) return;
    const std::filesystem::path folder =
        std::filesystem::path(node.place.file).parent_path(); // none for --set
    path = {*written, (folder / *written).lexically_normal(), node.place, node.path};
}

// Relative to the folder of the file in which it will stand,
// so that the same file is meant when that one is read.
Node Codec<RelativePath>::node(const RelativePath& path, const Origin& origin) {
    if (path.resolved.empty()) return origin.here(Node::text(path.written));
    const auto whole = [](const std::filesystem::path& p) {
        return std::filesystem::absolute(p).lexically_normal();
    };
    return origin.here(Node::text(whole(path.resolved).lexically_relative(whole(origin.home())).string()));
}

} // namespace migsim
