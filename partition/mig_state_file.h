// SPDX-License-Identifier: Apache-2.0
// A node's state kept in a file between commands. Whoever changes it holds a lock from reading to writing, so
// commands that run at the same time take turns; whoever only looks always sees a whole file. The lock is on
// the file itself, which every write replaces: who waited for it begins again with the new one.
#pragma once

#include <filesystem>

#include "models/base/files/staging.h"
#include "partition/mig_state.h"

namespace migsim {

MigNode load_mig_state(const std::filesystem::path& file, const BoardFinder& find_board);

// Throws InputError where there is a file already.
void create_mig_state(const std::filesystem::path& file, const MigNode& node);

class LockedMigState {
public:
    LockedMigState(std::filesystem::path file, const BoardFinder& find_board); // waits for its turn

    MigNode node;
    void save() const;

private:
    std::filesystem::path file_;
    staging::Handle lock_;
};

} // namespace migsim
