// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <string>
#include <thread>

#include "models/base/config/input_errors.h"
#include "models/base/files/result_folder.h"
#include "models/base/files/write_atomically.h"

using namespace migsim;
namespace fs = std::filesystem;
using Existing = ResultFolder::Existing;

namespace {

struct Scratch {
    fs::path path =
        fs::canonical(fs::temp_directory_path()) / ("migsim-files-test-" + std::to_string(::getpid()));
    Scratch() {
        fs::remove_all(path);
        fs::create_directories(path);
    }
    ~Scratch() { fs::remove_all(path); }
    fs::path operator/(const std::string& name) const { return path / name; }
    std::set<std::string> names() const {
        std::set<std::string> names;
        for (const auto& entry : fs::directory_iterator(path)) names.insert(entry.path().filename());
        return names;
    }
};

std::string content(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void put(const fs::path& file, const std::string& bytes) {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
}

const std::string effective = "format: migsim/scenario/1\nname: x\n";

void make_result(const fs::path& folder, const std::string& extra = "old") {
    ResultFolder result(folder, Existing::Refuse);
    result.write("effective.yaml", effective);
    result.write("arm.json", extra);
    result.commit();
}

std::string complaint(const std::function<void()>& action) {
    try {
        action();
    } catch (const InputError& error) {
        return error.what();
    }
    return "no InputError";
}

// Runs an action in a child that then dies without any clean-up, as from kill -9.
void in_a_killed_child(const std::function<void()>& action) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        action();
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
}

bool has(const std::string& text, const std::string& part) {
    INFO("'" << text << "' should contain '" << part << "'");
    CHECK(text.find(part) != std::string::npos);
    return true;
}

} // namespace

TEST_CASE("a written file holds exactly its bytes, and nothing else is left", "[fast][files]") {
    const Scratch scratch;
    const std::string bytes("a\0b\n\xff", 5);
    write_atomically(scratch / "x", bytes);
    CHECK(content(scratch / "x") == bytes);
    write_atomically(scratch / "x", "");
    CHECK(content(scratch / "x").empty());
    CHECK(scratch.names() == std::set<std::string>{"x"});
}

TEST_CASE("a reader of a file that is written again and again never sees a part of it", "[fast][files]") {
    const Scratch scratch;
    const fs::path file = scratch / "x";
    const std::string a(100000, 'a'), b(200000, 'b');
    write_atomically(file, a);
    std::thread writer([&] {
        for (int i = 0; i < 50; ++i) write_atomically(file, i % 2 ? a : b);
    });
    for (int i = 0; i < 200; ++i) {
        const std::string seen = content(file);
        CHECK((seen == a || seen == b));
    }
    writer.join();
}

TEST_CASE("a disk that is full leaves the old file as it was", "[fast][files]") {
    const Scratch scratch;
    write_atomically(scratch / "x", "old");
    // A limit on file sizes stands in for the full disk: write() fails half-way in the same manner.
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit tiny{4096, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &tiny);
    std::string message;
    try {
        write_atomically(scratch / "x", std::string(100000, 'n'));
    } catch (const FileError& error) {
        message = error.what();
    }
    ::setrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, SIG_DFL);
    CHECK(message == (scratch / "x").string() + ": cannot be written: File too large");
    CHECK(content(scratch / "x") == "old");
    CHECK(scratch.names() == std::set<std::string>{"x"});
}

