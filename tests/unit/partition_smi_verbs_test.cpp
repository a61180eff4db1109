// SPDX-License-Identifier: Apache-2.0
// What the simulated nvidia-smi does and refuses, in the words of the real one.
#include "tests/unit/partition_smi.h"

using namespace migsim;
using namespace migsim::test;

TEST_CASE("each thing done is one line", "[partition][smi][fast]") {
    MigNode node = enabled("h100-sxm-80gb");
    CHECK(
        said(node, "-cgi 19,9 -C") ==
        "Successfully created GPU instance ID 13 on GPU  0 using profile MIG 1g.10gb (ID 19)\n"
        "Successfully created compute instance ID  0 on GPU  0 GPU instance ID 13 using profile MIG 1g.10gb "
        "(ID  0)\n"
        "Successfully created GPU instance ID  1 on GPU  0 using profile MIG 3g.40gb (ID  9)\n"
        "Successfully created compute instance ID  0 on GPU  0 GPU instance ID  1 using profile MIG 3g.40gb "
        "(ID  2)\n");
    CHECK(said(node, "-dci -gi 1") ==
          "Successfully destroyed compute instance ID  0 from GPU  0 GPU instance ID  1\n");
    CHECK(said(node, "-cci 0,1c.3g.40gb -gi 1") ==
          "Successfully created compute instance ID  0 on GPU  0 GPU instance ID  1 using profile MIG "
          "1c.3g.40gb (ID  0)\n"
          "Successfully created compute instance ID  1 on GPU  0 GPU instance ID  1 using profile MIG "
          "1c.3g.40gb (ID  0)\n");
    CHECK(said(node, "-dci -gi 1 -ci 1") ==
          "Successfully destroyed compute instance ID  1 from GPU  0 GPU instance ID  1\n");
    CHECK(said(node, "-dci") ==
          "Successfully destroyed compute instance ID  0 from GPU  0 GPU instance ID 13\n"
          "Successfully destroyed compute instance ID  0 from GPU  0 GPU instance ID  1\n");
    CHECK(said(node, "-dgi") == "Successfully destroyed GPU instance ID 13 from GPU  0\n"
                                "Successfully destroyed GPU instance ID  1 from GPU  0\n");
}

TEST_CASE("profiles are named by id, by name, or as tables print them", "[partition][smi][fast]") {
    MigNode node = enabled("a100-80gb");
    for (const char* item : {"9", "3g.40gb", "MIG 3g.40gb"}) {
        const smi::Answer answer = smi::carry_out(smi::parse({"-cgi", item}), node);
        CHECK(answer.out ==
              "Successfully created GPU instance ID  2 on GPU  0 using profile MIG 3g.40gb (ID  9)\n");
        ask(node, "--destroy-gpu-instance");
    }
    CHECK(contains(said(node, "--create-gpu-instance=3g.40gb:0"), "GPU instance ID  1 "));
    const smi::Answer taken = ask(node, "-cgi 1g.10gb:2");
    CHECK(taken.exit_code == 23);
    CHECK(taken.why == "1g.10gb at 2:1 would overlap 3g.40gb at 0:4\n");
    CHECK(ask(node, "-cgi 9:2").out ==
          "Unable to create a GPU instance on GPU  0 using profile 9: Invalid Argument\n"
          "Failed to create GPU instances: Invalid Argument\n");
}

TEST_CASE("what fails is said in two lines and ends with NVML's code", "[partition][smi][fast]") {
    MigNode node = enabled("a100-40gb");
    const smi::Answer order = ask(node, "-cgi 19,19,14,9");
    CHECK(order.exit_code == 23);
    CHECK(order.out == "Successfully created GPU instance ID 13 on GPU  0 using profile MIG 1g.5gb (ID 19)\n"
                       "Successfully created GPU instance ID 11 on GPU  0 using profile MIG 1g.5gb (ID 19)\n"
                       "Successfully created GPU instance ID  3 on GPU  0 using profile MIG 2g.10gb (ID 14)\n"
                       "Unable to create a GPU instance on GPU  0 using profile 9: Insufficient Resources\n"
                       "Failed to create GPU instances: Insufficient Resources\n");
    CHECK(order.why == "3g.20gb can start only at memory slice 0, 4, and no such run of 4 is free\n");
    CHECK(node[0].mig.gpu_instances().instances().size() == 3); // the earlier ones stay

    ask(node, "-cci -gi 3");
    const smi::Answer used = ask(node, "-dgi -gi 3");
    CHECK(used.exit_code == 19);
    CHECK(used.out == "Unable to destroy GPU instance ID  3 from GPU  0: In use by another client\n"
                      "Failed to destroy GPU instances: In use by another client\n");
    CHECK(ask(node, "attach -gi 3 -ci 0").exit_code == 0);
    CHECK(ask(node, "-dci").exit_code == 19);
    CHECK(ask(node, "detach -gi 3 -ci 0").exit_code == 0);
    CHECK(ask(node, "detach -gi 3 -ci 0").exit_code == 6);
    CHECK(ask(node, "-cci -gi 3").exit_code == 23); // full
    CHECK(ask(node, "-dci").exit_code == 0);
    CHECK(ask(node, "-dgi").exit_code == 0);
}

