// SPDX-License-Identifier: Apache-2.0
#include "scenarios/data_folder.h"

#include <algorithm>
#include <cstdlib>

#include "models/base/config/input_errors.h"

namespace migsim {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> yaml_files_in(const fs::path& folder) {
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder))
        if (entry.is_regular_file() && entry.path().extension() == ".yaml")
            names.push_back(entry.path().stem());
    std::sort(names.begin(), names.end());
    return names;
}

bool is_file_name(const std::string& text) {
    return text.find('/') != std::string::npos || fs::path(text).extension() == ".yaml";
}

} // namespace

DataFolder::DataFolder(fs::path root) : root_(std::move(root)) {
    for (const fs::path& needed : {devices(), boards(), library()})
        if (std::error_code ignored; !fs::is_directory(needed, ignored))
            throw InputError(root_.string() + ": is not migsim's data folder: it has no " +
                             fs::relative(needed, root_, ignored).string() +
                             "; give the right one with --data");
}

DataFolder DataFolder::find(const std::optional<std::string>& from_command_line) {
    if (from_command_line) return DataFolder(*from_command_line);
    if (const char* set = std::getenv("MIGSIM_DATA"); set && *set) return DataFolder(set);
    return DataFolder(
        (fs::read_symlink("/proc/self/exe").parent_path() / "../share/migsim").lexically_normal());
}

std::vector<std::string> DataFolder::board_names() const {
    return yaml_files_in(boards());
}

std::vector<std::string> DataFolder::device_names() const {
    return yaml_files_in(devices());
}

std::vector<std::string> DataFolder::scenario_names() const {
    return yaml_files_in(library());
}

std::vector<fs::path> DataFolder::published() const {
    std::vector<fs::path> files;
    for (const std::string& name : yaml_files_in(root_ / "bench/published"))
        files.push_back(root_ / "bench/published" / (name + ".yaml"));
    return files;
}

fs::path DataFolder::device_or_file(const std::string& name_or_file) const {
    if (is_file_name(name_or_file)) return name_or_file;
    const std::vector<std::string> names = device_names();
    if (std::find(names.begin(), names.end(), name_or_file) != names.end()) return device(name_or_file);
    throw InputError("--device: " +
                     not_legal(name_or_file, "a device (a file is named with / or .yaml)", names));
}

fs::path DataFolder::scenario(const std::string& name_or_file) const {
    if (is_file_name(name_or_file)) return name_or_file;
    const std::vector<std::string> names = scenario_names();
    if (std::find(names.begin(), names.end(), name_or_file) != names.end())
        return library() / (name_or_file + ".yaml");
    throw InputError(
        not_legal(name_or_file, "a scenario of the library (a file is named with / or .yaml)", names));
}

} // namespace migsim