TEST_CASE("a target that cannot be a file is the user's mistake", "[fast][files]") {
    const Scratch scratch;
    put(scratch / "file", "x");
    fs::create_directory(scratch / "folder");
    auto write = [](const fs::path& file) { return complaint([&] { write_atomically(file, "x"); }); };
    has(write(scratch / "missing/x"), "missing/x: cannot be written: No such file or directory; legal: ");
    has(write(scratch / "file/x"), "file/x: cannot be written: Not a directory; legal: ");
    has(write(scratch / "folder"), "folder: is a folder or a device, not a file");
    REQUIRE(::mkfifo((scratch / "fifo").c_str(), 0600) == 0);
    has(write(scratch / "fifo"), "fifo: is a folder or a device, not a file");
    has(write(scratch / "new/"), "is not the name of a file");
    has(write("/proc/x"), "/proc/x: cannot be written: ");
    CHECK(scratch.names() == std::set<std::string>{"fifo", "file", "folder"});
    CHECK(fs::is_fifo(scratch / "fifo"));
}

TEST_CASE("a folder or a file without write permission is the user's mistake", "[fast][files]") {
    if (::geteuid() == 0) return; // root may write everywhere
    const Scratch scratch;
    put(scratch / "fixed", "x");
    fs::permissions(scratch / "fixed", fs::perms::owner_read);
    has(complaint([&] { write_atomically(scratch / "fixed", "y"); }), "fixed: cannot be written: Permission");
    fs::permissions(scratch.path, fs::perms::owner_read | fs::perms::owner_exec);
    has(complaint([&] { write_atomically(scratch / "x", "x"); }), "x: cannot be written: Permission denied");
    has(complaint([&] { ResultFolder(scratch / "r", Existing::Refuse); }),
        "r: cannot be written: Permission denied");
    fs::permissions(scratch.path, fs::perms::owner_all);
}

TEST_CASE("a file is written through a symbolic link, and keeps its permissions", "[fast][files]") {
    const Scratch scratch;
    put(scratch / "real", "old");
    fs::permissions(scratch / "real", fs::perms::all);
    fs::create_symlink("real", scratch / "link");
    write_atomically(scratch / "link", "new");
    CHECK(content(scratch / "real") == "new");
    CHECK(fs::status(scratch / "real").permissions() == fs::perms::all);
    CHECK(fs::is_symlink(scratch / "link"));
}

TEST_CASE("what a dead writer left beside a file is cleaned by the next", "[fast][files]") {
    const Scratch scratch;
    in_a_killed_child([&] { staging::make_file(scratch / "x"); });
    in_a_killed_child([&] { staging::make_file(scratch / "other"); });
    const staging::Staged alive = staging::make_file(scratch / "x");
    CHECK(scratch.names().size() == 3);
    write_atomically(scratch / "x", "new");
    const std::set<std::string> names = scratch.names();
    CHECK(names.size() == 3); // x, the living writer's, and the other name's
    CHECK(names.count(alive.path.filename()) == 1);
}

TEST_CASE("a result appears all at once", "[fast][files]") {
    const Scratch scratch;
    {
        ResultFolder result(scratch / "a/b/run", Existing::Refuse);
        CHECK(result.target() == scratch / "a/b/run");
        result.write("effective.yaml", effective);
        result.write("arms/mig.json", "1");
        put(result.staging() / "by_an_arm.csv", "2");
        CHECK_FALSE(fs::exists(scratch / "a/b/run"));
        CHECK(result.staging().filename().string().starts_with(".run.staging-"));
        CHECK(result.staging().parent_path() == scratch / "a/b");
        result.commit();
    }
    CHECK(content(scratch / "a/b/run/effective.yaml") == effective);
    CHECK(content(scratch / "a/b/run/arms/mig.json") == "1");
    CHECK(content(scratch / "a/b/run/by_an_arm.csv") == "2");
    CHECK(std::distance(fs::directory_iterator(scratch / "a/b"), {}) == 1);
}

TEST_CASE("without a commit nothing was ever there", "[fast][files]") {
    const Scratch scratch;
    { ResultFolder(scratch / "run", Existing::Refuse).write("x", "1"); }
    { ResultFolder(scratch / "runs/today/run", Existing::Refuse).write("x", "1"); }
    CHECK_FALSE(fs::exists(scratch / "runs"));
    fs::create_directory(scratch / "kept"); // was there before, so it stays
    { ResultFolder(scratch / "kept/run", Existing::Refuse).write("x", "1"); }
    CHECK(fs::exists(scratch / "kept"));
    fs::remove(scratch / "kept");
    CHECK(scratch.names().empty());
}

