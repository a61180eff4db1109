// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

#include <catch2/catch.hpp>

#include "models/base/config/describe.h"
#include "partition/layout_request.h"
#include "tests/unit/partition_boards.h"

using namespace migsim;
using namespace migsim::test;

namespace {

// From NVIDIA/mig-parted bd7160f, deployments/systemd/config-default.yaml, unchanged but for what is left
// out.
constexpr std::string_view nvidia_defaults = R"(version: v1
mig-configs:
  all-disabled:
    - devices: all
      mig-enabled: false

  all-enabled:
    - devices: all
      mig-enabled: true
      mig-devices: {}

  # A100-40GB, A800-40GB, H100-80GB, H800-80GB, A100-80GB, A800-80GB
  all-1g.10gb:
    # A100-80GB, H100-80GB
    - device-filter: ["0x233010DE", "0x233110DE", "0x232210DE", "0x20B210DE", "0x20B510DE", "0x20F310DE", "0x20F510DE", "0x232410DE"]
      devices: all
      mig-enabled: true
      mig-devices:
        "1g.10gb": 7

    # A100-40GB, A800-40GB
    - device-filter: ["0x20B010DE", "0x20B110DE", "0x20F110DE", "0x20F610DE"]
      devices: all
      mig-enabled: true
      mig-devices:
        "1g.10gb": 4

  all-1g.10gb.me:
    - devices: all
      mig-enabled: true
      mig-devices:
        "1g.10gb+me": 1

  all-balanced:
    - device-filter: ["0x233510DE", "0x233B10DE"]
      devices: all
      mig-enabled: true
      mig-devices:
        "1g.18gb": 2
        "2g.35gb": 1
        "3g.71gb": 1
    - device-filter: ["0x233010DE", "0x20B210DE"]
      devices: all
      mig-enabled: true
      mig-devices:
        "1g.10gb": 2
        "2g.20gb": 1
        "3g.40gb": 1
)";

