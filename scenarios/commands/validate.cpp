// SPDX-License-Identifier: Apache-2.0
// migsim validate: the same questions to the simulated GPU that others asked real ones, and how far apart the
// answers are.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "bench/validation/comparison.h"
#include "models/base/files/write_atomically.h"
#include "scenarios/commands/command.h"
#include "scenarios/host.h"
#include "scenarios/json.h"
#include "scenarios/results/validation_table.h"
#include "scenarios/twin_answers.h"

namespace migsim {
namespace {

using Devices = std::map<std::string, std::unique_ptr<Device>>;

class ValidateCommand final : public Command {
public:
    ValidateCommand()
        : Command("validate", "Compare the simulated GPU with measurements of real ones",
                  "migsim validate --device a100-sxm-40gb --only level_latency") {}

    void declare(Arguments& arguments) override {
        arguments.option(
            "--device", devices_,
            "only this device, as often as needed; with --against: compare with this device, a name "
            "or a file (with / or .yaml)");
        arguments.option("--only", only_, "only this question, as often as needed", questions());
        arguments.flag("--short", short_, "only the rows that every test run checks");
        arguments.option("--against", against_, "a file of measurements in place of the published ones");
        arguments.option("--jobs", jobs_, "simulations side by side; default: the cores there are", 1, 1024);
        arguments.flag("--json", json_, "print JSON instead of the table");
        arguments.option("--record", record_, "also write the errors to this file, for a test to hold on to");
        arguments.flag("--quiet", quiet_, "no progress");
    }

    Exit run(const Surroundings& surroundings) override {
        const DataFolder data = surroundings.data_folder();
        Validation validation;
        std::vector<CurveFile> files = chosen(data, validation);
        Devices devices;
        for (CurveFile& file : files) {
            auto device = load_device(data.device_or_file(file.device));
            file.device = device->name;
            devices[file.device] = std::move(device);
        }
        compare_all(files, devices, surroundings, validation);
        std::fputs(json_ ? json_text(document_node(validation, validation_format)).c_str()
                         : table_text(validation).c_str(),
                   stdout);
        if (record_) write_atomically(*record_, recorded_text(validation));
        return validation.passed ? Exit::Good : Exit::Failed;
    }

private:
    bool wanted(const Curve& curve) const {
        return (only_.empty() || std::find(only_.begin(), only_.end(), curve.question) != only_.end()) &&
               (!short_ || curve.is_short);
    }

    // Sets aside in `validation` what no twin answers.
    std::vector<CurveFile> chosen(const DataFolder& data, Validation& validation) const {
        const std::vector<std::string> known = data.device_names();
        const auto refuse_unknown = [&](const std::string& device, const std::string& who,
                                        const char* remedy = "") {
            if (std::find(known.begin(), known.end(), device) == known.end())
                throw InputError(who + not_legal(device, "a device", known) + remedy);
        };
        if (!against_)
            for (const std::string& device : devices_) refuse_unknown(device, "--device: ");
        if (against_ && devices_.size() > 1)
            throw InputError("--device: a file is compared with one device; give it once beside --against");
        std::vector<CurveFile> files;
        for (const std::filesystem::path& path :
             against_ ? std::vector<std::filesystem::path>{*against_} : data.published()) {
            CurveFile file = load_curves(path);
            if (against_ && !devices_.empty())
                file.device = devices_.front();
            else
                refuse_unknown(file.device,
                               path.string() + ": device: ", against_ ? "; or name one with --device" : "");
            if (!devices_.empty() &&
                std::find(devices_.begin(), devices_.end(), file.device) == devices_.end())
                continue;
            std::erase_if(file.curves, [&](const Curve& curve) { return !wanted(curve); });
            std::erase_if(file.curves, [&](const Curve& curve) {
                if (find_twin(curve.question)) return false;
                validation.without_twin.push_back(
                    {file.device, curve.question, curve.variant, static_cast<std::uint32_t>(curve.points())});
                return true;
            });
            for (Curve& curve : file.curves) curve.thin();
            if (!file.curves.empty()) files.push_back(std::move(file));
        }
        if (files.empty())
            throw InputError(
                validation.without_twin.empty()
                    ? "there is nothing to compare: no published row is left by these choices"
                    : "there is nothing to compare: no twin answers what is left by these choices");
        return files;
    }

    void compare_all(const std::vector<CurveFile>& files, const Devices& devices,
                     const Surroundings& surroundings, Validation& validation) const {
        std::vector<AskedTwin> asked;
        for (const CurveFile& file : files)
            for (const Curve& curve : file.curves)
                for (std::size_t point = 0; point < curve.points(); ++point)
                    asked.push_back({devices.at(file.device).get(), curve.clock_mhz,
                                     find_twin(curve.question), question_of(curve, point)});
        ProgressLine progress(stderr, ProgressLine::style_of(stderr, quiet_));
        const auto answers = ask_twins(asked, surroundings.systemc,
                                       static_cast<unsigned>(jobs_.value_or(usable_cores())), progress);
        auto next = answers.begin();
        for (const CurveFile& file : files) {
            for (const Curve& curve : file.curves) {
                const auto first = next;
                next += static_cast<std::ptrdiff_t>(curve.points());
                validation.curves.push_back(compare(file, curve, *find_twin(curve.question),
                                                    *devices.at(file.device), {first, next}));
                for (const ComparedRow& row : validation.curves.back().rows)
                    validation.passed = validation.passed && !row.fails();
            }
        }
    }

    std::vector<std::string> devices_, only_;
    std::optional<std::string> against_, record_;
    std::optional<std::uint64_t> jobs_;
    bool short_ = false, json_ = false, quiet_ = false;
};

} // namespace

std::unique_ptr<Command> make_validate_command() {
    return std::make_unique<ValidateCommand>();
}

} // namespace migsim
