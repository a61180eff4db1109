// SPDX-License-Identifier: Apache-2.0
// A Node as canonical YAML: block maps, lists of single values on one line, quotes exactly where YAML needs
// them. Reading the text gives the same Node again.
#pragma once

#include <string>

#include "models/base/config/node.h"

namespace migsim {

// Whether each line says where its value came from: `# from noisy.yaml:12`, `# from --set`, `# default`. Only
// the name of the file, not its folder, so that the text does not depend on where a run was started.
enum class Origins { Hidden, Shown };

std::string yaml_text(const Node& root, Origins origins);

} // namespace migsim
