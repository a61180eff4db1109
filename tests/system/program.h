// SPDX-License-Identifier: Apache-2.0
// Runs the built program as a user would: arguments in, exit code and texts out.
#pragma once

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace migsim::test {

namespace fs = std::filesystem;

inline std::string text_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) throw std::runtime_error("cannot read " + file.string());
    std::ostringstream text;
    text << stream.rdbuf();
    return text.str();
}

inline void write(const fs::path& file, const std::string& text) {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
}

class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string name = (fs::temp_directory_path() / "migsim-test-XXXXXX").string();
        if (!::mkdtemp(name.data())) throw std::runtime_error("cannot make a temporary folder");
        path_ = name;
    }
    ~TemporaryFolder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    const fs::path& path() const { return path_; }
    operator const fs::path&() const { return path_; }

private:
    fs::path path_;
};

struct Outcome {
    int code; // exit code, or 1000 + the signal that ended it
    std::string out, err;
};

// A program that has been started and not yet waited for. It works in `folder`; so its texts name files by
// their names.
class Started {
public:
    Started(const std::vector<std::string>& arguments, const fs::path& folder) {
        pid_ = ::fork();
        if (pid_ < 0) throw std::runtime_error("cannot fork");
        if (pid_ > 0) return;
        if (::chdir(folder.c_str()) != 0) ::_exit(127);
        redirect(STDIN_FILENO, "/dev/null", O_RDONLY);
        redirect(STDOUT_FILENO, texts_.path() / "out", O_CREAT | O_WRONLY);
        redirect(STDERR_FILENO, texts_.path() / "err", O_CREAT | O_WRONLY);
        ::unsetenv("MIGSIM_DATA");
        std::vector<char*> argv{const_cast<char*>("migsim")};
        for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
        argv.push_back(nullptr);
        ::execv(MIGSIM_PROGRAM, argv.data());
        ::_exit(127);
    }

    pid_t pid() const { return pid_; }

    Outcome wait() {
        int status = 0;
        ::waitpid(pid_, &status, 0);
        return {WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status),
                text_of(texts_.path() / "out"), text_of(texts_.path() / "err")};
    }

private:
    static void redirect(int descriptor, const fs::path& file, int flags) {
        const int opened = ::open(file.c_str(), flags, 0600);
        if (opened < 0 || ::dup2(opened, descriptor) < 0) ::_exit(127);
    }

    TemporaryFolder texts_;
    pid_t pid_;
};

inline Outcome run_migsim(const std::vector<std::string>& arguments, const fs::path& folder) {
    return Started(arguments, folder).wait();
}

} // namespace migsim::test
