// SPDX-License-Identifier: Apache-2.0
#include "bench/calibration/calibrated_document.h"

#include "models/base/config/yaml_text.h"

namespace migsim {

Document with_values(Document document, const std::vector<FreeParameter>& parameters,
                     const std::vector<std::uint64_t>& values, const std::string& source) {
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        Node& parameter = *document.root.find(parameters[i].group)->find(parameters[i].key);
        parameter.find("value")->scalar = std::to_string(values[i]);
        parameter.find("kind")->scalar = "derived";
        *parameter.find("source") = Node::text(source);
    }
    return document;
}

std::string device_text(Document document, const std::string& name, const std::string& comment) {
    for (Node::Entry& entry : document.root.entries) {
        if (entry.key == "name") entry.value = Node::text(name);
        if (entry.value.kind == Node::Kind::Map)
            for (Node::Entry& parameter : entry.value.entries) parameter.value.flow = true;
    }
    return "# " + comment + "\n" + yaml_text(document.root, Origins::Hidden);
}

} // namespace migsim
