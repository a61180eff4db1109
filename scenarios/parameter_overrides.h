// SPDX-License-Identifier: Apache-2.0
// What a scenario changes about its device: `parameters: {l2: {ways: 32}}`, or from the command line
// `--set parameters.l2.ways=32`. The values take the place of the device file's own before that is read, so
// they pass the same checks and a complaint about one points at where it was written.
#pragma once

#include <map>
#include <string>

#include "models/base/config/codec.h"

namespace migsim {

// Any value that a parameter may have; which one it must be, the device file's reader knows.
struct ParameterValue {
    Node written;
};

template <>
struct Codec<ParameterValue> {
    static void read(const Node& node, ParameterValue& value, const Limits& limits, InputErrors& errors);
    static Node node(const ParameterValue& value, const Origin& origin);
    static Shape shape(const Limits& limits);
};

using ParameterOverrides = std::map<std::string, std::map<std::string, ParameterValue>>; // by group and key

void apply_overrides(const ParameterOverrides& overrides, Document& device, InputErrors& errors);

} // namespace migsim
