// SPDX-License-Identifier: Apache-2.0
#include "bench/validation/curves.h"

#include <algorithm>
#include <string>

#include "bench/validation/silicon_questions.h"
#include "bench/validation/twin.h"

namespace migsim {
namespace {

std::vector<std::string> names_of(const std::map<std::string, std::string>& sources) {
    std::vector<std::string> names;
    for (const auto& [name, text] : sources) names.push_back(name);
    return names;
}

bool holds(const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
}

std::vector<std::string> known_questions() {
    std::vector<std::string> names = questions();
    for (const SiliconQuestion& question : silicon_questions)
        if (!holds(names, question.name)) names.push_back(question.name);
    return names;
}

void check_samples(const Curve& curve, const Node& node, InputErrors& errors) {
    for (std::size_t i = 0; i < curve.samples.size(); ++i) {
        const std::vector<double>& samples = curve.samples[i];
        const Node& list = node.find("samples")->items[i];
        if (samples.empty())
            errors.add(list, "is empty: a value without samples was not measured");
        else if (const auto [least, most] = std::minmax_element(samples.begin(), samples.end());
                 curve.measured[i] < *least || curve.measured[i] > *most)
            errors.add(list, "does not enclose its value, " + number_text(curve.measured[i]));
    }
}

// What the question itself allows: it is the twin that knows.
void check(const Curve& curve, const Node& node, InputErrors& errors) {
    check_samples(curve, node, errors);
    const Twin* twin = find_twin(curve.question);
    if (const SiliconQuestion* asked = find_silicon_question(curve.question); !twin && asked) {
        if (curve.unit != asked->unit)
            errors.add(*node.find("unit"), not_legal(curve.unit, "the unit of " + curve.question,
                                                     std::vector<std::string>{asked->unit}));
        return;
    }
    if (!twin)
        return errors.add(*node.find("question"), not_legal(curve.question, "a question", known_questions()));
    const TwinFacts& facts = twin->facts;
    if (!holds(facts.variants, curve.variant)) {
        const Node* variant = node.find("variant");
        errors.add(variant ? *variant : *node.find("question"),
                   not_legal(curve.variant, "a variant of " + curve.question, facts.variants));
    }
    if (curve.unit != facts.unit)
        errors.add(*node.find("unit"),
                   not_legal(curve.unit, "the unit of " + curve.question, std::vector{facts.unit}));
    if (facts.cases.empty() != curve.cases.empty())
        return errors.add(*node.find(curve.cases.empty() ? "at" : "cases"),
                          curve.question + (facts.cases.empty()
                                                ? " is asked at positions: give `at` in " + facts.at_unit
                                                : " is asked by name; " + legal_list(facts.cases)));
    for (std::size_t i = 0; i < curve.cases.size(); ++i)
        if (!holds(facts.cases, curve.cases[i]))
            errors.add(node.find("cases")->items[i],
                       not_legal(curve.cases[i], "a case of " + curve.question, facts.cases));
    for (std::size_t i = 0; i < curve.at.size(); ++i)
        if (curve.at[i] < facts.at.min || curve.at[i] > facts.at.max)
            errors.add(node.find("at")->items[i],
                       "is outside what the twin can do: " + number_text(static_cast<double>(facts.at.min)) +
                           " to " + number_text(static_cast<double>(facts.at.max)) + " " + facts.at_unit);
    for (std::size_t i = 0; i < curve.points(); ++i) {
        if (curve.measured[i] <= 0)
            errors.add(node.find("measured")->items[i], "must be above 0: errors are relative to it");
        else if (!curve.measured_to.empty() && curve.measured_to[i] < curve.measured[i])
            errors.add(node.find("measured_to")->items[i], "must not be below measured");
    }
}

} // namespace

void Curve::thin() {
    const auto keep = [this](auto& list) {
        std::size_t kept = 0;
        for (std::size_t i = 0; i < list.size(); i += every) list[kept++] = list[i];
        list.resize(kept);
    };
    keep(at);
    keep(cases);
    keep(measured);
    keep(measured_to);
    keep(samples);
    keep(spread_percent);
}

CurveFile load_curves(const std::filesystem::path& path) {
    const Document document = load_document(path);
    CurveFile file;
    file.name = path.filename();
    InputErrors errors;
    read_document(document, curves_format, file, errors);
    errors.throw_if_any();
    for (std::size_t i = 0; i < file.curves.size(); ++i) {
        const Node& node = document.root.find("curves")->items[i];
        check(file.curves[i], node, errors);
        if (!file.sources.contains(file.curves[i].source))
            errors.add(*node.find("source"),
                       not_legal(file.curves[i].source, "one of the sources", names_of(file.sources)));
    }
    errors.throw_if_any();
    return file;
}

} // namespace migsim
