// SPDX-License-Identifier: Apache-2.0
// What the simulated nvidia-smi lists, against what the real one was seen to list.
#include "tests/unit/partition_smi.h"

using namespace migsim;
using namespace migsim::test;

TEST_CASE("nvidia-smi -lgip prints an H200 without instances as driver 580.173.02 does",
          "[partition][smi][fast]") {
    // starkdrift/prickle-exporter, internal/collector/gpu/testdata.
    MigNode node = node_of("h200-141gb");
    const std::string text = said(node, "-lgip"); // MIG mode is off, and it lists all the same
    CHECK(text.starts_with(
        "+-------------------------------------------------------------------------------+\n"
        "| GPU instance profiles:                                                        |\n"
        "| GPU   Name               ID    Instances   Memory     P2P    SM    DEC   ENC  |\n"
        "|                                Free/Total   GiB              CE    JPEG  OFA  |\n"
        "|===============================================================================|\n"
        "|   0  MIG 1g.18gb         19     7/7        16.00      No     16     1     0   |\n"
        "|                                                               1     1     0   |\n"
        "+-------------------------------------------------------------------------------+\n"
        "|   0  MIG 1g.18gb+me      20     1/1        16.00      No     16     1     0   |\n"
        "|                                                               1     1     1   |\n"));
    CHECK(text.ends_with(
        "|   0  MIG 7g.141gb         0     1/1        140.00     No     132    7     0   |\n"
        "|                                                               8     7     1   |\n"
        "+-------------------------------------------------------------------------------+\n"));
}

TEST_CASE("nvidia-smi -lgip counts the placements that are left", "[partition][smi][fast]") {
    // prickle-exporter, h100-mig-mixed.
    MigNode node = enabled("h100-sxm-80gb");
    ask(node, "-cgi 19,9,20 -C");
    const std::string text = said(node, "-lgip");
    for (const char* row :
         {"1g.10gb         19     1/7 ", "1g.10gb+me      20     0/1 ", "1g.20gb         15     0/4 ",
          "2g.20gb         14     0/3 ", "3g.40gb          9     0/2 ", "4g.40gb          5     0/1 ",
          "7g.80gb          0     0/1 "})
        CHECK_THAT(text, Catch::Contains(row));
}

TEST_CASE("nvidia-smi -lgipp names the placements of each profile", "[partition][smi][fast]") {
    MigNode h100 = node_of("h100-sxm-80gb");
    CHECK(said(h100, "-lgipp") == "GPU  0 Profile ID 19 Placements: {0,1,2,3,4,5,6}:1\n"
                                  "GPU  0 Profile ID 20 Placements: {0,1,2,3,4,5,6}:1\n"
                                  "GPU  0 Profile ID 15 Placements: {0,2,4,6}:2\n"
                                  "GPU  0 Profile ID 14 Placements: {0,2,4}:2\n"
                                  "GPU  0 Profile ID  9 Placements: {0,4}:4\n"
                                  "GPU  0 Profile ID  5 Placement : {0}:4\n"
                                  "GPU  0 Profile ID  0 Placement : {0}:8\n");
    MigNode a30 = node_of("a30-24gb");
    CHECK(said(a30, "-lgipp") == "GPU  0 Profile ID 14 Placements: {0,1,2,3}:1\n"
                                 "GPU  0 Profile ID 21 Placements: {0,1,2,3}:1\n"
                                 "GPU  0 Profile ID  5 Placements: {0,2}:2\n"
                                 "GPU  0 Profile ID  6 Placements: {0,2}:2\n"
                                 "GPU  0 Profile ID  0 Placement : {0}:4\n");
    MigNode unknown = node_of("rtx-pro-4500-32gb");
    CHECK(contains(said(unknown, "-lgipp"), "GPU  0 Profile ID  ? Placements: {0,1}:1\n"));
}

TEST_CASE("what was created is listed by NVML's constant, then id", "[partition][smi][fast]") {
    MigNode node = enabled("h100-sxm-80gb");
    ask(node, "-cgi 20,9,19");
    CHECK(said(node, "-lgi") == "+---------------------------------------------------------+\n"
                                "| GPU instances:                                          |\n"
                                "| GPU   Name               Profile  Instance   Placement  |\n"
                                "|                            ID       ID       Start:Size |\n"
                                "|=========================================================|\n"
                                "|   0  MIG 1g.10gb           19       11          4:1     |\n"
                                "+---------------------------------------------------------+\n"
                                "|   0  MIG 3g.40gb            9        1          0:4     |\n"
                                "+---------------------------------------------------------+\n"
                                "|   0  MIG 1g.10gb+me        20       13          6:1     |\n"
                                "+---------------------------------------------------------+\n");
}

TEST_CASE("a 1c in an empty 3g of an H100 lies at 2:1", "[partition][smi][fast]") {
    MigNode node = enabled("h100-sxm-80gb"); // prickle-exporter, h100-mig-mixed
    ask(node, "-cgi 19,9");
    ask(node, "-cci 0 -gi 1");
    CHECK(said(node, "-lci") == "+--------------------------------------------------------------------+\n"
                                "| Compute instances:                                                 |\n"
                                "| GPU     GPU       Name             Profile   Instance   Placement  |\n"
                                "|       Instance                       ID        ID       Start:Size |\n"
                                "|         ID                                                         |\n"
                                "|====================================================================|\n"
                                "|   0      1       MIG 1c.3g.40gb       0         0          2:1     |\n"
                                "+--------------------------------------------------------------------+\n");
}