TEST_CASE("an existing result is refused, replaced or resumed as asked", "[fast][files]") {
    const Scratch scratch;
    const fs::path run = scratch / "run";
    make_result(run);
    has(complaint([&] { ResultFolder(run, Existing::Refuse); }),
        "run: holds a result already; legal: --resume");
    CHECK(content(run / "arm.json") == "old");
    {
        ResultFolder result(run, Existing::Replace);
        CHECK(fs::is_empty(result.staging()));
        result.write("result.json", R"({"format": "migsim/result/1"})");
        CHECK(content(run / "arm.json") == "old"); // until the commit
        result.commit();
    }
    CHECK_FALSE(fs::exists(run / "arm.json"));
    {
        ResultFolder result(run, Existing::Resume); // known by its result.json alone
        CHECK(fs::exists(result.staging() / "result.json"));
        result.write("second.json", "2");
        result.commit();
    }
    CHECK(fs::exists(run / "result.json"));
    CHECK(content(run / "second.json") == "2");
    CHECK(scratch.names() == std::set<std::string>{"run"});
}

TEST_CASE("a foreign folder is never touched, whatever is asked", "[fast][files]") {
    const Scratch scratch;
    put(scratch / "thesis/chapter.tex", "x");
    put(scratch / "other/effective.yaml", "name: of somebody else\n");
    put(scratch / "other/result.json", "{}");
    put(scratch / "file", "x");
    for (const Existing policy : {Existing::Refuse, Existing::Replace, Existing::Resume}) {
        auto refused = [&](const fs::path& target) {
            return complaint([&] { ResultFolder(target, policy); });
        };
        has(refused(scratch / "thesis"),
            "thesis: holds files that are no migsim result, so it is left alone");
        has(refused(scratch / "other/"), "other: holds files that are no migsim result");
        has(refused(scratch / "file"), "file: exists and is not a folder; legal: the name of a new folder");
        has(refused(scratch / "file/run"), "file/run");
        has(refused(""), "'' is not the name of a result folder");
        has(refused("."), "holds the working directory");
        has(refused("/"), "holds the working directory");
        has(refused("/proc/run"), "/proc/run: cannot be written: ");
        has(refused("/proc/a/run"), "/proc/a/run: its parent folder cannot be made: ");
    }
    CHECK(content(scratch / "thesis/chapter.tex") == "x");
    CHECK(scratch.names() == std::set<std::string>{"file", "other", "thesis"});
}

TEST_CASE("an empty folder may become a result", "[fast][files]") {
    const Scratch scratch;
    fs::create_directory(scratch / "run");
    make_result(scratch / "run");
    CHECK(content(scratch / "run/arm.json") == "old");
}

TEST_CASE("what appears at the target during a run is not overwritten", "[fast][files]") {
    const Scratch scratch;
    for (const Existing policy : {Existing::Refuse, Existing::Replace}) {
        ResultFolder result(scratch / "run", policy);
        put(scratch / "run/thesis.tex", "x");
        CHECK_THROWS_AS(result.commit(), FileError);
        CHECK(content(scratch / "run/thesis.tex") == "x");
        fs::remove_all(scratch / "run");
    }
}

TEST_CASE("a result that another run finished first is not overwritten without --force", "[fast][files]") {
    const Scratch scratch;
    ResultFolder slow(scratch / "run", Existing::Refuse);
    slow.write("effective.yaml", effective);
    make_result(scratch / "run", "the other's");
    CHECK_THROWS_AS(slow.commit(), FileError);
    CHECK(content(scratch / "run/arm.json") == "the other's");
}

