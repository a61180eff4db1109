// SPDX-License-Identifier: Apache-2.0
// `migsim mig` as an operator meets it: a state file between commands, nvidia-smi's texts on stdout, its exit
// codes, and the alias under which scripts written for the real one find it.
#include <algorithm>
#include <cstdlib>

#include <catch2/catch.hpp>

#include "tests/system/program.h"

using namespace migsim::test;

namespace {

class SimulatedNode {
public:
    explicit SimulatedNode(const std::string& board) {
        REQUIRE(migsim({"mig", "new", "--board", board}).code == 0);
    }
    Outcome migsim(std::vector<std::string> words) const {
        words.insert(words.end(), {"--state", "node.yaml"});
        return run_migsim(words, folder_);
    }
    Outcome mig(std::vector<std::string> words) const {
        words.insert(words.begin(), "mig");
        return migsim(words);
    }
    // A shell script for the real nvidia-smi, with ours first in $PATH.
    Outcome script(const std::string& text) const {
        write(folder_.path() / "script", text);
        const std::string command = "cd '" + folder_.path().string() +
                                    "' && PATH='" MIGSIM_SOURCE_DIR "/scripts':\"$(dirname '" MIGSIM_PROGRAM
                                    "')\":\"$PATH\" MIGSIM_MIG_STATE=node.yaml sh script > out 2> err";
        const int status = std::system(command.c_str());
        return {WEXITSTATUS(status), text_of(folder_.path() / "out"), text_of(folder_.path() / "err")};
    }
    std::string state() const { return text_of(folder_.path() / "node.yaml"); }

private:
    TemporaryFolder folder_;
};

} // namespace

TEST_CASE("migsim mig keeps its GPU in a file between commands", "[system][fast]") {
    const SimulatedNode node("h100-sxm-80gb");
    CHECK(node.mig({"-lgi"}).out == "No MIG-enabled devices found.\n");
    CHECK(node.mig({"-lgi"}).code == 6);
    CHECK(node.mig({"-mig", "1"}).out == "Enabled MIG Mode for GPU 00000000:01:00.0\nAll done.\n");
    CHECK(node.mig({"-cgi", "19,19", "-C"}).code == 0);

    const std::string before = node.state();
    const Outcome refused = node.mig({"-cgi", "MIG 7g.80gb"});
    CHECK(refused.code == 23);
    CHECK(refused.out == "Unable to create a GPU instance on GPU  0 using profile 0: Insufficient Resources\n"
                         "Failed to create GPU instances: Insufficient Resources\n");
    CHECK(refused.err == "7g.80gb can start only at memory slice 0, and no such run of 8 is free\n");
    const Outcome wrong = node.mig({"-cgi", "19,1g.11gb"});
    CHECK(wrong.code == 2);
    CHECK(wrong.out.empty());
    CHECK_THAT(wrong.err, Catch::Contains("'1g.11gb' is not a profile of h100-sxm-80gb"));
    CHECK(node.state() == before);

    CHECK(node.mig({"attach", "-gi", "13", "-ci", "0"}).code == 0);
    CHECK(node.mig({"-dci"}).code == 19); // after it has emptied GPU instance 11
    CHECK(node.mig({"detach", "-gi", "13", "-ci", "0"}).code == 0);
    CHECK(node.mig({"-lci", "-gi", "11"}).code == 6);
    CHECK(node.mig({"-cci"}).code == 23); // after it has filled 11; 13 is full

    const Outcome devices = node.mig({"-L"});
    CHECK_THAT(devices.out, Catch::Contains("\n  MIG 1g.10gb     Device  1: (UUID: MIG-"));
    CHECK(devices.err.empty());
    CHECK(node.mig({"reboot"}).code == 0); // a Hopper forgets MIG mode
    CHECK(node.mig({}).err == "MIG mode is off on all of these GPUs\n");
}

TEST_CASE("a card prints its own memory, unless another variant is asked for", "[system][fast]") {
    const TemporaryFolder folder;
    const auto smallest = [&](std::vector<std::string> options) {
        std::vector<std::string> words{"mig", "new", "--board", "rtx-pro-6000-96gb", "--state", "n.yaml"};
        words.insert(words.end(), options.begin(), options.end());
        std::filesystem::remove(folder.path() / "n.yaml");
        REQUIRE(run_migsim(words, folder).code == 0);
        const std::string listed = run_migsim({"mig", "-lgip", "--state", "n.yaml"}, folder).out;
        return listed.substr(listed.find("4/4") + 11, 5);
    };
    const std::string server = "NVIDIA RTX PRO 6000 Blackwell Server Edition";
    CHECK(smallest({}) == "23.62");
    CHECK(smallest({"--card", server}) == "23.12");
    CHECK(smallest({"--memory", "server-edition"}) == "23.12");
}

TEST_CASE("every board can be listed, with a ? for what is unknown", "[system][fast]") {
    const TemporaryFolder folder;
    const Outcome boards = run_migsim({"list", "boards"}, folder);
    CHECK(std::count(boards.out.begin(), boards.out.end(), '\n') == 1 + 23);
    const Outcome profiles = run_migsim({"list", "profiles"}, folder);
    CHECK_THAT(profiles.out, Catch::Contains("  1g.0gb+gfx   ?        1    ?           0 "));
    CHECK_THAT(profiles.out, Catch::Contains("  memory as driver-510.47: 7g.40gb 40,448\n"));
    CHECK_THAT(profiles.out, Catch::Contains("  needs: compute display mode"));
    CHECK_THAT(profiles.out, Catch::Contains("  note: drivers 535 and 545 call "));
}

TEST_CASE("a script written for nvidia-smi runs against a simulated node", "[system][fast]") {
    const SimulatedNode node("a100-80gb");
    const Outcome done = node.script(R"(set -e
nvidia-smi -i 0 -mig 1
nvidia-smi mig -cgi 9,14,19,19 -C > /dev/null
nvidia-smi mig -lgi | awk '$3 == "MIG" { print $4, $5, $6, $7 }'
nvidia-smi -L | grep -c 'UUID: MIG-'
nvidia-smi | grep -c 65535MiB
nvidia-smi mig -dci > /dev/null && nvidia-smi mig -dgi > /dev/null
nvidia-smi mig -dgi || echo "exit $?"
)");
    CHECK(done.err.empty());
    CHECK(done.code == 0);
    CHECK(done.out == "Enabled MIG Mode for GPU 00000000:01:00.0\nAll done.\n"
                      "1g.10gb 19 9 2:1\n1g.10gb 19 10 3:1\n2g.20gb 14 3 0:2\n3g.40gb 9 2 4:4\n"
                      "4\n1\n"
                      "No GPU instances found: Not Found\nexit 6\n");
}

TEST_CASE("output that a full disk swallows is a failure", "[fast]") {
    const std::string program = MIGSIM_PROGRAM;
    CHECK(WEXITSTATUS(std::system((program + " list boards > /dev/full 2> /dev/null").c_str())) == 3);
    CHECK(WEXITSTATUS(std::system((program + " list boards > /dev/null").c_str())) == 0);
}