TEST_CASE("where there is nothing to list or destroy the exit code is 6", "[partition][smi][fast]") {
    MigNode off = node_of("h100-sxm-80gb");
    for (const char* verb : {"-lgi", "-lci", "-lcip", "-dgi", "-dci", "-cgi 19", "-cci"}) {
        const smi::Answer answer = ask(off, verb);
        CHECK(answer.out == "No MIG-enabled devices found.\n");
        CHECK(answer.exit_code == 6);
    }
    CHECK(ask(off, "").exit_code == 0); // plain nvidia-smi has more to show than this
    CHECK(said(off, "").empty());
    MigNode empty = enabled("h100-sxm-80gb");
    for (const char* verb : {"-lgi", "-dgi", "-lcip", "-cci"}) {
        CHECK(said(empty, verb) == "No GPU instances found: Not Found\n");
        CHECK(ask(empty, verb).exit_code == 6);
    }
    for (const char* verb : {"-lci", "-dci"}) {
        CHECK(said(empty, verb) == "No compute instances found: Not Found\n");
        CHECK(ask(empty, verb).exit_code == 6);
    }
    ask(empty, "-cgi 0");
    CHECK(ask(empty, "-dgi -gi 5").exit_code == 6);
}

TEST_CASE("MIG mode that has to wait is announced as pending", "[partition][smi][fast]") {
    MigNode node = node_of("a100-80gb", 2);
    CHECK(said(node, "-i 1 -mig 1") == "Enabled MIG Mode for GPU 00000000:02:00.0\nAll done.\n");
    CHECK(said(node, "-i 1 -mig 0") == "Disabled MIG Mode for GPU 00000000:02:00.0\nAll done.\n");
    ask(node, "-i 0 attach");
    const smi::Answer waits = ask(node, "-i 0 -mig 1");
    CHECK(waits.exit_code == 0);
    CHECK(waits.out ==
          "Warning: MIG mode is in pending enable state for GPU 00000000:01:00.0:In use by another "
          "client\nReboot the system or try nvidia-smi --gpu-reset to make MIG mode effective on GPU "
          "00000000:01:00.0\nAll done.\n");
    CHECK(waits.why == "MIG mode changes by a reset of the GPU, and 1 client uses it\n");
    CHECK(ask(node, "-i 0 --gpu-reset").exit_code == 19);
    ask(node, "-i 0 detach");
    CHECK(said(node, "-i 0 --gpu-reset") == "GPU 00000000:01:00.0 was successfully reset.\nAll done.\n");
    CHECK(node[0].mig.mode().current);
    CHECK(!node[1].mig.mode().current);
}

TEST_CASE("verbs without -i reach every GPU with MIG mode on, and -i takes numbers, UUIDs and PCI addresses",
          "[partition][smi][fast]") {
    MigNode node = node_of("h100-sxm-80gb", 3);
    ask(node, "-i 0," + node[2].uuid() + " -mig 1");
    CHECK(said(node, "-cgi 0") ==
          "Successfully created GPU instance ID  0 on GPU  0 using profile MIG 7g.80gb (ID  0)\n"
          "Successfully created GPU instance ID  0 on GPU  2 using profile MIG 7g.80gb (ID  0)\n");
    CHECK(said(node, "-dgi -i 00000000:03:00.0") ==
          "Successfully destroyed GPU instance ID  0 from GPU  2\n");
    CHECK(error(node, "-lgi -i 3") ==
          "-i: '3' is not a GPU of this node, by number, UUID or PCI address; legal: 0, "
          "1, 2");
}

TEST_CASE("a command line that means nothing changes nothing", "[partition][smi][fast]") {
    MigNode node = enabled("h100-sxm-80gb");
    CHECK(contains(error(node, "-cgi 19,99"), "'99' is not a profile of h100-sxm-80gb; legal: 1g.10gb, 19,"));
    CHECK(contains(error(node, "-cgi 1G.10GB"), "did you mean '1g.10gb'?"));
    CHECK(contains(error(node, "-cgi 9:x"), "'9:x' has no start behind its colon; legal: like 3g.40gb:0"));
    CHECK(contains(error(node, "-cgi 9,,9"), "has an empty item"));
    CHECK(node[0].mig.gpu_instances().instances().empty()); // not even the 19
    ask(node, "-cgi 9");
    CHECK(contains(error(node, "-cci 3"),
                   "'3' is not a compute-instance profile of 3g.40gb; legal: 1c.3g.40gb, 0,"));
    CHECK(contains(error(node, "-lgi -lci"), "-lgi and -lci are two verbs; legal: one"));
    CHECK(contains(error(node, "-lgx"), "'-lgx' is not known to `migsim mig`; legal: -L,"));
    CHECK(error(node, "-cgi") == "-cgi wants a value behind it");
    CHECK(error(node, "-mig on") == "-mig: 'on' is not a MIG mode; legal: 0, DISABLED, 1, ENABLED");
    CHECK(error(node, "reboot -i 0") == "-i: a reboot is of the whole node");
    CHECK(error(node, "-lgi -C") == "-C belongs to -cgi only");
    CHECK(error(node, "-lgi -ci 0") == "-ci belongs to -dci, attach and detach only");
    CHECK(error(node, "-dci -gi -1") == "-gi wants a value behind it");
    CHECK(error(node, "-dci -gi 01x") == "-gi: '01x' is not a whole number; legal: 0, 1, 2, …");
    CHECK(error(node, "--list-gpu-instances=3") == "--list-gpu-instances takes no value, and '3' is one");
    CHECK(contains(error(node, "attach -gi 2"), "-gi N -ci N, or the GPU as a whole"));
}

TEST_CASE("the minors of what exists are listed as mig-minors has them", "[partition][smi][fast]") {
    MigNode node = enabled("a100-40gb");
    ask(node, "-cgi 9 -C");
    CHECK(said(node, "minors") ==
          "config 1\nmonitor 2\ngpu0/gi2/access 21\ngpu0/gi2/ci0/access 22\n"); // MIG User Guide
}
