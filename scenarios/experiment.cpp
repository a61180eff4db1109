// SPDX-License-Identifier: Apache-2.0
#include "scenarios/experiment.h"

#include <algorithm>
#include <chrono>
#include <list>
#include <numeric>

#include <fmt/format.h>
#include <poll.h>
#include <sys/resource.h>

#include "scenarios/child_process.h"
#include "scenarios/interruption.h"
#include "scenarios/json.h"
#include "scenarios/simulation_message.h"

namespace migsim {
namespace {

using Clock = std::chrono::steady_clock;

std::string line_of(const SimulationMessage& message) {
    return json_line(Codec<SimulationMessage>::node(message, Origin(nullptr, {})));
}

SimulationMessage message_of(const std::string& line, const std::string& simulation) {
    try {
        SimulationMessage message;
        InputErrors errors;
        Codec<SimulationMessage>::read(node_of_json(line, simulation), message, {}, errors);
        errors.throw_if_any();
        return message;
    } catch (const std::exception& error) {
        throw SimulatorError(simulation + " sent what nobody understands: " + error.what());
    }
}

std::uint64_t peak_memory_bytes() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

// The child's side. Whatever goes wrong travels as a message: only a crash leaves none.
void simulate_and_tell(const SimulationPlan& plan, const Simulate& simulate, const ChildProcess::Send& send) {
    const auto start = Clock::now();
    auto told = start;
    try {
        FinishedMessage message;
        message.result = simulate(plan, [&](double fraction, std::uint64_t line_transactions) {
            if (Clock::now() - told < std::chrono::milliseconds(100)) return;
            told = Clock::now();
            send(line_of(ProgressMessage{fraction, line_transactions}));
        });
        message.wall_s = std::chrono::duration<double>(Clock::now() - start).count();
        message.peak_memory_bytes = peak_memory_bytes();
        send(line_of(message));
    } catch (const InputError& error) {
        send(line_of(FailedMessage{true, error.what()}));
    } catch (const std::exception& error) {
        send(line_of(FailedMessage{false, plan.name + ": " + error.what()}));
    }
}

class Running {
public:
    Running(const std::vector<SimulationPlan>& plans, const ExperimentRun& run) : plans_(plans), run_(run) {
        for (const SimulationPlan& plan : plans) meter_.add(plan.name, plan.weight);
        // Long ones first, or a core would stand idle at the end.
        waiting_.resize(plans.size());
        std::iota(waiting_.begin(), waiting_.end(), std::size_t{0});
        std::stable_sort(waiting_.begin(), waiting_.end(),
                         [&](std::size_t a, std::size_t b) { return plans[a].weight < plans[b].weight; });
    }

    void to_the_end() {
        while (!waiting_.empty() || !children_.empty()) {
            while (!waiting_.empty() && children_.size() < run_.jobs) start_next();
            wait_for_news();
            if (run_.progress) run_.progress->show(meter_);
        }
    }

private:
    struct Child {
        std::size_t simulation;
        ChildProcess process;
        bool finished = false;
    };

    void start_next() {
        const std::size_t simulation = waiting_.back();
        waiting_.pop_back();
        const SimulationPlan& plan = plans_[simulation];
        children_.push_back({simulation, ChildProcess([&](const ChildProcess::Send& send) {
                                 interruption_.leave_to_parent();
                                 return run_.systemc([&] {
                                     simulate_and_tell(plan, run_.simulate, send);
                                     return 0;
                                 });
                             })});
    }

    void wait_for_news() {
        std::vector<pollfd> watched;
        for (const Child& child : children_) watched.push_back({child.process.pipe(), POLLIN, 0});
        interruption_.poll(watched, 500); // now and then without news, for the progress line
        if (interruption_.happened()) throw Interrupted();
        auto file = watched.begin();
        for (Child& child : children_)
            if ((file++)->revents) hear(child);
        std::erase_if(children_, [](const Child& child) { return child.process.ended(); });
    }

    void hear(Child& child) {
        const std::string& name = plans_[child.simulation].name;
        for (const std::string& line : child.process.receive()) {
            SimulationMessage message = message_of(line, name);
            std::visit([&](auto& kind) { take(child, kind); }, message);
        }
        if (!child.process.ended()) return;
        const std::string failure = child.process.failure();
        if (!failure.empty()) throw SimulatorError(name + " " + failure);
        if (!child.finished) throw SimulatorError(name + " ended without a result");
    }

    void take(Child& child, const ProgressMessage& message) {
        meter_.update(child.simulation, message.fraction, message.line_transactions);
    }

    void take(Child& child, FinishedMessage& message) {
        child.finished = true;
        meter_.update(child.simulation, 1, message.result.line_transactions);
        meter_.finish(child.simulation);
        if (run_.progress)
            run_.progress->note(fmt::format("{}: {:.1f} µs simulated in {:.1f} s", message.result.name,
                                            static_cast<double>(message.result.simulated_ps) / 1e6,
                                            message.wall_s));
        run_.finished({std::move(message.result), {message.wall_s, message.peak_memory_bytes}});
    }

    void take(Child&, const FailedMessage& message) {
        if (message.bad_input) throw InputError(message.text);
        throw SimulatorError(message.text);
    }

    const std::vector<SimulationPlan>& plans_;
    const ExperimentRun& run_;
    Interruption interruption_;
    ProgressMeter meter_;
    std::vector<std::size_t> waiting_; // the next one at the back
    std::list<Child> children_;
};

} // namespace

void run_experiment(const std::vector<SimulationPlan>& plans, const ExperimentRun& run) {
    Running(plans, run).to_the_end();
}

} // namespace migsim
