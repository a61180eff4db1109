// SPDX-License-Identifier: Apache-2.0
// migsim calibrate: a device file whose derived and assumed numbers agree with measurements of a real GPU.
#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "bench/calibration/calibrated_document.h"
#include "bench/calibration/calibration.h"
#include "bench/validation/calibrated.h"
#include "models/base/files/write_atomically.h"
#include "models/gpu/device_document.h"
#include "scenarios/commands/command.h"
#include "scenarios/host.h"
#include "scenarios/json.h"
#include "scenarios/results/calibration_table.h"
#include "scenarios/twin_answers.h"

namespace migsim {
namespace {

namespace fs = std::filesystem;

class CalibrateCommand final : public Command {
public:
    CalibrateCommand()
        : Command("calibrate", "Fit a device's derived and assumed parameters to measurements of a real GPU",
                  "migsim calibrate --device a100-sxm-40gb --against mine.json --out my-a100.yaml") {}

    void declare(Arguments& arguments) override {
        arguments.option("--device", device_,
                         "the device to start from: a name, or a file (with / or .yaml)");
        arguments.option(
            "--against", against_,
            "a file of measurements, as often as needed; default: what is published of the device");
        arguments.option("--out", out_, "the new device file, NAME.yaml");
        arguments.option("--parameter", named_,
                         "fit only this, as often as needed; default: all derived times and rates");
        arguments.option(
            "--hold-back", hold_back_,
            "part of each curve that judges the fit and takes no part in it, 0 to 0.9; default: half");
        arguments.option("--budget", budget_,
                         "million lines that asking the fitted points once may be, the cheapest first; "
                         "default: 8",
                         1, 1'000'000);
        arguments.flag("--force", force_, "replace an existing file");
        arguments.option("--jobs", jobs_, "simulations side by side; default: the cores there are", 1, 1024);
        arguments.flag("--json", json_, "print JSON instead of the table");
        arguments.flag("--quiet", quiet_, "no progress");
    }

    Exit run(const Surroundings& surroundings) override {
        const DataFolder data = surroundings.data_folder();
        if (!device_) throw InputError("--device is missing: which device the fit starts from");
        const fs::path out = target();
        const Document document = load_device_document(data.device_or_file(*device_));
        const auto device = read_device(document);
        const std::vector<FreeParameter> parameters = free_parameters(*device, named_);
        const std::vector<CurveFile> files = measurements(data, *device);
        const MeasuredPoints points =
            measured_points(files, *device, held_back(), static_cast<double>(budget_.value_or(8)));

        Calibration calibration = calibrate(document, parameters, points, twin_values(surroundings));
        calibration.device = device->name;
        for (const CurveFile& file : files) calibration.measurements.push_back(file.name);
        std::fputs(json_ ? json_text(document_node(calibration, calibration_format)).c_str()
                         : table_text(calibration).c_str(),
                   stdout);
        if (!calibration.determined_anything()) {
            std::fprintf(stderr, "these points determine none of the parameters, so %s is not written\n",
                         out.string().c_str());
            return Exit::Failed;
        }
        write(out, document, parameters, calibration);
        if (!quiet_) std::fprintf(stderr, "device: %s\n", out.string().c_str());
        return Exit::Good;
    }

private:
    // Refused before hours of work rather than after.
    fs::path target() const {
        if (!out_) throw InputError("--out is missing: the device file to write, NAME.yaml");
        const fs::path out = *out_;
        if (out.extension() != ".yaml" || out.stem().empty())
            throw InputError("--out: " + shown(*out_) + " is no name of a device file; legal: NAME.yaml");
        if (!force_ && fs::exists(out))
            throw InputError(*out_ + ": exists already; legal: the name of a new file, or --force");
        if (fs::exists(out) && !fs::is_regular_file(out))
            throw InputError(*out_ + ": is no file; legal: the name of a file");
        for (const std::string& path : against_)
            if (fs::exists(out) && fs::exists(path) && fs::equivalent(out, path))
                throw InputError("--out: " + *out_ + " is what --against reads; legal: another file");
        if (!fs::is_directory(fs::absolute(out).parent_path()))
            throw InputError(*out_ + ": its folder does not exist; legal: a file in a folder that does");
        return out;
    }

