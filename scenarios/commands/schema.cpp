// SPDX-License-Identifier: Apache-2.0
// migsim schema: the JSON Schema of a file format, generated from the declaration that also reads or writes
// the file.
#include "models/gpu/device.h"
#include "scenarios/commands/command.h"
#include "scenarios/results/result.h"
#include "scenarios/scenario.h"

namespace migsim {
namespace {

std::string device_schema() {
    const Shape text{.kind = Shape::Kind::Text, .non_empty = true};
    const Shape names{.kind = Shape::Kind::List, .inner = {text}};
    Shape shape{
        .kind = Shape::Kind::Struct,
        .fields = {format_field({"device", 1}),
                   {"name", "how scenarios call it", true, {}, text},
                   {"like", "the device that has what does not stand here", false, {}, text},
                   {"board", "the board whose MIG profiles it has", false, {}, text},
                   {"walls", "what its silicon keeps apart between GPU instances", false, {}, names}}};
    // What a file leaves out, the device it is like must have.
    Device().groups([&](const std::string& group, Params& params) {
        Shape parameters = params.shape();
        for (Shape::Field& field : parameters.fields) field.required = false;
        shape.fields.push_back({group, "parameters of this block", false, {}, parameters});
    });
    return json_schema(shape, "migsim device");
}

class SchemaCommand final : public Command {
public:
    SchemaCommand()
        : Command("schema", "Print the JSON Schema of a file format, for editors and checks",
                  "migsim schema scenario > scenario.schema.json") {}

    void declare(Arguments& arguments) override {
        arguments.positional("KIND", kind_, "of file", {"scenario", "result", "device"});
    }

    Exit run(const Surroundings&) override {
        std::fputs(text().c_str(), stdout);
        return Exit::Good;
    }

private:
    std::string text() const {
        if (kind_ == "scenario") return schema_text<Scenario>(scenario_format, "migsim scenario");
        if (kind_ == "result") return schema_text<Result>(result_format, "migsim result");
        return device_schema();
    }

    std::string kind_;
};

} // namespace

std::unique_ptr<Command> make_schema_command() {
    return std::make_unique<SchemaCommand>();
}

} // namespace migsim