class Folder {
public:
    Folder()
        : path_(std::filesystem::temp_directory_path() / ("migsim-layouts-" + std::to_string(getpid()))) {
        std::filesystem::create_directory(path_);
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    void write(const std::string& name, std::string_view text) const { std::ofstream(path_ / name) << text; }
    std::string operator/(const std::string& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

struct Answer {
    std::vector<std::string> instances; // "3g.40gb 4:4"
    std::string errors;
};

Answer ask(const std::string& board_name, const std::string& request_yaml,
           const std::string& file_name = "run.yaml") {
    const Document document = parse_document("layout: " + request_yaml + "\n", file_name);
    InputErrors errors;
    LayoutRequest request;
    Codec<LayoutRequest>::read(*document.find("layout"), request, {}, errors);
    Answer answer;
    if (errors.empty())
        if (const auto layout = resolve(request, board(board_name), errors))
            for (std::size_t i = 0; i < layout->instances().size(); ++i) {
                const GpuInstance& instance = layout->instances()[i];
                answer.instances.push_back(instance.profile->name + " " + to_string(instance.placement));
                for (const ComputeInstance& compute : layout->compute_instances(i))
                    if (!compute.profile->fills_instance)
                        answer.instances.back() += " " + compute.profile->name;
            }
    answer.errors = errors.text();
    return answer;
}

// The same with a layout file beside the scenario.
Answer ask_file(const std::string& board_name, std::string_view layouts, const std::string& rest) {
    const Folder folder;
    folder.write("layouts.yaml", layouts);
    Answer answer = ask(board_name, "{mig_parted: layouts.yaml" + rest + "}", folder / "run.yaml");
    for (std::size_t at; (at = answer.errors.find(folder / "")) != std::string::npos;)
        answer.errors.erase(at, (folder / "").size());
    return answer;
}

using Instances = std::vector<std::string>;

std::string one_entry(const std::string& entry_lines) {
    return "version: v1\nmig-configs:\n  mine:\n    - devices: all\n" + entry_lines;
}

std::string with(std::string_view text, std::string_view old, std::string_view replacement) {
    std::string changed(text);
    return changed.replace(changed.find(old), old.size(), replacement);
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("a list of profile names is a layout in any order", "[partition][fast]") {
    const Instances expected{"4g.40gb 0:4", "3g.40gb 4:4"};
    CHECK(ask("h100-sxm-80gb", "[3g.40gb, 4g.40gb]").instances == expected);
    CHECK(ask("h100-sxm-80gb", "[4g.40gb, 3g.40gb]").instances == expected);
    CHECK(ask("a100-40gb", "[{profile: 3g.20gb, start: 0}, {profile: 2g.10gb}, 1g.5gb]").instances ==
          Instances{"3g.20gb 0:4", "2g.10gb 4:2", "1g.5gb 6:1"});
}

TEST_CASE("NVIDIA's own layout file is read unchanged, each GPU finding its entry", "[partition][fast]") {
    CHECK(ask_file("h100-sxm-80gb", nvidia_defaults, ", label: all-1g.10gb").instances.size() == 7);
    CHECK(ask_file("a100-40gb", nvidia_defaults, ", label: all-1g.10gb").instances ==
          Instances{"1g.10gb 0:2", "1g.10gb 2:2", "1g.10gb 4:2", "1g.10gb 6:2"});
    CHECK(ask_file("h100-sxm-80gb", nvidia_defaults, ", label: all-1g.10gb.me").instances ==
          Instances{"1g.10gb+me 6:1"});
    CHECK(ask_file("h200-141gb", nvidia_defaults, ", label: all-balanced").instances ==
          Instances{"2g.35gb 0:2", "1g.18gb 2:1", "1g.18gb 3:1", "3g.71gb 4:4"});
}

TEST_CASE("a layout file's compute instances divide as few GPU instances as hold them", "[partition][fast]") {
    const auto made = [](const std::string& devices) {
        return ask_file("a100-80gb",
                        one_entry("      mig-enabled: true\n      mig-devices: " + devices + "\n"), "");
    };
    CHECK(made("{1c.3g.40gb: 2, 4g.40gb: 1}").instances ==
          Instances{"4g.40gb 0:4", "3g.40gb 4:4 1c.3g.40gb 1c.3g.40gb"});
    CHECK(made("{1c.2g.20gb: 3, 2c.3g.40gb: 1}").instances ==
          Instances{"2g.20gb 0:2 1c.2g.20gb 1c.2g.20gb", "2g.20gb 2:2 1c.2g.20gb", "3g.40gb 4:4 2c.3g.40gb"});
    CHECK(contains(made("{1c.3g.40gb: 7}").errors, "(Insufficient Resources); nearest legal: 2 x 3g.40gb"));
    CHECK(contains(made("{3c.4g.40gb: 1}").errors, "'3c.4g.40gb' is not a profile of a100-80gb"));
}

TEST_CASE("a layout file of a whole node is asked for one of its GPUs", "[partition][fast]") {
    constexpr std::string_view node =
        "version: v1\n"
        "mig-configs:\n"
        "  mine:\n"
        "    - {devices: all, mig-enabled: false}\n"
        "    - {devices: [0, 2], mig-enabled: true, mig-devices: {7g.80gb: 1}}\n"
        "    - {device-filter: '0x233010de', devices: [2], mig-enabled: true,\n"
        "       mig-devices: {3g.40gb: 2, 1g.10gb: 0}}\n";
    CHECK(ask_file("h100-sxm-80gb", node, "").instances == Instances{"7g.80gb 0:8"});
    // mig-parted applies one entry after the other, so the last one counts. A count of 0 beside others is its
    // custom.
    CHECK(ask_file("h100-sxm-80gb", node, ", gpu: 2").instances == Instances{"3g.40gb 0:4", "3g.40gb 4:4"});
    CHECK(ask_file("h100-sxm-80gb", node, ", gpu: 1").errors ==
          "run.yaml:1:9: layout: 'layouts.yaml' leaves MIG off on GPU 1");
    // And it stops at the first that fails, whatever comes behind.
    CHECK(contains(ask_file("h100-sxm-80gb", with(node, "{7g.80gb: 1}", "{7g.80gb: 2}"), ", gpu: 2").errors,
                   "layouts.yaml:5:57: mig-configs.mine[1].mig-devices: no such layout on h100-sxm-80gb"));
}

TEST_CASE("a profile that the board does not have is refused by name, place and legal names",
          "[partition][fast]") {
    CHECK(ask("h100-sxm-80gb", "[3g.40gb, 4g.40gv]").errors ==
          "run.yaml:1:19: layout[1]: '4g.40gv' is not a profile of h100-sxm-80gb; legal: 4g.40gb, 1g.10gb, "
          "1g.10gb+me, "
          "1g.20gb, 2g.20gb, 3g.40gb, 7g.80gb; did you mean '4g.40gb'?");
    CHECK(contains(ask("h100-sxm-80gb", "[1G.10GB]").errors, "did you mean '1g.10gb'?"));
    CHECK(contains(ask("h100-sxm-80gb", "[1c.3g.40gb]").errors,
                   "'1c.3g.40gb' is a compute instance inside 3g.40gb; a layout is made of GPU instances"));
    CHECK(contains(ask("h100-sxm-80gb", "[{profile: 3g.40g, start: 4}]").errors,
                   "run.yaml:1:20: layout[0].profile:"));
    CHECK(ask_file("a100-80gb", one_entry("      mig-enabled: true\n      mig-devices: {3g.20gb: 2}\n"), "")
              .errors == "layouts.yaml:6:21: mig-configs.mine[0].mig-devices: '3g.20gb' is not a profile of "
                         "a100-80gb; legal: 3g.40gb, "
                         "1g.10gb, 1g.10gb+me, 1g.20gb, 2g.20gb, 4g.40gb, 7g.80gb; did you mean '3g.40gb'?");
}

TEST_CASE("an impossible layout is refused with its place, its reason and the nearest legal ones",
          "[partition][fast]") {
    CHECK(ask("h100-sxm-80gb", "[4g.40gb, 3g.40gb, 1g.10gb]").errors ==
          "run.yaml:1:9: layout: no such layout on h100-sxm-80gb: 4g.40gb + 3g.40gb + 1g.10gb needs 9 memory "
          "slices, and "
          "h100-sxm-80gb has 8 (Insufficient Resources); nearest legal: 4g.40gb + 3g.40gb; 4g.40gb + 2g.20gb "
          "+ 1g.10gb; "
          "3g.40gb + 2g.20gb + 1g.10gb");
    CHECK(contains(
        ask("h100-sxm-80gb", "[{profile: 3g.40gb, start: 2}]").errors,
        "3g.40gb cannot start at memory slice 2; it can at 0, 4 (Invalid Argument); nearest legal: 3g.40gb"));
    CHECK(contains(
        ask_file("h100-sxm-80gb", one_entry("      mig-enabled: true\n      mig-devices: {1g.10gb: 8}\n"), "")
            .errors,
        "layouts.yaml:6:20: mig-configs.mine[0].mig-devices: no such layout on h100-sxm-80gb: 8 x 1g.10gb "
        "needs 8 "
        "compute slices, and h100-sxm-80gb has 7 (Insufficient Resources); nearest legal: 7 x 1g.10gb"));
}

TEST_CASE("a label must be chosen, and must be there", "[partition][fast]") {
    CHECK(ask_file("h100-sxm-80gb", nvidia_defaults, "").errors ==
          "run.yaml:1:9: layout: 'layouts.yaml' has 5 labels, and `label` chooses none; legal: all-1g.10gb, "
          "all-1g.10gb.me, all-balanced, all-disabled, all-enabled");
    CHECK(contains(ask_file("h100-sxm-80gb", nvidia_defaults, ", label: all-balance").errors,
                   "layout.label: 'all-balance' is not a label in 'layouts.yaml'; legal: all-1g.10gb,"));
    CHECK(ask_file("h100-sxm-80gb", nvidia_defaults, ", label: all-enabled").errors ==
          "run.yaml:1:9: layout: label 'all-enabled' of 'layouts.yaml' makes no instance on GPU 0");
    CHECK(ask_file("h100-pcie-80gb", nvidia_defaults, ", label: all-balanced").errors ==
          "run.yaml:1:9: layout: label 'all-balanced' of 'layouts.yaml' has no entry for GPU 0 of kind "
          "h100-pcie-80gb (PCI "
          "device 0x2331, 0x2322)");
}

TEST_CASE("what mig-parted refuses is refused", "[partition][fast]") {
    const auto error = [](const std::string& layouts) {
        return ask_file("h100-sxm-80gb", layouts, "").errors;
    };
    const std::string enabled = "      mig-enabled: true\n";

    CHECK(error(one_entry(enabled + "      mig-devices: {1g.10gb: 0, 2g.20gb: 0}\n")) ==
          "layouts.yaml:6:20: mig-configs.mine[0].mig-devices: has no count above 0; legal: one that is, or "
          "{} for no instance");
    CHECK(contains(error(one_entry(enabled + "      mig-devices: {1g.10gb: 1000000}\n")),
                   "'1000000' is out of range; legal: 0 to 64"));
    CHECK(contains(error(one_entry(enabled + "      mig-devices: {1g.10gb: -1}\n")), "layouts.yaml:6:30:"));
    CHECK(contains(error(one_entry(enabled)),
                   "mig-devices: is missing; where mig-enabled is true it must be there"));
    CHECK(contains(error(one_entry("      mig-enabled: false\n      mig-devices: {1g.10gb: 1}\n")),
                   "must be empty where mig-enabled is false"));
    CHECK(contains(
        error(one_entry(enabled + "      mig-devices: {1g.10gb: 1}\n      replicas: 2\n")),
        "layouts.yaml:7:7: mig-configs.mine[0]: 'replicas' is not a key here; legal: device-filter, devices, "
        "mig-enabled, mig-devices"));
    CHECK(contains(error("version: v2\nmig-configs: {mine: []}\n"),
                   "layouts.yaml:1:10: version: 'v2' is not known here; legal: v1"));
    CHECK(contains(error("version: v1\nmig-configs: {mine: [{devices: 0, mig-enabled: false}]}\n"),
                   "'0' does not name GPUs; legal: all, or a list of numbers like [0, 1]"));
    CHECK(contains(
        error(
            "version: v1\nmig-configs: {mine: [{device-filter: H100, devices: all, mig-enabled: false}]}\n"),
        "'H100' is not a PCI device and vendor id; legal: like 0x233010DE"));
    CHECK(contains(error("version: v1\nmig-configs: {mine: []}\n"),
                   "mig-configs: has a label without entries"));
    CHECK(contains(error("version: v1\nmig-configs: {}\n"), "mig-configs: is empty"));
}

TEST_CASE("a layout request is written back as it was meant", "[partition][fast]") {
    for (const char* text :
         {"[3g.40gb, {profile: 2g.20gb, start: 0}]", "{mig_parted: a.yaml, label: mine, gpu: 1}"}) {
        const Document document = parse_document(std::string("layout: ") + text + "\n", "run.yaml");
        const std::filesystem::path home = ".";
        InputErrors errors;
        LayoutRequest request, again;
        Codec<LayoutRequest>::read(*document.find("layout"), request, {}, errors);
        Codec<LayoutRequest>::read(Codec<LayoutRequest>::node(request, Origin(nullptr, home)), again, {},
                                   errors);
        REQUIRE(errors.text() == "");
        REQUIRE(again.instances.size() == request.instances.size());
        for (std::size_t i = 0; i < request.instances.size(); ++i) {
            CHECK(again.instances[i].profile == request.instances[i].profile);
            CHECK(again.instances[i].start == request.instances[i].start);
        }
        REQUIRE(again.mig_parted.has_value() == request.mig_parted.has_value());
        if (!request.mig_parted) continue;
        CHECK(again.mig_parted->file.written == request.mig_parted->file.written);
        CHECK(again.mig_parted->label == request.mig_parted->label);
        CHECK(again.mig_parted->gpu == request.mig_parted->gpu);
    }
}
