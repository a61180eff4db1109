// SPDX-License-Identifier: Apache-2.0
// One command of the program, such as `migsim run`: what it is called, what it takes and what it does. A new
// command is a file with one of these and a line in program.cpp. CLI11 parses; it is slow to compile, so only
// program.cpp sees it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/data_folder.h"
#include "scenarios/systemc_process.h"

namespace migsim {

// The exit codes of the program. `migsim mig` alone has others: those of nvidia-smi.
enum class Exit {
    Good = 0,
    Failed = 1,        // a gate or a claim does not hold
    BadInput = 2,      // InputError
    BrokeDown = 3,     // the simulator itself: any other exception, a crash, a full disk, no progress
    Interrupted = 130, // ^C, SIGTERM
};

// What a command line may hold. The values are set when the command runs.
class Arguments {
public:
    virtual ~Arguments() = default;
    virtual void positional(const char* name, std::string& value, const char* meaning,
                            const std::vector<std::string>& legal = {}) = 0;
    virtual void optional_positional(const char* name, std::optional<std::string>& value,
                                     const char* meaning) = 0;
    virtual void positionals(const char* name, std::vector<std::string>& values, const char* meaning) = 0;
    virtual void option(const char* name, std::optional<std::string>& value, const char* meaning) = 0;
    virtual void option(const char* name, std::optional<std::uint64_t>& value, const char* meaning,
                        std::uint64_t least, std::uint64_t most) = 0;
    virtual void option(const char* name, std::vector<std::string>& values, const char* meaning,
                        const std::vector<std::string>& legal = {}) = 0;
    // All words from the first that is no option of the command; it reads them itself.
    virtual void rest(std::vector<std::string>& words, const std::string& meaning) = 0;
    virtual void flag(const char* name, bool& value, const char* meaning, const char* excludes = nullptr) = 0;
};

// What every command may need of the program around it.
struct Surroundings {
    std::optional<std::string> data; // --data
    SystemcProcess systemc;

    DataFolder data_folder() const { return DataFolder::find(data); }
};

class Command {
public:
    Command(const char* name, const char* summary, const char* example)
        : name(name), summary(summary), example(example) {}
    virtual ~Command() = default;

    virtual void declare(Arguments& arguments) = 0;
    virtual Exit run(const Surroundings& surroundings) = 0; // throws InputError, or anything for BrokeDown

    const char* const name;
    const char* const summary;
    const char* const example;
};

std::unique_ptr<Command> make_run_command();
std::unique_ptr<Command> make_check_command();
std::unique_ptr<Command> make_list_command();
std::unique_ptr<Command> make_schema_command();
std::unique_ptr<Command> make_validate_command();
std::unique_ptr<Command> make_calibrate_command();
std::unique_ptr<Command> make_mig_command();
std::unique_ptr<Command> make_layout_command();

// The whole program but for what only the executable may have: main and sc_main.
int run_program(int argc, char** argv, SystemcProcess systemc);

} // namespace migsim
