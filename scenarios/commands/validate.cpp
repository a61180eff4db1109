// SPDX-License-Identifier: Apache-2.0
// migsim validate: the same questions to the simulated GPU that others asked real ones, and how far apart the
// answers are.
#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "bench/validation/comparison.h"
#include "models/base/files/write_atomically.h"
#include "scenarios/child_pool.h"
#include "scenarios/commands/command.h"
#include "scenarios/host.h"
#include "scenarios/json.h"
#include "scenarios/results/validation_table.h"

namespace migsim {
namespace {

const Format answer_format{"answer", 1};

// One run of one row, under the name that makes it unique: rows that ask the same share it.
struct Measurement {
    std::string device;
    std::optional<std::uint32_t> clock_mhz;
    const Twin* twin;
    Question question;
    std::string run;

    std::string name() const {
        return fmt::format("{}{} {} {} {} {}", device, clock_mhz ? fmt::format("@{}", *clock_mhz) : "",
                           twin->facts.question, question.variant, name_of(question), run);
    }
};

using Devices = std::map<std::string, std::unique_ptr<Device>>;

// In a process of its own: what it does to the device stays there.
std::string answer_of(const Measurement& measurement, Device& device) {
    if (measurement.clock_mhz) device.chip.set("clock", std::to_string(*measurement.clock_mhz));
    const Answer answer = measurement.twin->measure(device, measurement.question, measurement.run);
    return json_line(document_node(answer, answer_format));
}

class ValidateCommand final : public Command {
public:
    ValidateCommand()
        : Command("validate", "Compare the simulated GPU with measurements of real ones",
                  "migsim validate --device a100-sxm-40gb --only level_latency") {}

    void declare(Arguments& arguments) override {
        arguments.option("--device", devices_,
                         "only this device, as often as needed; with --against: compare with this device");
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
        const std::vector<CurveFile> files = chosen(data, validation);
        Devices devices;
        for (const CurveFile& file : files) devices[file.device] = load_device(data.device(file.device));
        compare_all(files, devices, answers(files, devices, surroundings), validation);
        std::fputs(json_ ? json_text(document_node(validation, validation_format)).c_str()
                         : table_text(validation).c_str(),
                   stdout);
        if (record_) write_atomically(*record_, recorded_text(validation));
        return validation.passed ? Exit::Good : Exit::Failed;
    }

private:
    using Answers = std::map<std::string, Answer>; // by name of the measurement

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
        for (const std::string& device : devices_) refuse_unknown(device, "--device: ");
        if (against_ && devices_.size() > 1)
            throw InputError("--device: a file is compared with one device; give it once beside --against");
        std::vector<CurveFile> files;
        for (const std::filesystem::path& path :
             against_ ? std::vector<std::filesystem::path>{*against_} : data.published()) {
            CurveFile file = load_curves(path);
            if (against_ && !devices_.empty()) file.device = devices_.front();
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

    // By row, by run.
    static std::vector<Measurement> measurements(const CurveFile& file, const Curve& curve,
                                                 std::size_t point) {
        const Twin& twin = *find_twin(curve.question);
        std::vector<Measurement> all;
        for (const std::string& run : twin.runs())
            all.push_back({file.device, curve.clock_mhz, &twin, question_of(curve, point), run});
        return all;
    }

    Answers answers(const std::vector<CurveFile>& files, const Devices& devices,
                    const Surroundings& surroundings) const {
        std::map<std::string, Measurement> all;
        for (const CurveFile& file : files)
            for (const Curve& curve : file.curves)
                for (std::size_t point = 0; point < curve.points(); ++point)
                    for (const Measurement& measurement : measurements(file, curve, point))
                        all.emplace(measurement.name(), measurement);

        std::vector<ChildJob> jobs;
        for (const auto& [name, measurement] : all) {
            Device& device = *devices.at(measurement.device);
            jobs.push_back({name, measurement.twin->million_lines(device, measurement.question),
                            [&measurement, &device](const Tell&) { return answer_of(measurement, device); }});
        }
        ProgressLine progress(stderr, ProgressLine::style_of(stderr, quiet_));
        const std::vector<std::string> lines = run_jobs(
            jobs, surroundings.systemc, static_cast<unsigned>(jobs_.value_or(usable_cores())), progress);
        Answers answers;
        for (std::size_t i = 0; i < jobs.size(); ++i)
            answers[jobs[i].name] = from_json<Answer>(lines[i], answer_format, jobs[i].name);
        return answers;
    }

    static void compare_all(const std::vector<CurveFile>& files, const Devices& devices,
                            const Answers& answers, Validation& validation) {
        for (const CurveFile& file : files) {
            for (const Curve& curve : file.curves) {
                std::vector<std::vector<Answer>> of_curve(curve.points());
                for (std::size_t point = 0; point < curve.points(); ++point)
                    for (const Measurement& measurement : measurements(file, curve, point))
                        of_curve[point].push_back(answers.at(measurement.name()));
                validation.curves.push_back(
                    compare(file, curve, *find_twin(curve.question), *devices.at(file.device), of_curve));
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
