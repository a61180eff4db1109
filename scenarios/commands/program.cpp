// SPDX-License-Identifier: Apache-2.0
// The command line as a whole: which commands there are, how an error becomes an exit code. The only file
// that sees CLI11.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>

#include "models/base/config/input_errors.h"
#include "scenarios/commands/command.h"
#include "scenarios/experiment.h"
#include "scenarios/host.h"
#include "scenarios/json.h"

namespace migsim {
namespace {

class Cli11Arguments final : public Arguments {
public:
    explicit Cli11Arguments(CLI::App& app) : app_(app) {}

    void positional(const char* name, std::string& value, const char* meaning,
                    const std::vector<std::string>& legal) override {
        CLI::Option* option = app_.add_option(name, value, meaning)->required();
        if (!legal.empty()) option->check(CLI::IsMember(legal));
    }
    void optional_positional(const char* name, std::optional<std::string>& value,
                             const char* meaning) override {
        app_.add_option(name, value, meaning);
    }
    void positionals(const char* name, std::vector<std::string>& values, const char* meaning) override {
        app_.add_option(name, values, meaning);
    }
    void option(const char* name, std::optional<std::string>& value, const char* meaning) override {
        app_.add_option(name, value, meaning);
    }
    void option(const char* name, std::optional<std::uint64_t>& value, const char* meaning,
                std::uint64_t least, std::uint64_t most) override {
        app_.add_option(name, value, meaning)->check(plain_number)->check(CLI::Range(least, most));
    }
    void option(const char* name, std::vector<std::string>& values, const char* meaning,
                const std::vector<std::string>& legal) override {
        // One value per use, or what follows would be taken for more values.
        CLI::Option* option = app_.add_option(name, values, meaning)->allow_extra_args(false);
        if (!legal.empty()) option->check(CLI::IsMember(legal));
    }
    void rest(std::vector<std::string>& words, const std::string& meaning) override {
        app_.fallthrough(false);
        app_.prefix_command();
        app_.parse_complete_callback([this_app = &app_, &words] { words = this_app->remaining(); });
        app_.description(app_.get_description() + "\n" + meaning);
    }
    void flag(const char* name, bool& value, const char* meaning, const char* excludes) override {
        CLI::Option* flag = app_.add_flag(name, value, meaning);
        if (excludes) flag->excludes(app_.get_option(excludes));
    }

private:
    // CLI11 itself takes -1 for the largest number there is, and 010 for 8.
    static std::string plain_number(const std::string& text) {
        const bool all_digits = text.find_first_not_of("0123456789") == std::string::npos;
        if (all_digits && (text.size() == 1 || text[0] != '0')) return "";
        return shown(text) + " is not a whole number without sign and leading zeros";
    }

    CLI::App& app_;
};

std::vector<std::unique_ptr<Command>> all_commands() {
    std::vector<std::unique_ptr<Command>> commands;
    commands.push_back(make_run_command());
    commands.push_back(make_check_command());
    commands.push_back(make_list_command());
    commands.push_back(make_schema_command());
    commands.push_back(make_validate_command());
    commands.push_back(make_calibrate_command());
    commands.push_back(make_mig_command());
    commands.push_back(make_layout_command());
    return commands;
}

Exit print_version(bool as_json) {
    const ProgramVersion program = program_version();
    if (as_json)
        std::fputs(json_text(Codec<ProgramVersion>::node(program, Origin(nullptr, {}))).c_str(), stdout);
    else
        std::printf("migsim %s (%s)\n%s, SystemC %s, ISA %s\n", program.version.c_str(),
                    program.commit.c_str(), program.compiler.c_str(), program.systemc.c_str(),
                    program.isa.c_str());
    return Exit::Good;
}

int fail(const std::string& text, Exit code) {
    std::fprintf(stderr, "%s\n", text.c_str());
    return static_cast<int>(code);
}

// What a full disk swallowed; a reader who had enough of a pipe is no failure.
bool output_is_lost() {
    struct stat target {};
    const bool pipe =
        ::fstat(STDOUT_FILENO, &target) == 0 && (S_ISFIFO(target.st_mode) || S_ISSOCK(target.st_mode));
    return (std::fflush(stdout) != 0 || std::ferror(stdout)) && !pipe;
}

// Whatever goes wrong becomes one clear text on stderr and the exit code that says whose fault it is.
int guarded(const std::function<Exit()>& action) {
    try {
        const Exit exit = action();
        if (output_is_lost()) return fail("migsim failed: its output could not be written", Exit::BrokeDown);
        return static_cast<int>(exit);
    } catch (const InputError& error) {
        return fail(error.what(), Exit::BadInput);
    } catch (const Interrupted&) {
        return fail("interrupted", Exit::Interrupted);
    } catch (const std::exception& error) {
        return fail(std::string("migsim failed: ") + error.what(), Exit::BrokeDown);
    }
}

} // namespace

int run_program(int argc, char** argv, SystemcProcess systemc) {
    ::signal(SIGPIPE, SIG_IGN); // `migsim run | head` must not lose a result
    Surroundings surroundings{{}, std::move(systemc)};
    CLI::App app(
        "Simulates a partitionable (MIG) GPU: the same tenants, first sharing all of it, then in instances.",
        "migsim");
    app.require_subcommand(0, 1);
    app.footer(
        "example: migsim run noisy_neighbor\nexit codes: 0 good, 1 a gate failed, 2 bad usage or input, "
        "3 the simulator failed, 130 interrupted");
    app.add_option("--data", surroundings.data,
                   "folder of devices, boards and library; default: $MIGSIM_DATA, else beside the program");
    bool version = false, json = false;
    CLI::Option* version_flag =
        app.add_flag("--version", version, "print version, commit, compiler, SystemC and ISA");
    app.add_flag("--json", json, "print the version as JSON")->needs(version_flag);

    std::function<Exit()> chosen;
    const std::vector<std::unique_ptr<Command>> commands = all_commands();
    for (const std::unique_ptr<Command>& command : commands) {
        CLI::App* sub = app.add_subcommand(command->name, command->summary);
        sub->footer(std::string("example: ") + command->example);
        sub->fallthrough(); // --data may stand after the command, too
        Cli11Arguments arguments(*sub);
        command->declare(arguments);
        sub->callback([&chosen, &surroundings, &command] {
            chosen = [&surroundings, &command] { return command->run(surroundings); };
        });
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : static_cast<int>(Exit::BadInput);
    }
    if (version) return guarded([&] { return print_version(json); });
    if (!chosen) return fail(app.help(), Exit::BadInput);
    return guarded(chosen);
}

} // namespace migsim
