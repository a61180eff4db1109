// SPDX-License-Identifier: Apache-2.0
// A result that appears all at once: a folder is filled under a hidden sibling
// name and renamed into place when complete. The surprising part is what happens
// to what stands there already: only a former migsim result is ever replaced.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "models/base/files/staging.h"

namespace migsim {

class ResultFolder {
public:
    enum class Existing {
        Refuse,  // an existing result is an InputError
        Replace, // --force: a former migsim result gives way in one rename
        Resume,  // --resume: begin with the files of the existing result or else of an interrupted run
    };

    // Throws InputError where target cannot become a result: a file, a foreign
    // non-empty folder, an unwritable parent. Missing parents are made. Staging
    // folders that dead processes left beside the target are resumed or removed.
    ResultFolder(const std::filesystem::path& target, Existing policy);
    ~ResultFolder(); // without commit(): nothing was ever there, its parents neither
    ResultFolder(const ResultFolder&) = delete;
    ResultFolder& operator=(const ResultFolder&) = delete;

    const std::filesystem::path& target() const { return target_; } // absolute
    const std::filesystem::path& staging() const {
        return staged_.path;
    } // where the files stand before commit()

    // Writes one file, atomically itself, so that whatever a
    // resumed run finds is whole. `name` may have folders.
    void write(const std::filesystem::path& name, std::string_view bytes) const;
    void commit();           // once; one rename, and the folder is the result
    void leave_for_resume(); // an interrupted run: keep the staged files for a later --resume

private:
    void check_target() const;
    void make_parents();
    void remove_parents() const;
    void take_over();
    void exchange();

    std::filesystem::path target_;
    Existing policy_;
    std::vector<std::filesystem::path> made_; // parents that were not there, the deepest first
    staging::Staged staged_;
};

// Whether a folder holds a result of ours, by its effective.yaml or result.json: what --force may replace.
bool is_result_folder(const std::filesystem::path& folder);

} // namespace migsim
