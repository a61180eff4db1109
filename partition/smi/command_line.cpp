// SPDX-License-Identifier: Apache-2.0
#include "partition/smi/command_line.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include <fmt/format.h>

#include "models/base/config/input_errors.h"

namespace migsim::smi {

namespace {

enum class Takes { Nothing, Optionally, Value, Values };

struct VerbName {
    Verb verb;
    const char* name;
    const char* long_name; // nullptr for verbs of ours
    Takes takes;
    const char* meaning;
};

constexpr std::array verbs{
    VerbName{Verb::ListGpus, "-L", "--list-gpus", Takes::Nothing, "list the GPUs and their MIG devices"},
    VerbName{Verb::SetMode, "-mig", "--multi-instance-gpu", Takes::Value,
             "disable (0) or enable (1) MIG mode"},
    VerbName{Verb::ResetGpu, "-r", "--gpu-reset", Takes::Nothing, "reset the GPU"},
    VerbName{Verb::ListGpuInstanceProfiles, "-lgip", "--list-gpu-instance-profiles", Takes::Nothing,
             "list the GPU instance profiles"},
    VerbName{Verb::ListGpuInstancePlacements, "-lgipp", "--list-gpu-instance-possible-placements",
             Takes::Nothing, "list where GPU instances may lie"},
    VerbName{Verb::ListGpuInstances, "-lgi", "--list-gpu-instances", Takes::Nothing,
             "list the GPU instances"},
    VerbName{Verb::CreateGpuInstances, "-cgi", "--create-gpu-instance", Takes::Value,
             "create GPU instances: PROFILE[:START],… by name or id"},
    VerbName{Verb::DestroyGpuInstances, "-dgi", "--destroy-gpu-instance", Takes::Nothing,
             "destroy GPU instances"},
    VerbName{Verb::ListComputeInstanceProfiles, "-lcip", "--list-compute-instance-profiles", Takes::Nothing,
             "list the compute instance profiles"},
    VerbName{Verb::ListComputeInstances, "-lci", "--list-compute-instances", Takes::Nothing,
             "list the compute instances"},
    VerbName{Verb::CreateComputeInstances, "-cci", "--create-compute-instance", Takes::Optionally,
             "create compute instances: PROFILE,…; none: the one that fills"},
    VerbName{Verb::DestroyComputeInstances, "-dci", "--destroy-compute-instance", Takes::Nothing,
             "destroy compute instances"},
    VerbName{Verb::New, "new", nullptr, Takes::Nothing,
             "make a state file: --board NAME [--gpus N] [--card NAME] [--missing-slot N] [--memory NAME]"},
    VerbName{Verb::Import, "import", nullptr, Takes::Values,
             "print a board's table made of nvidia-smi's texts: FILE… --board NAME [--card NAME] [-i GPU]"},
    VerbName{Verb::Attach, "attach", nullptr, Takes::Nothing,
             "a client begins to use the GPU, or -gi N -ci N"},
    VerbName{Verb::Detach, "detach", nullptr, Takes::Nothing, "a client ends"},
    VerbName{Verb::Reboot, "reboot", nullptr, Takes::Nothing, "reboot the node"},
    VerbName{Verb::ListMinors, "minors", nullptr, Takes::Nothing, "list the mig-minors of what there is"},
};

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> items;
    for (std::size_t at = 0; at <= list.size();) {
        const std::size_t end = std::min(list.find(',', at), list.size());
        items.push_back(list.substr(at, end - at));
        if (items.back().empty())
            throw InputError(shown(list) + " has an empty item; legal: items with one comma between two");
        at = end + 1;
    }
    return items;
}

std::uint32_t number(const std::string& option, const std::string& text) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        throw InputError(fmt::format("{}: {} is not a whole number; legal: 0, 1, 2, …", option, shown(text)));
    return value;
}

std::vector<std::uint32_t> numbers(const std::string& option, const std::string& list) {
    std::vector<std::uint32_t> values;
    for (const std::string& item : split(list)) values.push_back(number(option, item));
    return values;
}

// The words one after the other; what an option takes is the next word, or stands behind a `=`.
class Words {
public:
    explicit Words(const std::vector<std::string>& words) : words_(words) {}

    bool next() {
        if (at_ == words_.size()) return false;
        word_ = words_[at_++];
        value_.reset();
        const std::size_t equals = word_.find('=');
        if (!word_.starts_with("--") || equals == std::string::npos) return true;
        value_ = word_.substr(equals + 1);
        word_.resize(equals);
        return true;
    }
    const std::string& word() const { return word_; }
    bool has_value() const { return value_ || (at_ < words_.size() && !words_[at_].starts_with("-")); }
    std::string value() {
        if (!has_value()) throw InputError(word_ + " wants a value behind it");
        return value_ ? *value_ : words_[at_++];
    }
    void done() const {
        if (value_) throw InputError(fmt::format("{} takes no value, and {} is one", word_, shown(*value_)));
    }

private:
    const std::vector<std::string>& words_;
    std::size_t at_ = 0;
    std::string word_;
    std::optional<std::string> value_;
};

