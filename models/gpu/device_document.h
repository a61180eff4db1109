// SPDX-License-Identifier: Apache-2.0
// A device file with everything in it. A file may say `like: OTHER` and list only what differs from that
// device; the rest is taken from it. What is taken over was not found out about this GPU, so it counts as
// assumed here, whatever it is there, and its source says whose it was.
#pragma once

#include <filesystem>

#include "models/base/config/node.h"

namespace migsim {

// Throws InputError, as load_document() does, and where `like` names no device beside the file, or leads back
// to it.
Document load_device_document(const std::filesystem::path& file);

} // namespace migsim