    double held_back() const {
        const std::string text = hold_back_.value_or("half");
        if (text == "half") return 0.5;
        double part = -1;
        const auto [stop, error] =
            std::from_chars(text.data(), text.data() + text.size(), part, std::chars_format::fixed);
        if (error != std::errc() || stop != text.data() + text.size() || !(part >= 0 && part <= 0.9))
            throw InputError("--hold-back: " + shown(text) + " is not a part; legal: half, 0 to 0.9");
        return part;
    }

    std::vector<CurveFile> measurements(const DataFolder& data, const Device& device) const {
        std::vector<CurveFile> files;
        for (const std::string& path : against_) files.push_back(load_curves(path));
        if (against_.empty())
            for (const fs::path& path : data.published())
                if (CurveFile file = load_curves(path); file.device == device.name)
                    files.push_back(std::move(file));
        if (files.empty())
            throw InputError("nothing is published of " + device.name + "; give measurements with --against");
        for (CurveFile& file : files)
            for (Curve& curve : file.curves) curve.thin();
        return files;
    }

    TwinValues twin_values(const Surroundings& surroundings) const {
        return [this, &surroundings](const std::vector<std::unique_ptr<Device>>& devices,
                                     const std::vector<MeasuredPoint>& points) {
            std::vector<AskedTwin> asked;
            for (const auto& device : devices)
                for (const MeasuredPoint& point : points)
                    asked.push_back({device.get(), point.curve->clock_mhz, point.twin, point.question});
            ProgressLine progress(stderr, ProgressLine::style_of(stderr, quiet_));
            progress.note(fmt::format(
                "{}: {} points of {}", points.front().held_back ? "judging" : "fitting", points.size(),
                devices.size() == 1 ? "one device" : fmt::format("{} variants", devices.size())));
            const auto answers = ask_twins(asked, surroundings.systemc,
                                           static_cast<unsigned>(jobs_.value_or(usable_cores())), progress);
            std::vector<std::vector<TwinValue>> values(devices.size());
            for (std::size_t i = 0; i < asked.size(); ++i) {
                std::vector<double> runs;
                double change_percent = 0;
                for (const Answer& answer : answers[i]) {
                    runs.push_back(answer.value);
                    change_percent = std::max(change_percent, answer.change_percent);
                }
                values[i / points.size()].push_back({asked[i].twin->combine(runs), change_percent});
            }
            return values;
        };
    }

    void write(const fs::path& out, const Document& document, const std::vector<FreeParameter>& parameters,
               const Calibration& calibration) const {
        std::vector<FreeParameter> fitted;
        std::vector<std::uint64_t> values;
        for (std::size_t i = 0; i < parameters.size(); ++i)
            if (calibration.parameters[i].was_fitted() &&
                calibration.parameters[i].to != parameters[i].value) { // else its source still holds
                fitted.push_back(parameters[i]);
                values.push_back(calibration.parameters[i].to);
            }
        std::set<std::string> questions;
        for (const CalibratedPoint& point : calibration.points) questions.insert(point.question);
        const std::string source =
            fitted_source(calibration.fitted.after->points, {questions.begin(), questions.end()},
                          calibration.measurements, command_line());
        const std::string text =
            device_text(with_values(document, fitted, values, source), out.stem(),
                        fmt::format("{}, calibrated: {}", calibration.device, command_line()));
        force_ ? write_atomically(out, text) : create_atomically(out, text);
    }

    std::string command_line() const {
        std::string text = "migsim calibrate --device " + *device_;
        for (const std::string& file : against_) text += " --against " + file;
        for (const std::string& name : named_) text += " --parameter " + name;
        if (hold_back_) text += " --hold-back " + *hold_back_;
        if (budget_) text += fmt::format(" --budget {}", *budget_);
        return text;
    }

    std::optional<std::string> device_, out_, hold_back_;
    std::vector<std::string> against_, named_;
    std::optional<std::uint64_t> budget_, jobs_;
    bool force_ = false, json_ = false, quiet_ = false;
};

} // namespace

std::unique_ptr<Command> make_calibrate_command() {
    return std::make_unique<CalibrateCommand>();
}

} // namespace migsim