bool read_option(Words& words, CommandLine& line) {
    const std::string option = words.word();
    const auto is = [&](std::string_view name, std::string_view long_name) {
        return option == name || option == long_name;
    };
    if (is("-C", "--default-compute-instance")) {
        words.done();
        line.with_compute_instances = true;
    } else if (is("-i", "--id")) {
        line.gpus = split(words.value());
    } else if (is("-gi", "--gpu-instance-id")) {
        line.gpu_instances = numbers(option, words.value());
    } else if (is("-ci", "--compute-instance-id")) {
        line.compute_instances = numbers(option, words.value());
    } else if (option == "--state") {
        line.state = words.value();
    } else if (option == "--board") {
        line.board = words.value();
    } else if (option == "--card") {
        line.card = words.value();
    } else if (option == "--memory") {
        line.memory_variant = words.value();
    } else if (option == "--gpus") {
        line.gpu_count = number(option, words.value());
    } else if (option == "--missing-slot") {
        line.missing_slot = number(option, words.value());
    } else {
        return false;
    }
    return true;
}

[[noreturn]] void refuse_option(const char* option, const char* belongs_to) {
    throw InputError(fmt::format("{} belongs to {} only", option, belongs_to));
}

void check(const CommandLine& line) {
    const bool inside = line.verb == Verb::Attach || line.verb == Verb::Detach;
    const bool of_compute =
        line.verb == Verb::ListComputeInstanceProfiles || line.verb == Verb::ListComputeInstances ||
        line.verb == Verb::CreateComputeInstances || line.verb == Verb::DestroyComputeInstances;
    if (line.with_compute_instances && line.verb != Verb::CreateGpuInstances) refuse_option("-C", "-cgi");
    if (line.gpu_instances && !of_compute && !inside && line.verb != Verb::DestroyGpuInstances)
        refuse_option("-gi", "-dgi, -lcip, -lci, -cci, -dci, attach and detach");
    if (line.compute_instances && !inside && line.verb != Verb::DestroyComputeInstances)
        refuse_option("-ci", "-dci, attach and detach");
    if (inside && line.gpu_instances.has_value() != line.compute_instances.has_value())
        throw InputError("a client uses a compute instance, -gi N -ci N, or the GPU as a whole, neither");
    if (line.verb == Verb::Reboot && line.gpus) throw InputError("-i: a reboot is of the whole node");
    if (line.verb == Verb::Import) {
        if (!line.board) throw InputError("--board is missing; it is how the new table is called");
        if (line.memory_variant || line.gpu_count || line.missing_slot || line.state)
            throw InputError("`migsim mig import` takes FILE…, --board, --card and -i only");
        if (line.gpus && line.gpus->size() != 1) throw InputError("-i: a table is made of one GPU");
        if (line.gpus) number("-i", line.gpus->front());
    } else if (line.verb == Verb::New) {
        if (!line.board) throw InputError("--board is missing; `migsim list boards` shows them");
        if (line.gpus) throw InputError("-i: a new node has all its GPUs; --gpus says how many");
    } else if (line.board || line.card || line.memory_variant || line.gpu_count || line.missing_slot) {
        throw InputError(
            "--board, --card, --memory, --gpus and --missing-slot belong to `migsim mig new` only");
    }
}

} // namespace

CommandLine parse(const std::vector<std::string>& arguments) {
    CommandLine line;
    const VerbName* chosen = nullptr;
    for (Words words(arguments); words.next();) {
        const auto verb = std::ranges::find_if(verbs, [&](const VerbName& candidate) {
            return words.word() == candidate.name ||
                   (candidate.long_name && words.word() == candidate.long_name);
        });
        if (verb == verbs.end()) {
            if (read_option(words, line)) continue;
            std::vector<std::string> legal;
            for (const VerbName& candidate : verbs) legal.emplace_back(candidate.name);
            for (const char* option : {"-C", "-i", "-gi", "-ci", "--state"}) legal.emplace_back(option);
            throw InputError(not_legal(words.word(), "known to `migsim mig`", legal));
        }
        if (chosen)
            throw InputError(fmt::format("{} and {} are two verbs; legal: one", chosen->name, verb->name));
        chosen = &*verb;
        line.verb = verb->verb;
        if (verb->takes == Takes::Nothing)
            words.done();
        else if (verb->takes == Takes::Values)
            do line.items.push_back(words.value());
            while (words.has_value());
        else if (verb->takes == Takes::Value || words.has_value())
            line.items = split(words.value());
    }
    check(line);
    return line;
}

bool mode_wanted(const std::vector<std::string>& items) {
    const std::vector<std::string> legal{"0", "DISABLED", "1", "ENABLED"};
    for (std::size_t i = 0; items.size() == 1 && i < legal.size(); ++i)
        if (items.front() == legal[i]) return i >= 2;
    throw InputError("-mig: " + not_legal(items.front(), "a MIG mode", legal));
}

std::string usage() {
    std::string text = "the verbs of `nvidia-smi mig` and a few of nvidia-smi:\n";
    for (const VerbName& verb : verbs) {
        if (verb.verb == Verb::New) text += "and what happens outside nvidia-smi:\n";
        text += fmt::format("  {:8}{}\n", verb.name, verb.meaning);
    }
    return text + "options: -C (with -cgi: fill them), -i GPU,… -gi ID,… -ci ID,… --state FILE (or "
                  "$MIGSIM_MIG_STATE)\nexit codes: NVML's, as of nvidia-smi; 2 bad usage or input\nwithout a "
                  "verb: the MIG devices, as plain nvidia-smi shows them";
}

} // namespace migsim::smi