TEST_CASE("a killed run leaves no result, and the next one cleans up", "[fast][files]") {
    const Scratch scratch;
    in_a_killed_child([&] {
        auto* leaked = new ResultFolder(scratch / "run", Existing::Refuse);
        leaked->write("arm.json", "1");
    });
    CHECK_FALSE(fs::exists(scratch / "run"));
    CHECK(scratch.names().size() == 1); // the hidden staging folder
    make_result(scratch / "run");
    CHECK(scratch.names() == std::set<std::string>{"run"});
    CHECK(content(scratch / "run/arm.json") == "old");
}

TEST_CASE("a killed or interrupted run can be resumed with the files it finished", "[fast][files]") {
    const Scratch scratch;
    for (const bool orderly : {false, true}) {
        in_a_killed_child([&] {
            auto* result = new ResultFolder(scratch / "run", Existing::Refuse);
            result->write("arms/one.json", "1");
            put(result->staging() / ".two.json.staging-1-1", "hal");
            if (!orderly) return;
            result->leave_for_resume();
            delete result;
        });
        ResultFolder result(scratch / "run", Existing::Resume);
        CHECK(content(result.staging() / "arms/one.json") == "1");
        CHECK_FALSE(fs::exists(result.staging() / ".two.json.staging-1-1"));
        CHECK(scratch.names().size() == 1);
        result.write("effective.yaml", effective);
        result.commit();
        CHECK(content(scratch / "run/arms/one.json") == "1");
        CHECK(scratch.names() == std::set<std::string>{"run"});
        fs::remove_all(scratch / "run");
    }
}

TEST_CASE("a living run's staging is not taken over", "[fast][files]") {
    const Scratch scratch;
    int started[2], stop[2];
    REQUIRE((::pipe(started) == 0 && ::pipe(stop) == 0));
    const pid_t child = ::fork();
    if (child == 0) {
        ResultFolder result(scratch / "run", Existing::Refuse);
        result.write("x", "theirs");
        char byte = 0;
        (void)!::write(started[1], &byte, 1);
        ::close(stop[1]);
        (void)!::read(stop[0], &byte, 1);
        ::_exit(0);
    }
    char byte = 0;
    REQUIRE(::read(started[0], &byte, 1) == 1);
    {
        ResultFolder result(scratch / "run", Existing::Resume);
        CHECK(fs::is_empty(result.staging()));
        CHECK(scratch.names().size() == 2);
    }
    ::close(stop[1]);
    ::waitpid(child, nullptr, 0);
    CHECK(scratch.names().size() == 1);
}

TEST_CASE("a result is known by what its files say, not by their names", "[fast][files]") {
    const Scratch scratch;
    CHECK_FALSE(is_result_folder(scratch / "missing"));
    put(scratch / "a/effective.yaml", effective);
    CHECK(is_result_folder(scratch / "a"));
    put(scratch / "b/result.json", "{\n  \"arms\": [],\n  \"format\": \"migsim/result/1\"}");
    CHECK(is_result_folder(scratch / "b"));
    put(scratch / "c/effective.yaml", "x");
    CHECK_FALSE(is_result_folder(scratch / "c"));
}

TEST_CASE("of several who create a file one succeeds, and the others lose nothing of its", "[fast][files]") {
    const Scratch scratch;
    const fs::path file = scratch / "new.yaml";
    std::vector<std::thread> rivals;
    std::atomic<int> created = 0, refused = 0;
    std::atomic<char> winner = 0;
    for (char who = 'a'; who < 'i'; ++who)
        rivals.emplace_back([&, who] {
            try {
                create_atomically(file, std::string(1000, who));
                ++created;
                winner = who;
            } catch (const InputError&) {
                ++refused;
            }
        });
    for (std::thread& rival : rivals) rival.join();
    CHECK(created == 1);
    CHECK(refused == 7);
    std::ifstream in(file);
    CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == std::string(1000, winner));
    CHECK(scratch.names() == std::set<std::string>{"new.yaml"});
}
