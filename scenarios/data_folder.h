// SPDX-License-Identifier: Apache-2.0
// Where the data files are that belong to the program: devices, boards, the scenario library. Chosen by
// --data, then $MIGSIM_DATA, then beside the executable; never the working directory, so a result does not
// depend on where it was run.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace migsim {

class DataFolder {
public:
    // Throws InputError where the folder is none of ours.
    static DataFolder find(const std::optional<std::string>& from_command_line);
    explicit DataFolder(std::filesystem::path root);

    std::filesystem::path boards() const { return root_ / "partition/boards"; }
    std::filesystem::path device(const std::string& name) const { return devices() / (name + ".yaml"); }
    // One of ours, or a file: whatever has a / or ends in .yaml.
    std::filesystem::path device_or_file(const std::string& name_or_file) const;
    std::vector<std::string> board_names() const;
    std::vector<std::string> device_names() const;
    std::vector<std::string> scenario_names() const;
    std::vector<std::filesystem::path> published() const; // files of measurements, by name
    // A name in the library, or a file: whatever has a / or ends in .yaml.
    std::filesystem::path scenario(const std::string& name_or_file) const;

private:
    std::filesystem::path devices() const { return root_ / "models/devices"; }
    std::filesystem::path library() const { return root_ / "scenarios/library"; }

    std::filesystem::path root_;
};

} // namespace migsim