TEST_CASE("nvidia-smi -lcip of an A100's 4g is that of driver 580.126.09", "[partition][smi][fast]") {
    MigNode node = enabled("a100-40gb");
    node[0].missing_slot = 3;
    node[0].mig = MigGpu(board("a100-40gb"), 3); // so that the 4g is GPU instance 2, as on that card
    ask(node, "-mig 1");
    ask(node, "-cgi 5");
    CHECK(said(node, "-lcip") ==
          "+--------------------------------------------------------------------------------------+\n"
          "| Compute instance profiles:                                                           |\n"
          "| GPU     GPU       Name             Profile  Instances   Exclusive       Shared       |\n"
          "|       Instance                       ID     Free/Total     SM       DEC   ENC   OFA  |\n"
          "|         ID                                                          CE    JPEG       |\n"
          "|======================================================================================|\n"
          "|   0      2       MIG 1c.4g.20gb       0      4/4           14        2     0     0   |\n"
          "|                                                                      4     0         |\n"
          "+--------------------------------------------------------------------------------------+\n"
          "|   0      2       MIG 2c.4g.20gb       1      2/2           28        2     0     0   |\n"
          "|                                                                      4     0         |\n"
          "+--------------------------------------------------------------------------------------+\n"
          "|   0      2       MIG 4g.20gb          3*     1/1           56        2     0     0   |\n"
          "|                                                                      4     0         |\n"
          "+--------------------------------------------------------------------------------------+\n");
    ask(node, "-cci");
    CHECK(contains(said(node, "-lcip"), "MIG 1c.4g.20gb       0      0/4 ")); // rows stay when used up
}

TEST_CASE("the MIG devices of plain nvidia-smi", "[partition][smi][fast]") {
    MigNode node = enabled("h100-sxm-80gb");
    const std::string head =
        "+-----------------------------------------------------------------------------------------+\n"
        "| MIG devices:                                                                            |\n"
        "+------------------+----------------------------------+-----------+-----------------------+\n"
        "| GPU  GI  CI  MIG |              Shared Memory-Usage |        Vol|        Shared         |\n"
        "|      ID  ID  Dev |                Shared BAR1-Usage | SM     Unc| CE ENC  DEC  OFA  JPG |\n"
        "|                  |                                  |        ECC|                       |\n"
        "|==================+==================================+===========+=======================|\n";
    CHECK(
        said(node, "") ==
        head +
            "|  No MIG devices found                                                                   |\n"
            "+-----------------------------------------------------------------------------------------+\n");
    ask(node, "-cgi 19,9");
    ask(node, "-cci 0 -gi 1");
    ask(node, "-cci -gi 13");
    // The row of prickle-exporter's h100-mig-mixed but for what its tenants had allocated and its virtual
    // BAR1.
    CHECK(
        said(node, "") ==
        head +
            "|  0    1   0   0  |               0MiB / 40448MiB    | 16      0 |  3   0    3    0    3 |\n"
            "|                  |               0MiB / 65535MiB    |           |                       |\n"
            "+------------------+----------------------------------+-----------+-----------------------+\n"
            "|  0   13   0   1  |               0MiB /  9984MiB    | 16      0 |  1   0    1    0    1 |\n"
            "|                  |               0MiB / 16383MiB    |           |                       |\n"
            "+------------------+----------------------------------+-----------+-----------------------+\n");
}

TEST_CASE("a size of six digits takes of the blanks behind it", "[partition][smi][fast]") {
    MigNode node = enabled("h200-141gb");
    ask(node, "-cgi 0 -C");
    CHECK(contains(said(node, ""), "|               0MiB / 143360MiB   | 132     0 |"));
}

TEST_CASE("nvidia-smi -L names MIG devices in the order of their ids, and always by the same UUID",
          "[partition][smi][fast]") {
    MigNode node = enabled("h100-sxm-80gb", 2);
    ask(node, "-i 0 -cgi 20,9 -C");
    const std::vector<std::string> text = lines(said(node, "-L"));
    REQUIRE(text.size() == 4);
    CHECK(text[0] == "GPU 0: NVIDIA H100 80GB HBM3 (UUID: " + node[0].uuid() + ")");
    CHECK(text[1] == "  MIG 3g.40gb     Device  0: (UUID: " + node[0].mig_uuid(1, 0) + ")");
    CHECK(text[2] ==
          "  MIG 1g.10gb     Device  1: (UUID: " + node[0].mig_uuid(13, 0) + ")"); // without its +me
    CHECK(text[3] == "GPU 1: NVIDIA H100 80GB HBM3 (UUID: " + node[1].uuid() + ")");
    for (const std::string& uuid : {node[0].mig_uuid(1, 0), node[1].mig_uuid(1, 0)}) {
        CHECK(uuid.size() == 40);
        CHECK(uuid[18] == '5'); // name-based
    }
    CHECK(node[0].mig_uuid(1, 0) != node[1].mig_uuid(1, 0));
    CHECK(node[0].mig_uuid(1, 0) != node[0].mig_uuid(1, 1));
    CHECK(node[0].mig_uuid(1, 0) != node[0].mig_uuid(2, 0));

    ask(node, "-dci");
    ask(node, "-dgi");
    ask(node, "-i 0 -cgi 19 -C");
    CHECK(contains(said(node, "-L"), text[2].substr(text[2].find("UUID")))); // another profile, the same ids
}
